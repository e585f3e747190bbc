// SPDX-License-Identifier: Apache-2.0
// tqp.threatq/1 on top of ThreatqService.
#include <cstring>

#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/threatq_service.hpp"

namespace tq {
namespace {

bool is_open(const tqp_host_ctx& ctx, const tqp_cursor* cursor) {
  return ctx.threatq != nullptr && ctx.threatq->is_open(cursor);
}

tqp_status open(tqp_host_ctx* ctx, tqp_str spec, tqp_cursor** out, tqp_error* error) {
  if (out != nullptr) *out = nullptr;
  return guarded_home("threatq.open", ctx, error, [&]() -> tqp_status {
    if (!all_given(spec, out)) return null_argument(ctx, "threatq.open", error);
    Result<tqp_cursor*> cursor = ctx->threatq->open(view(spec));
    if (!cursor) return report(ctx, cursor.error(), error);
    (*cursor)->host = ctx;
    *out = *cursor;
    return TQP_OK;
  });
}

// Nothing of an earlier batch is left, nor of members that only the plugin knows.
void clear(tqp_indicators* batch) {
  const uint32_t size = batch->size;
  std::memset(batch, 0, size);
  batch->size = size;
}

template <typename T>
const T* column(const tqp_cursor& cursor, uint32_t bit, const std::vector<T>& values) {
  return (cursor.columns & bit) != 0 ? values.data() : nullptr;
}

tqp_text_column column(const tqp_cursor& cursor, uint32_t bit, const TextColumn& text) {
  if ((cursor.columns & bit) == 0) return {nullptr, nullptr};
  return {text.off.data(), text.bytes.data()};
}

void fill(const tqp_cursor& cursor, const IndicatorBatch& rows, tqp_indicators* batch) {
  batch->count = static_cast<uint32_t>(rows.rows());
  batch->id = rows.id.data();
  if (TQP_REACHES(batch, type)) batch->type = column(cursor, kColumnType, rows.type);
  if (TQP_REACHES(batch, status)) batch->status = column(cursor, kColumnStatus, rows.status);
  if (TQP_REACHES(batch, score)) batch->score = column(cursor, kColumnScore, rows.score);
  if (TQP_REACHES(batch, updated_ms))
    batch->updated_ms = column(cursor, kColumnUpdated, rows.updated_ms);
  if (TQP_REACHES(batch, value)) batch->value = column(cursor, kColumnValue, rows.value);
  if (TQP_REACHES(batch, raw)) batch->raw = column(cursor, kColumnRaw, rows.raw);
}

tqp_status next(tqp_cursor* cursor, tqp_indicators* batch, tqp_error* error) {
  const auto open = [cursor](const tqp_host_ctx& ctx) { return is_open(ctx, cursor); };
  return guarded_handle("threatq.next", cursor, error, open, [&]() -> tqp_status {
    if (!TQP_REACHES(batch, id))
      return fail_bug(cursor->host, "threatq.next", "the batch is null or its size is not set",
                      error);
    clear(batch);
    const Result<const IndicatorBatch*> rows = cursor->host->threatq->next(*cursor);
    if (!rows) return report(cursor->host, rows.error(), error);
    if (*rows == nullptr) return TQP_END;
    fill(*cursor, **rows, batch);
    return TQP_OK;
  });
}

// For what answers no status: null and calls from other threads do nothing.
template <typename Call>
void guarded_cursor(const char* function, tqp_cursor* cursor, Call&& call) {
  guarded_void_handle(
      function, cursor, [cursor](const tqp_host_ctx& ctx) { return is_open(ctx, cursor); }, call);
}

tqp_str dictionary(tqp_cursor* cursor, uint32_t which, uint32_t index) {
  tqp_str text{nullptr, 0};
  guarded_cursor("threatq.dictionary", cursor, [&] {
    const std::string* name = nullptr;
    if (which == TQP_DICT_TYPE) name = cursor->rows->type_name(index);
    if (which == TQP_DICT_STATUS) name = cursor->rows->status_name(index);
    if (name != nullptr) text = borrow(*name);
  });
  return text;
}

tqp_status describe(tqp_cursor* cursor, tqp_sink out, tqp_error* error) {
  const auto open = [cursor](const tqp_host_ctx& ctx) { return is_open(ctx, cursor); };
  return guarded_handle("threatq.describe", cursor, error, open, [&]() -> tqp_status {
    if (!given(out)) return null_argument(cursor->host, "threatq.describe", error);
    const std::string json = dump_json(cursor->host->threatq->describe(*cursor));
    return out.put(out.ctx, json.data(), json.size());
  });
}

void close(tqp_cursor* cursor) {
  guarded_cursor("threatq.close", cursor, [&] { cursor->host->threatq->close(*cursor); });
}

}  // namespace

const tqp_threatq* threatq_table() {
  static constexpr tqp_threatq kTable = {sizeof kTable, 0,         &open, &next,
                                         &dictionary,   &describe, &close};
  return &kTable;
}

}  // namespace tq
