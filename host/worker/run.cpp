// SPDX-License-Identifier: Apache-2.0
#include "worker/run.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "services/host_ctx.hpp"
#include "worker/outcome.hpp"

namespace tq {
namespace {

constexpr size_t kReasonsShown = 5;

// A plugin may have forgotten the NUL.
template <size_t N>
std::string text_of(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

// A message that fills its place was cut there; "..." says so to people and to the redactor.
std::string message_of(const tqp_error& error) {
  constexpr std::string_view kShortened = "...";
  constexpr size_t kFullBytes = sizeof error.message - 4;  // the SDK cuts at a whole character
  std::string text = text_of(error.message);
  if (text.size() < kFullBytes || text.ends_with(kShortened)) return text;
  text.resize(utf8_cut(text, text.size() - kShortened.size()).size());
  return text.append(kShortened);
}

Error error_from(tqp_status raw, const tqp_error& error) {
  Error out{status_from(raw), message_of(error), text_of(error.field), error.http_status,
            std::min(error.retry_after_ms, kLongestAskedMs)};
  if (out.message.empty())
    out.message = "the plugin failed with status " + std::to_string(raw) + " and gave no reason";
  return out;
}

Result<void> result_from(tqp_status raw, const tqp_error& error) {
  if (raw == TQP_OK) return {};
  // Answers of services, not outcomes of a facet.
  if (raw == TQP_END || raw == TQP_AGAIN || raw == TQP_SKIPPED)
    return Error{Status::kBug, "the plugin ended with status " + std::to_string(raw) +
                                   ", which says nothing about a run"};
  if (raw == TQP_CANCELLED) return Error{Status::kCancelled, "stop was asked for"};
  return error_from(raw, error);
}

// An exception that crosses breaks the contract; it ends here when it can be caught at all.
template <typename Call>
Result<void> called(Call call) {
  tqp_error error{};
  error.size = sizeof error;
  try {
    return result_from(call(&error), error);
  } catch (const std::exception& thrown) {
    return Error{Status::kBug,
                 std::string("an exception crossed the plugin's boundary: ") + thrown.what()};
  } catch (...) {
    return Error{Status::kBug, "an exception crossed the plugin's boundary"};
  }
}

constexpr size_t kAnswerBytesMost = 1 << 20;

tqp_status append(void* ctx, const void* bytes, size_t n) {
  auto* const text = static_cast<std::string*>(ctx);
  if (n > kAnswerBytesMost - text->size()) return TQP_E_DATA;
  text->append(static_cast<const char*>(bytes), n);
  return TQP_OK;
}

// Calls the one function of a facet's table, which all but the query have in common.
template <typename Table>
Result<void> call_table(const void* raw, const char* id, tqp_instance* instance) {
  const auto* const table = static_cast<const Table*>(raw);
  if (!TQP_HAS(table, run))
    return Error{Status::kBug, "the table of " + std::string(id) + " is too small"};
  return called([&](tqp_error* error) { return table->run(instance, error); });
}

Result<void> explain(const void* raw, tqp_instance* instance, const FacetCall& call) {
  const auto* const table = static_cast<const tqp_explain*>(raw);
  if (!TQP_HAS(table, explain))
    return Error{Status::kBug, "the table of " TQP_FACET_EXPLAIN " is too small"};
  tqp_explain_query query{};
  query.size = sizeof query;
  query.type = borrow(call.type);
  query.value = borrow(call.value);
  const tqp_sink sink{call.text, &append};
  return called([&](tqp_error* error) { return table->explain(instance, &query, sink, error); });
}

Result<void> serve(const void* raw, tqp_instance* instance) {
  const auto* const table = static_cast<const tqp_listener*>(raw);
  if (!TQP_HAS(table, serve))
    return Error{Status::kBug, "the table of " TQP_FACET_LISTENER " is too small"};
  return called([&](tqp_error* error) { return table->serve(instance, error); });
}

Result<void> verify(const void* raw, tqp_instance* instance, const FacetCall& call) {
  const auto* const table = static_cast<const tqp_verify*>(raw);
  if (!TQP_HAS(table, run))
    return Error{Status::kBug, "the table of " TQP_FACET_VERIFY " is too small"};
  return called([&](tqp_error* error) { return table->run(instance, call.findings, error); });
}

Result<void> run_facet(const tqp_plugin& plugin, tqp_instance* instance, const FacetCall& call) {
  const char* const id = facet_of(call.purpose, call.listen);
  const void* const table = plugin.facet(instance, borrow(id));
  if (table == nullptr)
    return Error{Status::kUnsupported, "the plugin has no facet " + std::string(id)};
  switch (call.purpose) {
    case Purpose::kCheck:
      return call_table<tqp_check>(table, id, instance);
    case Purpose::kExplain:
      return explain(table, instance, call);
    case Purpose::kPurge:
      return call_table<tqp_purge>(table, id, instance);
    case Purpose::kVerify:
      return verify(table, instance, call);
    case Purpose::kRun:
      break;
  }
  return call.listen ? serve(table, instance) : call_table<tqp_job>(table, id, instance);
}

// A stop that nobody asked for, and an end that only a stop allows.
Result<void> only_when_asked(Result<void> result, const FacetCall& call) {
  if (call.cancel != nullptr && call.cancel->cancelled()) return result;
  if (call.purpose == Purpose::kRun && call.listen && result)
    return Error{Status::kTransient,
                 "the listener returned though nobody had asked it to stop; it is begun again"};
  if (!result && result.error().status == Status::kCancelled)
    return Error{Status::kBug,
                 "the plugin ended with TQP_CANCELLED though nobody had asked it to stop"};
  return result;
}

std::string reasons_note(const std::map<std::string, uint64_t>& skipped) {
  std::vector<std::pair<std::string, uint64_t>> reasons(skipped.begin(), skipped.end());
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (size_t i = 0; i < std::min(reasons.size(), kReasonsShown); ++i)
    out += (i == 0 ? "" : ", ") + reasons[i].first + " " + grouped(reasons[i].second);
  return reasons.size() > kReasonsShown ? out + ", ..." : out;
}

}  // namespace

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

Status status_from(tqp_status raw) {
  const auto status = static_cast<Status>(raw);
  switch (status) {
    case Status::kOk:
    case Status::kCancelled:
    case Status::kEnd:
    case Status::kAgain:
    case Status::kSkipped:
    case Status::kConfig:
    case Status::kAuth:
    case Status::kTransient:
    case Status::kLimited:
    case Status::kData:
    case Status::kUnsupported:
    case Status::kDenied:
    case Status::kBug:
      return status;
  }
  // 16 to 63 are failures without retry: a person looks at the message. The rest is no status yet.
  return raw >= 16 && raw <= 63 ? Status::kData : Status::kBug;
}

const char* facet_of(Purpose purpose, bool listen) {
  switch (purpose) {
    case Purpose::kCheck:
      return TQP_FACET_CHECK;
    case Purpose::kExplain:
      return TQP_FACET_EXPLAIN;
    case Purpose::kPurge:
      return TQP_FACET_PURGE;
    case Purpose::kVerify:
      return TQP_FACET_VERIFY;
    case Purpose::kRun:
      break;
  }
  return listen ? TQP_FACET_LISTENER : TQP_FACET_JOB;
}

Result<void> call_facet(const tqp_plugin& plugin, const tqp_host* host, const FacetCall& call) {
  tqp_instance* instance = nullptr;
  TQ_TRY(called([&](tqp_error* error) { return plugin.create(host, &instance, error); }));
  if (instance == nullptr)
    return Error{Status::kBug, "the plugin's create answered OK and gave no instance"};
  if (call.created) call.created();
  Result<void> result = only_when_asked(run_facet(plugin, instance, call), call);
  plugin.destroy(instance);
  return result;
}

std::string counts_note(const RunCounts& counts) {
  constexpr std::array<const char*, 6> kOrder = {"read",    "sent",    "unchanged",
                                                 "skipped", "deleted", "rejected"};
  std::string out;
  for (const char* name : kOrder) {
    const auto found = counts.counts.find(name);
    if (found == counts.counts.end()) continue;
    out += (out.empty() ? "" : ", ") + grouped(found->second) + " " + name;
    if (std::string_view(name) == "skipped" && !counts.skipped.empty())
      out += " (" + reasons_note(counts.skipped) + ")";
  }
  return out.empty() ? "nothing to do" : out;
}

}  // namespace tq
