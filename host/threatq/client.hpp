// SPDX-License-Identifier: Apache-2.0
// ThreatqClient: reads data collections from one ThreatQ and reaches its records of connectors
// (docs/threatq.md has the calls and where each fact comes from). Logs in with the grants it has,
// renews early, and logs in once more on a 401. Used from one thread; a cursor reads ahead on
// threads of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "net/http.hpp"
#include "threatq/connector.hpp"

namespace tq {

struct ThreatqOptions {
  Origin origin;
  std::string client_id, username;
  Secret password;
  std::string oauth_id;  // a private OAuth pair is preferred when both are set
  Secret oauth_secret;
  uint32_t page_rows = 1000;    // halved when the server refuses or fails a page
  uint32_t prefetch_pages = 2;  // pages ready ahead of the reader; the text of one more may wait
};

// What is read besides the ids; bits.
enum Columns : uint32_t {
  kColumnValue = 1,
  kColumnType = 2,
  kColumnStatus = 4,
  kColumnScore = 8,
  kColumnUpdated = 16,
  kColumnRaw = 32,
};

struct ReadSpec {
  std::string collection;  // its exact name
  uint32_t columns = 0;
  std::optional<int64_t> since_ms{};   // only what was updated at or after this wall time
  std::optional<std::string> value{};  // only indicators of exactly this value
};

// Row i of a text column is bytes[off[i]] up to bytes[off[i + 1]].
struct TextColumn {
  std::vector<uint32_t> off{0};
  std::string bytes;
};

// Columns that were not asked for stay empty. Same meaning and marks for "none" as tqp_indicators
// in the plugin ABI.
struct IndicatorBatch {
  std::vector<uint64_t> id;
  std::vector<uint16_t> type, status;  // indexes into the cursor's dictionaries
  std::vector<int16_t> score;
  std::vector<int64_t> updated_ms;
  TextColumn value, raw;

  size_t rows() const { return id.size(); }
};

struct CollectionInfo {
  std::string name;
  std::string id;                 // of the saved search
  std::optional<uint64_t> total;  // rows, when the server said so
};

// Rows ascend by id, each id once; the end is reported only after the whole collection was read.
class IndicatorCursor {
 public:
  virtual ~IndicatorCursor() = default;

  // The next rows, at least one, valid until the next call; null at the end.
  virtual Result<const IndicatorBatch*> next() = 0;
  // Reads the first page if none was read, which tells the total; nothing is read ahead before the
  // first next(). A failure is next()'s to report.
  virtual const CollectionInfo& info() = 0;
  // Names behind the indexes of `type` and `status`; null: no such index. Views live as long as the
  // cursor.
  virtual const std::string* type_name(uint32_t index) const = 0;
  virtual const std::string* status_name(uint32_t index) const = 0;
};

class ThreatqClient {
 public:
  // Sends nothing yet. `http` verifies ThreatQ's certificate by ThreatQ's own CA setting. All
  // references outlive the client and its cursors.
  static std::unique_ptr<ThreatqClient> create(ThreatqOptions options, HttpClient& http,
                                               World& world, Log& log, const Cancel& cancel);
  virtual ~ThreatqClient() = default;

  // Logs in unless a token is still good. E_AUTH: refused.
  virtual Result<void> log_in() = 0;

  // E_CONFIG: there is no such collection for this user. No row is asked for yet.
  virtual Result<std::unique_ptr<IndicatorCursor>> open(const ReadSpec& spec) = 0;

  // Names of the statuses that indicators may have.
  virtual Result<std::vector<std::string>> statuses() = 0;

  // The proxy that is set in ThreatQ's UI, for the internet side, as a URL that may hold user and
  // password; empty: none is set.
  virtual Result<std::string> ui_proxy() = 0;

  // Records of connectors, over this client's log-in. The client outlives it.
  virtual std::unique_ptr<Connector> connector() = 0;
};

}  // namespace tq
