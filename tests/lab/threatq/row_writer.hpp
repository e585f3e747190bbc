// SPDX-License-Identifier: Apache-2.0
// Writes indicators as JSON objects. Refers to what it writes from; many threads, each with its
// own.
#pragma once

#include <string>
#include <vector>

#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/context.hpp"
#include "lab/threatq/links.hpp"
#include "lab/threatq/related_text.hpp"
#include "lab/threatq/row_form.hpp"
#include "lab/threatq/store.hpp"

namespace lab::threatq {

class RowWriter {
 public:
  RowWriter(const Catalogue& catalogue, const IndicatorStore& store, const ContextStore& contexts,
            const Links& links, RowForm form);

  void append(Row row, std::string& to) const;

 private:
  void append_member(Member member, Row row, const Context& context, std::string& to) const;
  void append_score(Row row, std::string& to) const;
  void append_related(Member member, Row row, const Context& context, std::string& to) const;
  Owner owner(Row row) const;

  const Catalogue& catalogue_;
  const IndicatorStore& store_;
  const ContextStore& contexts_;
  const Links& links_;
  const RowForm form_;
  const bool needs_context_;
  std::vector<std::string> keys_;              // "," and the name of each member
  std::vector<std::string> types_, statuses_;  // ready texts by index
};

}  // namespace lab::threatq
