// SPDX-License-Identifier: Apache-2.0
// What ThreatQ says when it says no, as short text and as an Error. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "log/redactor.hpp"
#include "net/http.hpp"

namespace tq {

// One printable line: the texts of either error form of ThreatQ's, or the beginning of whatever
// else the body is, without the tags of a web page. Secrets are hidden before anything is changed
// or shortened.
std::string server_text(std::string_view body, const Redactor& redactor);

// A 2xx answer can be a failure, too: "errors" on the top level that are not empty.
bool has_errors(const Json& answer);

// The beginning of the body, at most `limit` bytes; what can be read when the connection breaks.
std::string read_some(HttpResponse& response, size_t limit);

// Who asked whom for what, for messages.
struct Asked {
  std::string host, user;
  std::string what;   // "reading data collection \"X\""
  std::string right;  // "read indicators": what a 403 says is missing
};

// For an answer that is not 2xx; reads its body.
Error refusal(const Asked& asked, HttpResponse& response, const Redactor& redactor, int64_t now_ms);

Error cancelled();

}  // namespace tq
