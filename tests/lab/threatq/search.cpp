// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/search.hpp"

#include <algorithm>

#include "lab/threatq/json_text.hpp"
#include "lab/threatq/query_match.hpp"
#include "lab/threatq/row_writer.hpp"
#include "lab/threatq/sort_order.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kDefaultLimit = 25;
constexpr std::size_t kRowBytes = 160;  // about, of a row with a few fields

struct Paging {
  std::size_t limit = kDefaultLimit;
  std::size_t offset = 0;
  std::string mark;  // empty: paging by offset
};

Paging read_paging(const State& state, const Call& call) {
  Paging paging;
  paging.limit = call.number("limit").value_or(kDefaultLimit);
  paging.offset = call.number("offset").value_or(0);
  if (state.options.paging == "both") paging.mark = call.text("cursorMark");
  check_limit(state, paging.limit);
  if (!paging.mark.empty()) paging.offset = 0;  // the mark replaces it
  if (!paging.mark.empty() && call.text("sort").empty())
    invalid("cursorMark", "cursorMark needs a sort");
  return paging;
}

RowForm choose_form(const State& state, const Call& call,
                    const std::optional<std::vector<std::string>>& fields) {
  const std::string answers = state.faults.answers(state.options.answers);
  RowForm form = fields && answers == "new" ? RowForm::of_fields(*fields) : RowForm::flat();
  if (answers == "old-names") form.type_as_name = true;
  form.add_with(call.text("with"));
  return form;
}

// Real instances hold such rows. Each fourth is wrong in one of four ways.
void append_bad_row(const RowForm& form, IndicatorId id, std::size_t number, std::string& to) {
  Json row = Json::object();
  for (const Member member : form.members) {
    const std::string name(member_name(member));
    const std::string type = "FQDN", status = "Active", time = "2025-01-01 00:00:00";
    if (member == Member::kId) row[name] = id;
    if (member == Member::kValue) row[name] = "damaged-" + std::to_string(id) + ".example.com";
    if (member == Member::kType) row[name] = type;
    if (member == Member::kStatus) row[name] = status;
    if (member == Member::kScore) row[name] = 5;
    if (member >= Member::kCreated && member <= Member::kTouched) row[name] = time;
  }
  if (number % 4 == 0 && form.has(Member::kValue)) row["value"] = nullptr;
  if (number % 4 == 1 && form.has(Member::kValue)) row["value"] = "";
  if (number % 4 == 2 && form.has(Member::kUpdated)) row["updated_at"] = "0000-00-00 00:00:00";
  if (number % 4 == 3 && form.has(Member::kScore)) row["score"] = "high";
  to += row.dump();
}

struct Page {
  const std::vector<Row>& rows;  // the whole result
  std::size_t begin;
  std::size_t end;
};

std::string page_text(const State& state, const Page& page, const RowForm& form,
                      std::size_t bad_rows) {
  const RowWriter writer(state.catalogue, state.store, state.contexts, state.links, form);
  std::string text;
  text.reserve((page.end - page.begin + 1) * kRowBytes);
  for (std::size_t at = page.begin; at < page.end; ++at) {
    if (at > page.begin) text += ',';
    writer.append(page.rows[at], text);
    if (at - page.begin >= bad_rows) continue;
    text += ',';
    append_bad_row(form, state.store.id(page.rows[at]) + 1, at - page.begin, text);
  }
  return text;
}

std::string next_mark(const State& state, const SortOrder& order, const Paging& paging,
                      const PagePlan& plan, const Page& page) {
  if (plan.stay) return paging.mark;
  std::size_t end = page.end;
  if (plan.moves_as_asked) end = std::min(end + plan.limit, page.rows.size());
  if (end == 0 || page.begin == page.end) return paging.mark;  // as Solr: the end does not move
  return order.mark(state.store, page.rows[end - 1]);
}

}  // namespace

void check_limit(const State& state, std::size_t limit) {
  if (limit > state.options.max_page) {
    invalid("limit", "pages have at most " + std::to_string(state.options.max_page) + " rows");
  }
  if (const auto status = state.faults.refusal(limit))
    throw Refusal(*status, "limit", "this page is too large");
}

ParsedQuery read_query(State& state, const Json& query, Seconds time) {
  ParsedQuery parsed = parse_query(query, state.catalogue, time);
  state.unknown.note(parsed.unknown);
  return parsed;
}

Rows search_rows(State& state, const Json& query, const std::string& sort) {
  const SortOrder order = SortOrder::parse(sort);
  const Seconds time = now();
  const ParsedQuery parsed = read_query(state, query, time);
  std::string key = order.text() + '\n' + query.value("criteria", Json()).dump() + '\n' +
                    query.value("filters", Json()).dump();
  if (parsed.relative) key += std::to_string(time);
  return state.results.get(key, state.store.version(), [&] {
    std::vector<Row> rows = matching_rows(parsed.query, state.store, state.contexts);
    order.apply(state.store, rows);
    return rows;
  });
}

Response search_page(State& state, const Call& call, const Json& query,
                     const std::optional<std::vector<std::string>>& fields) {
  const Paging paging = read_paging(state, call);
  const RowForm form = choose_form(state, call, fields);
  const Rows rows = search_rows(state, query, call.text("sort"));
  const SortOrder order = SortOrder::parse(call.text("sort"));
  const bool by_cursor = !paging.mark.empty();
  const std::size_t first =
      by_cursor ? order.place_after(paging.mark, state.store, *rows) : paging.offset;
  const PagePlan plan = state.faults.plan({first, paging.limit, by_cursor});
  const std::size_t begin = std::min(plan.begin, rows->size());
  const Page page{*rows, begin, begin + std::min(plan.limit, rows->size() - begin)};
  const auto total = static_cast<std::int64_t>(rows->size()) + plan.total_offset;
  std::string body = "{\"total\":" + std::to_string(std::max<std::int64_t>(total, 0)) +
                     ",\"limit\":" + std::to_string(paging.limit) +
                     ",\"offset\":" + std::to_string(paging.offset);
  body += ",\"data\":[" + page_text(state, page, form, plan.bad_rows) + ']';
  if (by_cursor) {
    body += ",\"nextCursorMark\":";
    append_json(next_mark(state, order, paging, plan, page), body);
  }
  return text_response(body + '}');
}

}  // namespace lab::threatq
