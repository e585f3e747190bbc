// SPDX-License-Identifier: Apache-2.0
// ThreatqService: behind tqp.threatq/1: opens cursors by a JSON spec and owns them until they are
// closed. Members from the home thread.
#pragma once

#include <tqp/plugin.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "services/handles.hpp"
#include "threatq/client.hpp"

// What a plugin's cursor points to.
struct tqp_cursor {
  const tqp_host_ctx* host;
  uint32_t columns;  // asked for; bits of tq::Columns
  std::unique_ptr<tq::IndicatorCursor> rows;
  std::optional<tq::Error> ended{};  // how the read ended; kEnd: whole
};

namespace tq {

class ThreatqService {
 public:
  // `link_base`: "https://tq.example/indicators/", to which an id is appended.
  ThreatqService(ThreatqClient& client, std::string link_base)
      : client_(client), link_base_(std::move(link_base)) {}

  Result<tqp_cursor*> open(std::string_view spec_json);
  // Null: END. The rows live until the next call on the cursor. What ended a read ends it for good.
  Result<const IndicatorBatch*> next(tqp_cursor& cursor);
  Json describe(const tqp_cursor& cursor) const;
  void close(tqp_cursor& cursor) { cursors_.close(&cursor); }

  bool is_open(const tqp_cursor* cursor) const { return cursors_.has(cursor); }
  size_t open_handles() const { return cursors_.size(); }  // cursors that were not closed

 private:
  ThreatqClient& client_;
  std::string link_base_;
  Handles<tqp_cursor> cursors_;
};

}  // namespace tq
