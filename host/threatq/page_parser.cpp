// SPDX-License-Identifier: Apache-2.0
#include "threatq/page_parser.hpp"

#include <simdjson.h>

#include "core/text.hpp"
#include "threatq/errors.hpp"
#include "threatq/row_reader.hpp"

namespace tq {
namespace {

namespace od = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

static_assert(PageBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

Error broken(error_code code) {
  return Error{Status::kTransient,
               std::string("the page is not whole JSON: ") + simdjson::error_message(code)};
}

#define TQ_PAGE(expression) \
  if (const error_code failure_ = (expression); failure_ != SUCCESS) return broken(failure_)

}  // namespace

struct PageParser::Engine {
  od::parser parser;
  // Numbers of names by id, so that a page of bare ids asks once for each.
  std::unordered_map<uint64_t, uint16_t> by_id[2];
};

// One page being read.
class PageParser::Reading {
 public:
  Reading(PageParser& parser, std::string_view bytes, std::optional<uint64_t> after_id,
          PageRows* out)
      : parser_(parser), bytes_(bytes), after_id_(after_id), out_(out) {}

  Result<PageFacts> page(od::document& document) {
    od::object root;
    TQ_PAGE(document.get_object().get(root));
    bool has_rows = false;
    for (auto item : root) {
      od::field field;
      TQ_PAGE(std::move(item).get(field));
      std::string_view key;
      TQ_PAGE(field.unescaped_key().get(key));
      if (key == "data") {
        if (has_rows) return Error{Status::kTransient, "the page has two lists of rows"};
        TQ_TRY(list(field.value()));
        has_rows = true;
      } else if (key == "total") {
        TQ_PAGE(read_number(field.value(), &facts_.total));
      } else if (key == "nextCursorMark") {
        TQ_TRY(mark(field.value()));
      } else if (key == "errors") {
        TQ_TRY(errors(field.value()));
      }
    }
    // Nothing may follow: a stream of documents, or a page glued to the next, is not a page.
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return broken(simdjson::TRAILING_CONTENT);
    if (!has_rows) return Error{Status::kTransient, "the page has no list of rows"};
    return std::move(facts_);
  }

 private:
  Result<void> list(od::value value) {
    od::json_type type;
    TQ_PAGE(value.type().get(type));
    if (type != od::json_type::array)
      return Error{Status::kTransient,
                   "the page has no list of rows: " + server_text(bytes_, parser_.redactor_)};
    od::array array;
    TQ_PAGE(value.get_array().get(array));
    for (auto item : array) {
      od::value element;
      TQ_PAGE(std::move(item).get(element));  // NOLINT(performance-move-const-arg): get() wants it
      ++facts_.rows;
      TQ_PAGE(element.type().get(type));
      Row row;
      if (type == od::json_type::object) {
        od::object object;
        TQ_PAGE(element.get_object().get(object));
        TQ_PAGE(read_row(object, parser_.columns_, &row));
      }
      if (!row.id) {
        ++facts_.unusable;
        ++facts_.unusable_behind;
        continue;
      }
      TQ_TRY(take(row));
    }
    return {};
  }

  Result<void> take(const Row& row) {
    const uint64_t id = *row.id;
    if (facts_.last_id && id < *facts_.last_id)
      return Error{Status::kTransient,
                   "the rows of the page are not sorted by id: " + std::to_string(id) +
                       " follows " + std::to_string(*facts_.last_id)};
    const bool seen = (after_id_ && id <= *after_id_) || facts_.last_id == id;
    if (!facts_.first_id) facts_.first_id = id;
    facts_.last_id = id;
    facts_.unusable_behind = 0;
    return seen ? Result<void>() : append_row(row);
  }

  Result<void> append_row(const Row& row) {
    const uint32_t columns = parser_.columns_;
    IndicatorBatch& batch = out_->with_room(row.value.size() + row.raw.size());
    if ((columns & kColumnType) != 0) {
      TQ_ASSIGN(const uint16_t type, number(NameKind::kType, row.type, *row.id));
      batch.type.push_back(type);
    }
    if ((columns & kColumnStatus) != 0) {
      TQ_ASSIGN(const uint16_t status, number(NameKind::kStatus, row.status, *row.id));
      batch.status.push_back(status);
    }
    if ((columns & kColumnScore) != 0) batch.score.push_back(row.score);
    if ((columns & kColumnUpdated) != 0) batch.updated_ms.push_back(row.updated_ms);
    if ((columns & kColumnValue) != 0) append(&batch.value, row.value);
    if ((columns & kColumnRaw) != 0) append(&batch.raw, row.raw);
    batch.id.push_back(*row.id);
    ++facts_.fresh;
    if (row.value.empty() && (columns & kColumnValue) != 0) ++facts_.without_value;
    return {};
  }

  // What a row is decides what is deleted, so none passes without a type.
  Result<uint16_t> number(NameKind kind, const Named& named, uint64_t row) {
    Dictionary& dictionary = kind == NameKind::kType ? parser_.types_ : parser_.statuses_;
    if (kind == NameKind::kType && !named.id && trim(named.name).empty())
      return Error{Status::kTransient, "the row with the id " + std::to_string(row) +
                                           " has no type that can be read. Look at it in ThreatQ, "
                                           "unless the next read is good again"};
    if (!named.name.empty() || !named.id) return dictionary.index(named.name);
    auto& known = parser_.engine_->by_id[static_cast<int>(kind)];
    if (const auto found = known.find(*named.id); found != known.end()) return found->second;
    TQ_ASSIGN(const std::string name, parser_.names_.name(kind, *named.id));
    TQ_ASSIGN(const uint16_t index, dictionary.index(name));
    known.emplace(*named.id, index);
    return index;
  }

  Result<void> mark(od::value value) {
    od::json_type type;
    TQ_PAGE(value.type().get(type));
    if (type != od::json_type::string) return {};
    std::string_view text;
    TQ_PAGE(value.get_string().get(text));
    if (!text.empty()) facts_.next_mark = std::string(text);
    return {};
  }

  Result<void> errors(od::value value) {
    od::json_type type;
    TQ_PAGE(value.type().get(type));
    if (type == od::json_type::null) return {};
    if (type == od::json_type::array) {
      size_t count = 0;
      TQ_PAGE(value.count_elements().get(count));
      if (count == 0) return {};
    }
    return Error{Status::kTransient,
                 "ThreatQ answered with errors: " + server_text(bytes_, parser_.redactor_)};
  }

  PageParser& parser_;
  const std::string_view bytes_;
  const std::optional<uint64_t> after_id_;
  PageRows* const out_;
  PageFacts facts_;
};

PageParser::PageParser(uint32_t columns, Dictionary& types, Dictionary& statuses, NameLookup& names,
                       const Redactor& redactor)
    : columns_(columns),
      types_(types),
      statuses_(statuses),
      names_(names),
      redactor_(redactor),
      engine_(std::make_unique<Engine>()) {}

PageParser::~PageParser() = default;

void PageParser::free_memory() { engine_->parser = od::parser(); }

Result<PageFacts> PageParser::parse(const PageBuffer& page, std::optional<uint64_t> after_id,
                                    PageRows* out) {
  out->clear();
  if (page.size() == 0) return broken(simdjson::EMPTY);
  od::document document;
  TQ_PAGE(engine_->parser.iterate(page.data(), page.size(), page.padded_size()).get(document));
  return Reading(*this, page.view(), after_id, out).page(document);
}

}  // namespace tq
