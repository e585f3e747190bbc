// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "world.hpp"

namespace tqp::fake {
namespace {

using Json = nlohmann::json;

struct TextColumn {
  std::vector<uint32_t> off{0};
  std::string bytes;

  void add(const std::string& text) {
    bytes += text;
    off.push_back(static_cast<uint32_t>(bytes.size()));
  }
  tqp_text_column view() const { return {off.data(), bytes.data()}; }
};

struct Columns {
  std::vector<uint64_t> id;
  std::vector<uint16_t> type, status;
  std::vector<int16_t> score;
  std::vector<int64_t> updated_ms;
  TextColumn value, raw;
};

struct Dictionary {
  std::vector<std::unique_ptr<std::string>> names;  // each stays where it is

  uint16_t index_of(const std::string& name) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (*names[i] == name) return static_cast<uint16_t>(i);
    }
    names.push_back(std::make_unique<std::string>(name));
    return static_cast<uint16_t>(names.size() - 1);
  }
};

struct Cursor final : Handle {
  explicit Cursor(World* in_world) : Handle(in_world, "cursor") {}
  void release() override {
    rows.clear();
    columns.reset();
  }

  std::string name;
  Collection collection;  // without its rows
  std::set<std::string> wanted;
  std::vector<Row> rows;
  size_t next = 0;
  std::unique_ptr<Columns>
      columns;  // of the last batch: freed by the next call, as borrowed data is
  Dictionary types, statuses;
};

const std::set<std::string>& known_columns() {
  static const std::set<std::string> kNames = {"value", "type",       "status",
                                               "score", "updated_ms", "raw"};
  return kNames;
}

// Fills `cursor` from the spec; what is wrong with it, or nothing.
std::optional<Error> read_spec(World& world, const Json& spec, Cursor& cursor) {
  if (!spec.is_object()) return Error{TQP_E_BUG, "threatq.open: the spec is not a JSON object"};
  int64_t since_ms = INT64_MIN;
  std::optional<std::string> wanted_value;
  for (const auto& [name, value] : spec.items()) {
    if (name == "collection" && value.is_string()) {
      cursor.name = value.get<std::string>();
    } else if (name == "columns" && value.is_array()) {
      for (const Json& column : value) {
        const std::string text = column.is_string() ? column.get<std::string>() : column.dump();
        if (known_columns().count(text) == 0) {
          return Error{TQP_E_UNSUPPORTED, "threatq.open: unknown column \"" + text + "\""};
        }
        cursor.wanted.insert(text);
      }
    } else if (name == "since" && value.is_number_integer()) {
      since_ms = value.get<int64_t>();
    } else if (name == "value" && value.is_string()) {
      wanted_value = value.get<std::string>();
    } else {
      return Error{TQP_E_UNSUPPORTED, "threatq.open: unknown or wrong member \"" + name + "\""};
    }
  }
  const auto found = world.setup().collections.find(cursor.name);
  if (found == world.setup().collections.end()) {
    return Error{TQP_E_CONFIG,
                 "Data collection \"" + cursor.name +
                     "\" was not found. Check the exact name and that it is shared with "
                     "the user of this instance"};
  }
  cursor.collection = found->second;
  cursor.rows = std::exchange(cursor.collection.rows, {});
  std::erase_if(cursor.rows, [&](const Row& row) {
    return row.updated_ms < since_ms || (wanted_value && row.value != *wanted_value);
  });
  std::sort(cursor.rows.begin(), cursor.rows.end(),
            [](const Row& a, const Row& b) { return a.id < b.id; });
  return std::nullopt;
}

tqp_status open(tqp_host_ctx* ctx, tqp_str spec, tqp_cursor** out, tqp_error* error) {
  World& world = World::of(ctx);
  if (out != nullptr) *out = nullptr;
  if (const auto refused = world.refuse("threatq.open", error)) return *refused;
  if (!all_given(spec, out)) return world.null_argument("threatq.open", error);
  auto cursor = std::make_unique<Cursor>(&world);
  const Json json = Json::parse(to_view(spec), nullptr, false);
  if (const auto wrong = read_spec(world, json, *cursor)) {
    if (wrong->status == TQP_E_BUG) world.broken(wrong->message);
    if (wrong->status == TQP_E_UNSUPPORTED) world.violation(wrong->message);
    return world.fail(error, *wrong);
  }
  *out = reinterpret_cast<tqp_cursor*>(world.keep(std::move(cursor)));
  return TQP_OK;
}

void fill(Cursor& cursor, size_t n) {
  cursor.columns = std::make_unique<Columns>();
  Columns& columns = *cursor.columns;
  for (size_t i = 0; i < n; ++i) {
    const Row& row = cursor.rows[cursor.next++];
    columns.id.push_back(row.id);
    columns.type.push_back(cursor.types.index_of(row.type));
    columns.status.push_back(cursor.statuses.index_of(row.status));
    columns.score.push_back(row.score);
    columns.updated_ms.push_back(row.updated_ms);
    columns.value.add(row.value);
    columns.raw.add(row.raw);
  }
}

tqp_status next(tqp_cursor* opaque, tqp_indicators* batch, tqp_error* error) {
  Cursor* const cursor = needed_handle<Cursor>(opaque, "threatq.next");
  if (cursor == nullptr) return TQP_E_BUG;
  World& world = *cursor->world;
  cursor->columns.reset();
  if (const auto refused = world.refuse("threatq.next", error)) return *refused;
  if (!TQP_REACHES(batch, raw))
    return world.bug(error, "threatq.next: the batch's size is not set");
  if (world.poll()) return world.fail(error, {TQP_CANCELLED, "stop was asked for"});
  const Collection& collection = cursor->collection;
  if (cursor->next >= collection.fail_after_rows) return world.fail(error, collection.failure);
  const size_t limit =
      static_cast<size_t>(std::min<uint64_t>(cursor->rows.size(), collection.fail_after_rows));
  const size_t n = std::min(std::max<size_t>(collection.batch_rows, 1), limit - cursor->next);
  if (n == 0) return TQP_END;
  fill(*cursor, n);

  const Columns& columns = *cursor->columns;
  const auto wanted = [&](const char* name) { return cursor->wanted.count(name) != 0; };
  const uint32_t size = batch->size;
  *batch = {};
  batch->size = size;
  batch->count = static_cast<uint32_t>(n);
  batch->id = columns.id.data();
  if (wanted("type")) batch->type = columns.type.data();
  if (wanted("status")) batch->status = columns.status.data();
  if (wanted("score")) batch->score = columns.score.data();
  if (wanted("updated_ms")) batch->updated_ms = columns.updated_ms.data();
  if (wanted("value")) batch->value = columns.value.view();
  if (wanted("raw")) batch->raw = columns.raw.view();
  return TQP_OK;
}

tqp_str dictionary(tqp_cursor* opaque, uint32_t which, uint32_t index) {
  const Cursor* const cursor = handle_of<Cursor>(opaque, "threatq.dictionary");
  if (cursor == nullptr || (which != TQP_DICT_TYPE && which != TQP_DICT_STATUS))
    return {nullptr, 0};
  const Dictionary& names = which == TQP_DICT_TYPE ? cursor->types : cursor->statuses;
  return index < names.names.size() ? to_str(*names.names[index]) : tqp_str{nullptr, 0};
}

tqp_status describe(tqp_cursor* opaque, tqp_sink out, tqp_error* error) {
  Cursor* const cursor = needed_handle<Cursor>(opaque, "threatq.describe");
  if (cursor == nullptr) return TQP_E_BUG;
  if (const auto refused = cursor->world->refuse("threatq.describe", error)) return *refused;
  if (!given(out)) return cursor->world->null_argument("threatq.describe", error);
  const Json json = {{"collection", cursor->name},
                     {"id", cursor->collection.id},
                     {"total", cursor->rows.size()},
                     {"link_base", cursor->world->setup().link_base}};
  return put_text(out, json.dump());
}

void close(tqp_cursor* opaque) { close_handle<Cursor>(opaque, "threatq.close"); }

}  // namespace

const tqp_threatq* threatq_table() {
  static constexpr tqp_threatq kTable = {sizeof kTable, 0,         &open, &next,
                                         &dictionary,   &describe, &close};
  return &kTable;
}

}  // namespace tqp::fake
