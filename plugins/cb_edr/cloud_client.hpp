// SPDX-License-Identifier: Apache-2.0
// CloudClient: requests to Carbon Black Cloud, and what its answers mean: which are tried again,
// what a refusal says, and which answer acknowledges a write. What is not the documented answer is
// an unknown outcome, never a success. Home thread.
#pragma once

#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <type_traits>

#include "answers.hpp"

namespace cb_edr {

// One call, for its messages.
struct CloudCall {
  std::string_view what;        // "read the feeds"
  std::string_view permission;  // "org.feeds READ"
  bool makes_new = false;       // twice would make two
};

// A page in the place of an answer comes from a gateway or a proxy, not from the service.
bool is_web_page(const tqp::Call& answer);

class CloudClient {
 public:
  static constexpr size_t kLongestText = size_t{16} << 20;  // in other people's reports

  CloudClient(const tqp::Http& http, const tqp::Run& run, std::string_view host)
      : http_(http), run_(run), host_(host) {}

  const std::string& host() const { return host_; }
  // Requests with the credentials and the usual headers and time-out.
  tqp::Request get(std::string url) const { return with_usual(tqp::Request::get(std::move(url))); }
  tqp::Request put(std::string url) const { return with_usual(tqp::Request::put(std::move(url))); }
  tqp::Request post(std::string url) const {
    return with_usual(tqp::Request::post(std::move(url)));
  }
  tqp::Request del(std::string url) const { return with_usual(tqp::Request::del(std::move(url))); }

  // Sends until there is an answer that a repeat would not change.
  tqp::Result<tqp::Call> exchange(const tqp::Request& request, const CloudCall& call) const;
  // Likewise; a refusal is an error.
  tqp::Result<tqp::Call> send(const tqp::Request& request, const CloudCall& call) const;
  // `read`: Result<T> (JsonReader&), the whole document.
  template <typename Read>
  auto read(const tqp::Request& request, const CloudCall& call, Read read) const {
    using Out = std::invoke_result_t<Read, tqp::JsonReader&>;
    auto answer = send(request, call);
    if (!answer.ok()) return Out(std::move(answer.error()));
    tqp::JsonReader reader(*answer, {64, kLongestText});
    Out out = read(reader);
    if (!out.ok() && !out.error().cancelled()) return Out(in_context(std::move(out.error()), call));
    return out;
  }
  // A write whose documented answer is 200 and a JSON document, of which `says_yes` is told.
  template <typename SaysYes>
  tqp::Result<tqp::Acknowledgement> written(const tqp::Request& request, const CloudCall& call,
                                            SaysYes says_yes) const {
    TQP_ASSIGN(tqp::Call answer, send(request, call));
    return tqp::acknowledged_by_json(answer, 200, says_yes, {64, kLongestText});
  }
  // A deletion: 204, or the service's own 404.
  tqp::Result<tqp::Acknowledgement> erased(const tqp::Request& request,
                                           const CloudCall& call) const;
  // A read right after a write may be old: what is not seen is looked for again.
  template <typename Look>
  tqp::Result<bool> look_again(Look look) const {
    for (uint64_t pause_ms = 1000;; pause_ms *= 2) {
      tqp::Result<bool> seen = look();
      if (!seen.ok() || *seen || pause_ms > kLastPauseMs) return seen;
      TQP_TRY(run_.sleep_ms(pause_ms));
    }
  }
  // After an unknown outcome: done when a look found it done, else a failure.
  tqp::Result<void> settle(std::string_view what, const tqp::Acknowledgement& answer,
                           const tqp::Result<bool>& done) const;
  // "cannot write a report of HOST: it answered HTTP 200 with text/html, ..., and `finding`".
  tqp::Error not_acknowledged(std::string_view what, const tqp::Acknowledgement& answer,
                              const std::string& finding) const;
  // What a look finds.
  static constexpr const char* kUndone =
      "a look finds it undone; the log-in page of a proxy is the usual cause";
  static constexpr const char* kUnseen = "whether it was done cannot be seen: ";
  // What an answer that is no success says.
  tqp::Error refusal(tqp::Call& answer, const CloudCall& call) const;
  tqp::Error in_context(tqp::Error error, const CloudCall& call) const;

 private:
  static constexpr uint64_t kLastPauseMs = 2000;
  static tqp::Request with_usual(tqp::Request request);

  tqp::Http http_;
  tqp::Run run_;
  std::string host_;
};

}  // namespace cb_edr
