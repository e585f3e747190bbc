// SPDX-License-Identifier: Apache-2.0
// Api: calls of one ThreatQ with its token: one new log-in after a 401, answers read and refusals
// turned into errors. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "threatq/answer.hpp"
#include "threatq/client.hpp"
#include "threatq/errors.hpp"
#include "threatq/token.hpp"

namespace tq {

class Api {
 public:
  // Everything outlives this.
  Api(const ThreatqOptions& options, HttpClient& http, World& world, Log& log);

  Result<void> log_in(const Cancel& cancel);

  struct Call {
    std::string_view method;
    std::string target;                // path and query
    std::shared_ptr<const Body> body;  // JSON; null: none
    std::string_view what;             // "reading the types", for messages
    bool once = false;  // doing it twice would do harm; else it may be sent again at any time
  };
  // Any answer but a 401 and a web page.
  Result<std::unique_ptr<HttpResponse>> send(const Call& call, const Cancel& cancel);

  // The answer's JSON, of a call that reads. Refusals, whatever their status code, are errors that
  // name the `right` the call needs.
  Result<Json> ask(const Call& call, std::string_view right, const Cancel& cancel);

  // For a call that changes something. An answer with a doubt has to be looked behind before it is
  // believed or given up; one without is as documented.
  Result<Written> change(const Call& call, std::string_view right, const Cancel& cancel);
  // For one with a doubt, when a look shows that it was not done.
  Error not_done(std::string_view what, std::string_view doubt) const;

  // Every item of a list, however the server pages it; `path` may have a query. E_AUTH: there is no
  // list, which is how ThreatQ answers an account without the right to it.
  Result<std::vector<Json>> list(std::string_view path, std::string_view what,
                                 std::string_view right, const Cancel& cancel);

  // "tq.example" in front, without secrets behind.
  Error failure(Status status, std::string_view what, std::string_view why) const;
  // For an answer that is neither 2xx nor 401; reads its body.
  Error refused(HttpResponse& response, std::string_view what, std::string_view right) const;

  std::string clean(std::string_view text) const { return log_.redactor().clean(text); }
  // "ThreatQ at tq.example" and who asks, for messages.
  std::string place() const { return "ThreatQ at " + options_.origin.text(); }
  std::string user() const { return tokens_.user(); }
  // Whom collections have to be shared with.
  std::string shared_with() const;

 private:
  Result<std::unique_ptr<HttpResponse>> send_any(const Call& call, const Cancel& cancel);
  Result<std::unique_ptr<HttpResponse>> send_with(const TokenPtr& token, const Call& call,
                                                  const Cancel& cancel);
  // With a list "data".
  Result<Json> list_page(const std::string& target, std::string_view what, std::string_view right,
                         const Cancel& cancel);

  const ThreatqOptions& options_;
  HttpClient& http_;
  World& world_;
  Log& log_;
  Tokens tokens_;
};

}  // namespace tq
