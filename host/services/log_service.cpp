// SPDX-License-Identifier: Apache-2.0
#include "services/log_service.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "services/guard.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

constexpr size_t kFieldsMost = 32;  // of one line
constexpr size_t kKeyBytesMost = 64;

static_assert(static_cast<int32_t>(Level::kDebug) == TQP_LOG_DEBUG);
static_assert(static_cast<int32_t>(Level::kInfo) == TQP_LOG_INFO);
static_assert(static_cast<int32_t>(Level::kWarning) == TQP_LOG_WARNING);
static_assert(static_cast<int32_t>(Level::kError) == TQP_LOG_ERROR);

// Levels that a later header may have count as the nearest one.
Level level_of(int32_t level) {
  return static_cast<Level>(std::clamp<int32_t>(level, TQP_LOG_DEBUG, TQP_LOG_ERROR));
}

// A key stands in front of "=" as it is, so it must not end the line or begin a second pair.
std::string key_of(std::string_view key) {
  std::string out(utf8_cut(key, kKeyBytesMost));
  for (char& c : out)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '=') c = '_';
  return out;
}

int32_t enabled(tqp_host_ctx* ctx, int32_t level) { return ctx->log->enabled(level) ? 1 : 0; }

void write(tqp_host_ctx* ctx, int32_t level, tqp_str text, const tqp_kv* kv, size_t n) {
  const bool whole = kv == nullptr
                         ? n == 0
                         : std::all_of(kv, kv + std::min(n, kFieldsMost), [](const tqp_kv& pair) {
                             return all_given(pair.key, pair.value);
                           });
  if (whole) {
    guarded_texts(
        "log.write", ctx, [&] { ctx->log->write(level, view(text), kv, n); }, text);
  } else {
    null_argument(ctx != nullptr ? ctx : HomeContext::of_thread(), "log.write", nullptr);
  }
}

}  // namespace

bool LogService::enabled(int32_t level) const { return log_.enabled(level_of(level)); }

void LogService::write(int32_t level, std::string_view text, const tqp_kv* kv, size_t n) {
  if (!enabled(level)) return;
  n = std::min(n, kFieldsMost);
  std::vector<std::string> keys;
  std::vector<Field> fields;
  keys.reserve(n);  // fields point into it
  fields.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    keys.push_back(key_of(view(kv[i].key)));
    fields.push_back({keys.back(), std::string(view(kv[i].value))});
  }
  log_.write(level_of(level), Event::kPlugin, text, fields);
}

const tqp_log* log_table() {
  static constexpr tqp_log kTable = {sizeof kTable, 0, &enabled, &write};
  return &kTable;
}

}  // namespace tq
