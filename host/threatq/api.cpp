// SPDX-License-Identifier: Apache-2.0
#include "threatq/api.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/json_memory.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kAnswerLimit = 64 << 20;
constexpr size_t kListPage = 1000;
constexpr size_t kMostItems = 1'000'000;
constexpr uint64_t kPauseMs = 500;  // before what may be a passing fault is asked for again

// `total` of a list, as a number or as text; 0 when it is not told.
uint64_t total_of(const Json& answer) {
  const auto total = answer.find("total");
  if (total == answer.end()) return 0;
  if (total->is_number_unsigned()) return total->get<uint64_t>();
  uint64_t number = 0;
  if (total->is_string()) {
    const auto& text = total->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

// A page of a list, which may be large when memory ends.
struct Page {
  Json answer;
  explicit Page(Json of) : answer(std::move(of)) {}
  ~Page() { dismantle(answer); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
};

// Broken JSON is not quoted in messages: it may hold what a person typed into a form.
bool looks_like_json(std::string_view body) {
  const std::string_view text = trim(body);
  return text.starts_with('{') || text.starts_with('[');
}

}  // namespace

Api::Api(const ThreatqOptions& options, HttpClient& http, World& world, Log& log)
    : options_(options),
      http_(http),
      world_(world),
      log_(log),
      tokens_(options, http, world, log) {}

Result<void> Api::log_in(const Cancel& cancel) {
  TQ_TRY(tokens_.current(cancel));
  return {};
}

std::string Api::shared_with() const {
  const bool pair = !options_.oauth_id.empty() && !options_.oauth_secret.empty();
  return pair ? "OAuth client ID" : options_.username;
}

Error Api::failure(Status status, std::string_view what, std::string_view why) const {
  return Error{status, place() + ": " + std::string(what) + " failed: " + clean(why)};
}

Error Api::refused(HttpResponse& response, std::string_view what, std::string_view right) const {
  return refusal({options_.origin.text(), tokens_.user(), std::string(what), std::string(right)},
                 response, log_.redactor(), world_.now_ms());
}

Result<std::unique_ptr<HttpResponse>> Api::send_any(const Call& call, const Cancel& cancel) {
  TQ_ASSIGN(TokenPtr token, tokens_.current(cancel));
  TQ_ASSIGN(auto first, send_with(token, call, cancel));
  if (first->status() != 401) return first;
  first.reset();  // its connection is needed again
  TQ_ASSIGN(token, tokens_.replace(token, cancel));
  TQ_ASSIGN(auto second, send_with(token, call, cancel));
  if (second->status() != 401) return second;
  return refused(*second, std::string(call.what) + " with a new token", "use the API");
}

Result<std::unique_ptr<HttpResponse>> Api::send_with(const TokenPtr& token, const Call& call,
                                                     const Cancel& cancel) {
  HttpRequest request;
  request.method = call.method;
  request.url = {options_.origin, call.target};
  request.headers = {{"Accept", "application/json"}};
  if (call.body) request.headers.emplace_back("Content-Type", "application/json");
  request.body = call.body;
  // "Bearer" with a capital B: a real server refused the other spelling.
  request.authorize = [token](std::string_view, const Url&, int64_t, Headers* headers) {
    headers->emplace_back("Authorization", "Bearer " + std::string(token->access.reveal()));
    return Result<void>();
  };
  request.idempotent = !call.once;
  auto answer = http_.send(request, cancel);
  if (!answer) return std::move(answer.error()).in(place() + ": " + std::string(call.what));
  return answer;
}

Result<Json> Api::ask(const Call& call, std::string_view right, const Cancel& cancel) {
  TQ_ASSIGN(const auto response, send(call, cancel));
  if (response->status() < 200 || response->status() >= 300)
    return refused(*response, call.what, right);
  auto read = response->read_all(kAnswerLimit);
  if (!read) return std::move(read.error()).in(place() + ": " + std::string(call.what));
  std::string body = read.take();
  auto json = parse_json(body, "the answer");
  std::string said;
  if (is_web_page(body))
    return failure(
        Status::kTransient, call.what,
        "the answer was " + told_page(response->status(), response->header("Content-Type"), body,
                                      options_.origin.text(), log_.redactor()));
  const bool errors = json && has_errors(*json);
  const bool too_many = !json && json.error().status == Status::kData;
  if (errors || (!json && !looks_like_json(body))) said = server_text(body, log_.redactor());
  wipe(body);
  if (json && !errors) return json;
  return failure(Status::kTransient, call.what,
                 json           ? said
                 : too_many     ? json.error().message
                 : said.empty() ? "the answer is not whole JSON"
                                : "the answer is not JSON: " + said);
}

Result<Json> Api::list_page(const std::string& target, std::string_view what,
                            std::string_view right, const Cancel& cancel) {
  TQ_ASSIGN(Json answer, ask({"GET", target, nullptr, what}, right, cancel));
  const auto data = answer.is_object() ? answer.find("data") : answer.end();
  if (answer.is_object() && data != answer.end() && data->is_array()) return answer;
  return failure(Status::kAuth, what,
                 "the answer holds no list. Give " + tokens_.user() +
                     " a role in ThreatQ that may " + std::string(right));
}

// A list ends when its total is reached; without one, or beyond one that was too low, with a page
// that is empty or shorter than others. An answer that brings nothing is asked for once more when
// nothing came before or a total was told that is not reached. How long a page is when nobody asks
// is the server's affair.
Result<std::vector<Json>> Api::list(std::string_view path, std::string_view what,
                                    std::string_view right, const Cancel& cancel) {
  std::vector<Json> items;
  std::set<std::string> seen;  // ids: a server that does not page repeats itself
  std::string target(path);
  const char* and_then = path.find('?') == std::string_view::npos ? "?" : "&";
  size_t largest = 0;
  uint64_t told = 0;
  bool asked_again = false;
  while (true) {
    auto read = list_page(target, what, right, cancel);
    if (!read) return std::move(read.error());
    Page page(read.take());
    Json& data = page.answer.at("data");
    const size_t before = items.size();
    for (Json& item : data) {
      const auto id = item.is_object() ? item.find("id") : item.end();
      if (!item.is_object() || id == item.end() || !seen.insert(dump_json(*id)).second) continue;
      items.push_back(std::move(item));
    }
    const uint64_t total = total_of(page.answer);
    told = std::max(told, total);
    const bool doubtful = items.size() == before && (items.empty() || items.size() < told);
    if (doubtful && !std::exchange(asked_again, true)) {
      if (world_.sleep_ms(kPauseMs + world_.jitter(kPauseMs), cancel)) return cancelled();
      continue;
    }
    asked_again = false;
    if (items.size() == before || items.size() == total) return items;
    if (items.size() > total && data.size() < largest) return items;
    if (items.size() > kMostItems)
      return failure(Status::kData, what,
                     "the list has more than " + std::to_string(kMostItems) + " entries");
    largest = std::max(largest, data.size());
    target = std::string(path) + and_then + "limit=" + std::to_string(kListPage) +
             "&offset=" + std::to_string(items.size());
  }
}

}  // namespace tq
