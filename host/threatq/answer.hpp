// SPDX-License-Identifier: Apache-2.0
// Whether an answer is what ThreatQ documents. A status code alone says nothing: a portal or a
// proxy that wants a log-in answers every request with 200 and a page. Any thread; a response that
// is handed in is owned from then on. Texts are without secrets.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "log/redactor.hpp"
#include "net/http.hpp"

namespace tq {

bool is_json_type(std::string_view content_type);

// By its first character: no JSON begins like a page.
bool is_web_page(std::string_view body);

// "a web page (text/html) that is not JSON (HTTP 200): Log in. ...", and what the usual cause is.
std::string told_page(int status, std::string_view content_type, std::string_view body,
                      const std::string& host, const Redactor& redactor);

// The answer to a call that changes something.
struct Written {
  Json answer;        // null when it is not JSON
  std::string doubt;  // why it acknowledges nothing, for messages; empty: it is as documented
};

// Documented are 200 and 201, a JSON content type, and an object without errors that has "data".
Written read_written(int status, std::string_view content_type, std::string_view body,
                     const std::string& host, const Redactor& redactor);

// The response, to be read from its beginning. E_TRANSIENT: it is a 2xx with a web page. Its body
// is looked at only when its content type is not JSON's.
Result<std::unique_ptr<HttpResponse>> refuse_web_page(std::unique_ptr<HttpResponse> response,
                                                      const std::string& host,
                                                      const Redactor& redactor);

}  // namespace tq
