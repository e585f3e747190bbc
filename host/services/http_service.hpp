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
#include <optional>
#include <span>
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
  // The index of the first call that is over; a failure is the wait's.
  virtual Result<size_t> wait(std::span<tqp_http_call* const> calls, uint64_t wait_ms) = 0;
  // Why a call that is over was not answered.
  virtual std::optional<Error> failure(const tqp_http_call& call) const = 0;
  // 0 is the end of a whole body.
  virtual Result<size_t> read(tqp_http_call& call, char* out, size_t capacity) = 0;
  virtual void close(tqp_http_call& call) = 0;

  virtual bool is_open(const tqp_http_body* body) const = 0;
  virtual bool is_open(const tqp_http_call* call) const = 0;
  virtual size_t open_handles() const = 0;  // bodies and calls that were not closed
};

}  // namespace tq
