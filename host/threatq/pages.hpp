// SPDX-License-Identifier: Apache-2.0
// Pages: fetches and parses the pages of one search, one after the other, in smaller pages when the
// server cannot give larger ones; the next one can be asked for while one is parsed. Used from one
// thread at a time; the dictionaries are read by others, too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "threatq/api.hpp"
#include "threatq/dictionary.hpp"
#include "threatq/names.hpp"
#include "threatq/page_ahead.hpp"
#include "threatq/page_parser.hpp"
#include "threatq/position.hpp"

namespace tq {

struct SearchSpec {
  std::string collection;  // for messages
  std::string body;
  uint32_t columns = 0;
  uint32_t page_rows = 1000;
};

class Pages {
 public:
  static constexpr uint32_t kSmallestPage = 25;

  // References outlive this.
  Pages(SearchSpec spec, Api& api, Names& names, World& world, Log& log, const Cancel& cancel);
  ~Pages();

  // Whether the next page is asked for while one is parsed, which takes a thread. Off at first.
  void read_ahead(bool on);
  // What the next read would only use again.
  void free_memory();

  // The next rows, at least one; false at the end of the whole collection, with an empty `out`.
  Result<bool> read(PageRows* out);

  std::optional<uint64_t> total() const { return position_.total(); }
  const Dictionary& types() const { return types_; }
  const Dictionary& statuses() const { return statuses_; }

 private:
  class Lookup;

  Result<PageFacts> fetch(PageRows* out);
  Result<PageFacts> fetch_once(PageRows* out);
  Result<void> download(const std::string& target, const Cancel& cancel, PageBuffer* out);
  Error unproved(const Error& error) const;
  bool shrink(const Error& error);
  void note(const PageFacts& facts, uint64_t begun_ms);

  const SearchSpec spec_;
  Api& api_;
  World& world_;
  Log& log_;
  const Cancel& cancel_;
  const std::string what_;
  const std::shared_ptr<const Body> body_;
  Dictionary types_, statuses_;
  const std::unique_ptr<Lookup> lookup_;
  PageParser parser_;
  PageBuffer buffer_;
  std::optional<PageAhead> ahead_;
  Position position_;
  uint32_t limit_;
  uint32_t unanswered_ = 0;  // failures in a row without a status code
  bool ended_ = false;
};

}  // namespace tq
