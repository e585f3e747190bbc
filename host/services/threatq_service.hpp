// SPDX-License-Identifier: Apache-2.0
// ThreatqService: behind tqp.threatq/1: opens cursors by a JSON spec. Members from the home thread.
#pragma once

#include <tqp/plugin.h>

#include <string>

#include "log/log.hpp"
#include "threatq/client.hpp"

namespace tq {

class ThreatqService {
 public:
  // `link_base`: "https://tq.example/indicators/", to which an id is appended.
  ThreatqService(ThreatqClient& client, std::string link_base, Log& log)
      : client_(client), link_base_(std::move(link_base)), log_(log) {}

  Result<tqp_cursor*> open(std::string_view spec_json);

 private:
  ThreatqClient& client_;
  std::string link_base_;
  Log& log_;
};

}  // namespace tq
