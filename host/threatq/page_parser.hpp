// SPDX-License-Identifier: Apache-2.0
// PageParser: the bytes of a page become columns, read once and without an allocation per row. Its
// memory is used again for the next page. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "log/redactor.hpp"
#include "threatq/dictionary.hpp"
#include "threatq/names.hpp"
#include "threatq/page_buffer.hpp"
#include "threatq/page_rows.hpp"

namespace tq {

// What a page says besides its rows.
struct PageFacts {
  size_t rows = 0;             // items in the list
  size_t fresh = 0;            // put into the columns
  size_t unusable = 0;         // left out: no object, or no id that is a number
  size_t unusable_behind = 0;  // those of them behind the last usable one
  size_t without_value = 0;    // of the fresh ones, with an empty text
  std::optional<uint64_t> first_id, last_id;
  std::optional<uint64_t> total;
  std::optional<std::string> next_mark;
};

class PageParser {
 public:
  // What is referred to outlives the parser; `columns` are bits of Columns.
  PageParser(uint32_t columns, Dictionary& types, Dictionary& statuses, NameLookup& names,
             const Redactor& redactor);
  ~PageParser();

  // Rows up to `after_id` were seen before and are left out. E_TRANSIENT: this is not a whole page,
  // says "errors", or its rows do not ascend by id; `out` is worthless then.
  Result<PageFacts> parse(const PageBuffer& page, std::optional<uint64_t> after_id, PageRows* out);
  // What the next page would only use again.
  void free_memory();

 private:
  class Reading;
  struct Engine;

  const uint32_t columns_;
  Dictionary& types_;
  Dictionary& statuses_;
  NameLookup& names_;
  const Redactor& redactor_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tq
