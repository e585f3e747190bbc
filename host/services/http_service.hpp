// SPDX-License-Identifier: Apache-2.0
// HttpService: behind tqp.http/1: grants, auth entries and dry runs on top of the HttpClient;
// requests run on a few threads of its own so that a plugin needs none. Owns the handles that a
// plugin holds, until they are closed. Members from the home thread.
#pragma once

#include <tqp/plugin.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/secret.hpp"
#include "load/manifest.hpp"
#include "net/http.hpp"
#include "services/run_service.hpp"

namespace tq {

struct HttpServiceOptions {
  Manifest manifest;                      // auth entries and grants
  Json settings;                          // valid, defaults applied; secrets are not in it
  std::map<std::string, Secret> secrets;  // JSON pointer -> text
  bool allow_plain_http = false;
  uint32_t parallel = 4;  // requests in flight at once; more wait
};

class HttpService {
 public:
  // E_CONFIG: a setting that the manifest's grants name holds no host. Applies the manifest's rate
  // entries to `client`. All references outlive the service.
  static Result<std::unique_ptr<HttpService>> create(const HttpServiceOptions& options,
                                                     HttpClient& client, BodyPool& bodies,
                                                     RunService& run, Log& log);
  virtual ~HttpService() = default;  // gives up what is in flight, closes what is open

  virtual Result<tqp_http_body*> body_open() = 0;
  virtual Result<void> body_write(tqp_http_body& body, std::string_view bytes) = 0;
  virtual Result<void> body_append(tqp_http_body& to, const tqp_http_body* from) = 0;
  virtual void body_close(tqp_http_body& body) = 0;

  virtual Result<tqp_http_call*> start(const tqp_http_request& request) = 0;
  // As in plugin.h: a failure with *ready < n is that call's own.
  virtual tqp_status wait(tqp_http_call* const* calls, size_t n, uint64_t wait_ms, size_t* ready,
                          tqp_error* error) = 0;
  // 0 is the end of a whole body.
  virtual Result<size_t> read(tqp_http_call& call, char* out, size_t capacity) = 0;
  virtual void close(tqp_http_call& call) = 0;

  // A function that answers no status was called from another thread: it did nothing, this logs it.
  virtual void note_wrong_thread(const char* function) = 0;
  virtual size_t open_handles() const = 0;  // bodies and calls that were not closed
};

}  // namespace tq
