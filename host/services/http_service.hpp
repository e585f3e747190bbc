// SPDX-License-Identifier: Apache-2.0
// HttpService: behind tqp.http/1: grants, auth entries and dry runs on top of the HttpClient;
// requests run on a few threads of its own so that a plugin needs none. Members from the home
// thread.
#pragma once

#include <tqp/plugin.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

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
  // entries to `client`.
  static Result<std::unique_ptr<HttpService>> create(HttpServiceOptions options, HttpClient& client,
                                                     BodyPool& bodies, RunService& run, Log& log);
  virtual ~HttpService() = default;  // gives up what is in flight

  virtual Result<tqp_http_body*> body_open() = 0;
  virtual Result<tqp_http_call*> start(const tqp_http_request& request) = 0;
  // Index of the call that is ready; `failed`: the call has its own error and was not answered.
  virtual tqp_status wait(tqp_http_call* const* calls, size_t n, uint64_t wait_ms, size_t* ready,
                          tqp_error* error) = 0;
};

}  // namespace tq
