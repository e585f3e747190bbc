// SPDX-License-Identifier: Apache-2.0
#include "store/export.hpp"

#include <istream>
#include <ostream>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "store/encoding.hpp"

namespace tq {
namespace {

constexpr int64_t kFormat = 1;

void add_bytes(Json* line, const std::string& member, std::string_view bytes) {
  if (is_plain_text(bytes)) {
    (*line)[member] = std::string(bytes);
  } else {
    (*line)[member + "_b64"] = base64(bytes);
  }
}

// The member or its "_b64" form; nothing when there is neither.
std::optional<std::string> bytes_of(const Json& line, const std::string& member) {
  if (const auto text = line.find(member); text != line.end())
    return text->is_string() ? std::optional(text->get<std::string>()) : std::nullopt;
  const auto encoded = line.find(member + "_b64");
  if (encoded == line.end() || !encoded->is_string()) return std::nullopt;
  return base64_decode(encoded->get<std::string>());
}

int64_t number_of(const Json& line, const char* member) {
  const auto found = line.find(member);
  return found != line.end() && found->is_number_integer() ? found->get<int64_t>() : -1;
}

// One line after the other of a stream.
class Lines {
 public:
  Lines(std::istream& in, const std::string& name)
      : in_(in), name_(name), buffer_(kPieceBytes, '\0') {}

  // False: there is no more. A line is valid until the next call.
  Result<bool> next(std::string_view* line) {
    line_.clear();
    ++number_;
    while (true) {
      const std::string_view rest = std::string_view(buffer_).substr(at_, filled_ - at_);
      const size_t end = rest.find('\n');
      line_.append(rest.substr(0, end));
      if (line_.size() > (number_ == 1 ? kHeaderBytesMost : kLineBytesMost))
        return Error{Status::kConfig, name_ + ": line " + std::to_string(number_) +
                                          " is longer than any of an export"};
      if (end != std::string_view::npos) {
        at_ += end + 1;
        *line = line_;
        return true;
      }
      if (auto filled = fill(); !filled) return std::move(filled.error());
      if (filled_ == 0) {
        *line = line_;
        return !line_.empty();
      }
    }
  }

 private:
  static constexpr size_t kPieceBytes = 64 << 10;
  static constexpr size_t kHeaderBytesMost = 64 << 10;
  static constexpr size_t kLineBytesMost = size_t{1} << 30;

  Result<void> fill() {
    at_ = filled_ = 0;
    if (in_.eof()) return {};
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    filled_ = static_cast<size_t>(in_.gcount());
    if (in_.bad() || (filled_ == 0 && !in_.eof()))
      return Error{Status::kConfig, "cannot read " + name_ + "; check that it is a file"};
    return {};
  }

  std::istream& in_;
  const std::string& name_;
  std::string buffer_, line_;
  size_t at_ = 0, filled_ = 0;  // what of the buffer is still to be read
  int64_t number_ = 0;
};

class Import {
 public:
  Import(Store& store, const std::string& name) : store_(store), name_(name) {}

  Result<void> take(std::string_view text) {
    ++line_;
    TQ_ASSIGN(const Json line, parse_json(text, name_ + ", line " + std::to_string(line_)));
    if (!line.is_object()) return wrong("is no object");
    if (ended_) return wrong("follows the last one");
    if (line_ == 1) return take_header(line);
    if (line.contains("entries")) return take_end(line);
    const auto key = bytes_of(line, "key"), value = bytes_of(line, "value");
    if (!key || key->empty()) return wrong("has no \"key\" or \"key_b64\"");
    if (!value) return wrong("has no \"value\" or \"value_b64\"");
    if (*key <= last_key_) return wrong("has a key that does not follow the one before it");
    last_key_ = *key;
    ++entries_;
    return store_.put(*key, *value);
  }

  Result<void> finish() const {
    if (ended_) return {};
    return Error{Status::kConfig,
                 name_ + " is cut: its last line, which counts the others, is missing"};
  }

 private:
  Error wrong(const std::string& what) const {
    return {Status::kConfig, name_ + ": line " + std::to_string(line_) + " " + what};
  }

  Result<void> take_header(const Json& line) {
    if (number_of(line, "tqhost_state") != kFormat)
      return wrong("is not the header of an export of version " + std::to_string(kFormat));
    const int64_t schema = number_of(line, "schema");
    if (schema < 1) return wrong("names no schema");
    if (schema > store_.schema())
      return wrong("names the schema " + std::to_string(schema) +
                   ", this plugin knows only up to " + std::to_string(store_.schema()));
    return {};
  }

  Result<void> take_end(const Json& line) {
    if (number_of(line, "entries") != entries_)
      return wrong("counts " + std::to_string(number_of(line, "entries")) +
                   " entries, but there are " + std::to_string(entries_));
    ended_ = true;
    return {};
  }

  Store& store_;
  const std::string& name_;
  std::string last_key_;
  int64_t line_ = 0, entries_ = 0;
  bool ended_ = false;
};

Result<void> erase_all(Store& store) {
  Result<void> erased;
  TQ_TRY(store.scan("", "", SIZE_MAX, [&](std::string_view key, std::string_view) {
    erased = store.erase(key);
    return erased.ok();
  }));
  return erased;
}

Result<void> replace_all(Store& store, std::istream& in, const std::string& name) {
  Lines lines(in, name);
  Import import(store, name);
  std::string_view line;
  TQ_ASSIGN(bool more, lines.next(&line));
  if (!more)
    return Error{Status::kConfig,
                 name + " is empty; `tqhost state reset` makes an instance forget everything"};
  TQ_TRY(erase_all(store));
  while (more) {
    TQ_TRY(import.take(line));
    TQ_ASSIGN(more, lines.next(&line));
  }
  TQ_TRY(import.finish());
  // Nobody knows how old it is, or whose.
  TQ_TRY(store.set_relearn(Relearn::kImported));
  return store.commit();
}

}  // namespace

Result<void> export_state(Store& store, std::ostream& out) {
  int64_t entries = 0;
  TQ_TRY(store.scan("", "", SIZE_MAX, [&](std::string_view key, std::string_view value) {
    if (entries++ == 0)
      out << dump_json({{"tqhost_state", kFormat},
                        {"instance", store.instance()},
                        {"schema", store.schema()}})
          << '\n';
    Json line = Json::object();
    add_bytes(&line, "key", key);
    add_bytes(&line, "value", value);
    out << dump_json(line) << '\n';
    return out.good();
  }));
  if (entries > 0) out << dump_json({{"entries", entries}}) << '\n';
  if (!out.flush())
    return Error{Status::kTransient, "the export cannot be written: no space left?"};
  return {};
}

Result<void> import_state(Store& store, std::istream& lines, const std::string& name) {
  store.rollback();
  auto done = replace_all(store, lines, name);
  if (!done) store.rollback();
  return done;
}

}  // namespace tq
