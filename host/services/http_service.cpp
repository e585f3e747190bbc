// SPDX-License-Identifier: Apache-2.0
#include "services/http_service.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "services/auth.hpp"
#include "services/grants.hpp"
#include "services/handles.hpp"
#include "services/host_ctx.hpp"
#include "services/http_handles.hpp"
#include "services/http_request.hpp"

namespace tq {
namespace {

// An auth entry whose settings are incomplete is an error only for who uses it.
struct Entry {
  std::string for_field;
  std::vector<Origin> origins;
  Result<std::shared_ptr<const Auth>> auth;
};

Result<std::map<std::string, Entry>> read_entries(const HttpServiceOptions& options) {
  std::map<std::string, Entry> entries;
  const AuthValues values{options.settings, options.secrets};
  for (const auto& [name, entry] : options.manifest.auth) {
    TQ_ASSIGN(auto origins,
              origins_in(options.settings, entry.for_field, options.allow_plain_http));
    auto auth = Auth::fill(name, entry, values);
    const bool manifest_is_wrong = !auth && auth.error().field.empty();
    if (manifest_is_wrong) return std::move(auth.error());
    entries.emplace(name, Entry{entry.for_field, std::move(origins), std::move(auth)});
  }
  return entries;
}

Result<void> limit_rates(const HttpServiceOptions& options, HttpClient& client) {
  for (const RateEntry& rate : options.manifest.rate) {
    const Json* const setting = json_at(options.settings, rate.per_minute_field);
    if (setting == nullptr || setting->is_null()) continue;
    if (!setting->is_number_integer() || *setting < 0)
      return Error{Status::kConfig,
                   "the setting " + rate.per_minute_field +
                       " must be a number of requests a minute, 0 for no bound",
                   rate.per_minute_field};
    const auto per_minute = static_cast<uint32_t>(
        std::min<uint64_t>(setting->get<uint64_t>(), std::numeric_limits<uint32_t>::max()));
    if (per_minute == 0) continue;
    TQ_ASSIGN(const auto origins,
              origins_in(options.settings, rate.for_field, options.allow_plain_http));
    for (const Origin& origin : origins) client.limit_rate(origin, per_minute);
  }
  return {};
}

// What Basic authentication sends as one, servers also send back as one.
void hide_pairs(const HttpServiceOptions& options, Redactor& redactor) {
  const AuthValues values{options.settings, options.secrets};
  for (const auto& [name, entry] : options.manifest.auth) {
    if (entry.basic_user.empty()) continue;
    const auto user = values.text(entry.basic_user), password = values.text(entry.basic_password);
    if (user && password) redactor.add_pair(user->reveal(), password->reveal());
  }
}

class Service final : public HttpService {
 public:
  Service(Grants grants, std::map<std::string, Entry> entries, uint32_t parallel,
          HttpClient& client, BodyPool& bodies, RunService& run)
      : grants_(std::move(grants)),
        entries_(std::move(entries)),
        pool_(bodies),
        run_(run),
        exchanges_(client, run.world(), run.cancel(), parallel) {}

  Result<tqp_http_body*> body_open() override {
    return bodies_.add(std::make_unique<tqp_http_body>(tqp_http_body{nullptr, pool_.open()}));
  }

  Result<void> body_write(tqp_http_body& body, std::string_view bytes) override {
    if (body.frozen) return in_use("http.body_write");
    return body.content->write(bytes);
  }

  Result<void> body_append(tqp_http_body& to, const tqp_http_body* from) override {
    if (!bodies_.has(from)) return Error{Status::kBug, "http.body_append: no open body to append"};
    if (from == &to) return Error{Status::kBug, "http.body_append: a body onto itself"};
    if (to.frozen) return in_use("http.body_append");
    from->frozen = true;
    return to.content->append(*from->content);
  }

  void body_close(tqp_http_body& body) override { bodies_.close(&body); }

  Result<tqp_http_call*> start(const tqp_http_request& raw) override;
  Result<size_t> wait(std::span<tqp_http_call* const> calls, uint64_t wait_ms) override;
  std::optional<Error> failure(const tqp_http_call& call) const override;
  Result<size_t> read(tqp_http_call& call, char* out, size_t capacity) override;

  void close(tqp_http_call& call) override {
    exchanges_.give_up(call.exchange);
    calls_.close(&call);
  }

  bool is_open(const tqp_http_body* body) const override { return bodies_.has(body); }
  bool is_open(const tqp_http_call* call) const override { return calls_.has(call); }
  size_t open_handles() const override { return bodies_.size() + calls_.size(); }

 private:
  static Error in_use(const char* function) {
    return {Status::kBug,
            std::string(function) + ": the body was appended or sent and cannot change any more"};
  }
  Result<void> take_body(const tqp_http_request& raw, HttpRequest* request) const;
  Result<void> take_auth(std::string_view name, HttpRequest* request) const;

  const Grants grants_;
  const std::map<std::string, Entry> entries_;
  BodyPool& pool_;
  RunService& run_;
  Exchanges exchanges_;  // ends after the calls, which own responses
  Handles<tqp_http_body> bodies_;
  Handles<tqp_http_call> calls_;
};

Result<void> Service::take_body(const tqp_http_request& raw, HttpRequest* request) const {
  if (raw.body == nullptr) {
    if (raw.small_body.len != 0) request->body = text_body(view(raw.small_body));
    return {};
  }
  if (!bodies_.has(raw.body)) return Error{Status::kBug, "http.start: the body is not open"};
  raw.body->frozen = true;
  request->body = raw.body->content;
  return {};
}

Result<void> Service::take_auth(std::string_view name, HttpRequest* request) const {
  if (name.empty()) return {};
  const auto found = entries_.find(std::string(name));
  if (found == entries_.end())
    return Error{Status::kBug,
                 "http.start: the manifest has no auth entry \"" + printable(name) + "\""};
  const Entry& entry = found->second;
  const auto& origins = entry.origins;
  if (std::find(origins.begin(), origins.end(), request->url.origin) == origins.end())
    return Error{Status::kDenied, "the auth entry \"" + found->first + "\" is for the host in " +
                                      entry.for_field + ", not for " + request->url.origin.text()};
  if (!entry.auth) return entry.auth.error();
  const std::shared_ptr<const Auth> auth = *entry.auth;
  for (const auto& [header, value] : request->headers)
    if (auth->sets(header))
      return Error{Status::kBug, "http.start: the header " + header +
                                     " is set by the auth entry \"" + found->first + "\""};
  request->authorize = [auth](std::string_view method, const Url& url, int64_t unix_s,
                              Headers* headers) -> Result<void> {
    auth->authorize({method, url.target, unix_s}, headers);
    return {};
  };
  return {};
}

Result<tqp_http_call*> Service::start(const tqp_http_request& raw) {
  TQ_ASSIGN(HttpRequest request, read_request(&raw));
  TQ_TRY(take_body(raw, &request));
  TQ_ASSIGN(std::string connect_field, grants_.setting_for(request.url.origin));
  TQ_TRY(take_auth(view(raw.auth), &request));
  if (run_.cancel().cancelled()) return Error{Status::kCancelled, "stop was asked for"};
  const bool effect = (raw.flags & TQP_HTTP_EFFECT) != 0;
  if (effect && run_.effects_skipped()) {
    run_.effect(describe_effect(request));
    return Error{Status::kSkipped, "not sent in a dry run or check"};
  }
  if (effect) run_.note_effect();
  // The handle first: once the request is begun, nothing may fail any more.
  tqp_http_call* const call = calls_.add(
      std::make_unique<tqp_http_call>(tqp_http_call{nullptr, nullptr, std::move(connect_field)}));
  auto begun = exchanges_.begin(std::move(request), effect);
  if (!begun) {
    calls_.close(call);
    return std::move(begun.error());
  }
  call->exchange = begun.take();
  return call;
}

Result<size_t> Service::wait(std::span<tqp_http_call* const> calls, uint64_t wait_ms) {
  if (calls.empty()) return Error{Status::kBug, "http.wait: there is no call to wait for"};
  std::vector<Exchange*> exchanges;
  exchanges.reserve(calls.size());
  for (const tqp_http_call* const call : calls) {
    if (!calls_.has(call))
      return Error{Status::kBug,
                   "http.wait: call " + std::to_string(exchanges.size()) + " is not open"};
    exchanges.push_back(call->exchange.get());
  }
  TQ_ASSIGN(const size_t over, exchanges_.wait(exchanges, wait_ms));
  calls[over]->reported = true;
  return over;
}

std::optional<Error> Service::failure(const tqp_http_call& call) const {
  std::optional<Error> failure = call.exchange->error();
  if (failure && failure->status == Status::kConfig && failure->field.empty())
    failure->field = call.connect_field;
  return failure;
}

Result<size_t> Service::read(tqp_http_call& call, char* out, size_t capacity) {
  if (!call.reported) return Error{Status::kBug, "http.read: wait has not reported this call yet"};
  if (out == nullptr || capacity == 0)
    return Error{Status::kBug, "http.read: there is no room to read into"};
  if (call.exchange->error().has_value()) return *call.exchange->error();
  if (call.ended.has_value()) return *call.ended;
  if (run_.cancel().cancelled()) return Error{Status::kCancelled, "stop was asked for"};
  Result<size_t> got = call.exchange->response()->read(out, capacity);
  if (!got || *got == 0) call.ended = got;
  return got;
}

}  // namespace

Result<std::unique_ptr<HttpService>> HttpService::create(const HttpServiceOptions& options,
                                                         HttpClient& client, BodyPool& bodies,
                                                         RunService& run, Log& log) {
  TQ_ASSIGN(Grants grants,
            Grants::read(options.manifest.connect, options.settings, options.allow_plain_http));
  TQ_ASSIGN(auto entries, read_entries(options));
  TQ_TRY(limit_rates(options, client));
  hide_pairs(options, log.redactor());
  return std::unique_ptr<HttpService>(std::make_unique<Service>(
      std::move(grants), std::move(entries), options.parallel, client, bodies, run));
}

}  // namespace tq
