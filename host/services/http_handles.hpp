// SPDX-License-Identifier: Apache-2.0
// What a plugin's pointers of tqp.http/1 point to. Owned by the HttpService; home thread.
#pragma once

#include <tqp/plugin.h>

#include <memory>
#include <optional>
#include <string>

#include "services/http_call.hpp"

struct tqp_http_body {
  const tqp_host_ctx* host;
  std::shared_ptr<tq::WritableBody> content;
  mutable bool frozen = false;  // appended or sent: others read it now
};

struct tqp_http_call {
  const tqp_host_ctx* host;
  tq::ExchangePtr exchange;
  std::string connect_field;                  // the setting that granted its host
  bool reported = false;                      // by wait()
  std::optional<tq::Result<size_t>> ended{};  // how its reads ended

  // The answer's head; null until wait() has reported it, and when there was none.
  const tq::HttpResponse* answer() const { return reported ? exchange->response() : nullptr; }
};
