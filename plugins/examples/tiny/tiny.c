/* SPDX-License-Identifier: Apache-2.0 */
/* A whole connector: counts a collection's indicators, posts the number when it has changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tqp/manifest.h>

struct tqp_instance {
  tqp_host_ctx* ctx;
  const tqp_log* log;
  const tqp_run* run;
  const tqp_config* config;
  const tqp_state* state;
  const tqp_http* http;
  const tqp_threatq* threatq;
};

static tqp_str str(const char* text) { return (tqp_str){text, strlen(text)}; }

/* Sinks into a text that stays NUL-terminated: as it is, and as the inside of a JSON string. */
struct text {
  char bytes[1024];
  size_t len;
};
static tqp_status put(void* ctx, const void* bytes, size_t n) {
  struct text* text = ctx;
  if (n >= sizeof text->bytes - text->len) return TQP_E_BUG; /* the schema has maxLength */
  memcpy(text->bytes + text->len, bytes, n);
  text->len += n;
  return TQP_OK;
}
static tqp_status quoted(void* ctx, const void* bytes, size_t n) {
  tqp_status status = TQP_OK;
  for (const char* at = bytes; status == TQP_OK && at != (const char*)bytes + n; ++at) {
    if (*at == '"' || *at == '\\') status = put(ctx, "\\", 1);
    if (status == TQP_OK) status = put(ctx, at, 1);
  }
  return status;
}

static tqp_status count_rows(tqp_instance* it, uint64_t* rows, tqp_error* error) {
  struct text spec = {"{\"columns\":[],\"collection\":\"", 28};
  tqp_cursor* cursor = NULL;
  tqp_status status =
      it->config->text(it->ctx, str("/collection"), (tqp_sink){&spec, quoted}, error);
  if (status == TQP_OK) status = put(&spec, "\"}", 2);
  if (status == TQP_OK) status = it->threatq->open(it->ctx, str(spec.bytes), &cursor, error);
  tqp_indicators batch = {.size = sizeof batch};
  while (status == TQP_OK && (status = it->threatq->next(cursor, &batch, error)) == TQP_OK) {
    *rows += batch.count;
    it->run->count(it->ctx, TQP_COUNT_READ, str(""), batch.count);
  }
  it->threatq->close(cursor);
  return status == TQP_END ? TQP_OK : status; /* END: the whole collection was read */
}

static tqp_status post(tqp_instance* it, const char* summary, tqp_error* error) {
  struct text url = {0};
  tqp_http_call* call = NULL;
  size_t ready = 0;
  tqp_status status = it->config->text(it->ctx, str("/summary_url"), (tqp_sink){&url, put}, error);
  tqp_http_request req = {.size = sizeof req, .flags = TQP_HTTP_EFFECT, .method = str("POST")};
  req.url = str(url.bytes);
  req.auth = str("summary"); /* an entry of the manifest: the token stays with the host */
  req.small_body = str(summary);
  if (status == TQP_OK) status = it->http->start(it->ctx, &req, &call, error);
  if (status == TQP_OK) status = it->http->wait(it->ctx, &call, 1, UINT64_MAX, &ready, error);
  const int code = status == TQP_OK ? it->http->status(call) : 0;
  it->http->close(call);
  if (status != TQP_OK || (code >= 200 && code < 300)) return status;
  if (error != NULL) {
    error->http_status = code;
    snprintf(error->field, sizeof error->field, code == 401 ? "/token" : "/summary_url");
    snprintf(error->message, sizeof error->message, "the server of summary_url answered %d", code);
  }
  return code == 401 ? TQP_E_AUTH : code >= 500 ? TQP_E_TRANSIENT : TQP_E_CONFIG;
}

static tqp_status run(tqp_instance* it, tqp_error* error) {
  uint64_t rows = 0;
  struct text last = {0}, now = {0};
  tqp_status status = count_rows(it, &rows, error);
  if (status == TQP_OK)
    status = it->state->get(it->ctx, str("last"), (tqp_sink){&last, put}, error);
  if (status != TQP_OK && status != TQP_END) return status; /* END: nothing posted yet */
  snprintf(now.bytes, sizeof now.bytes, "{\"indicators\":%llu}", (unsigned long long)rows);
  const int same = strcmp(last.bytes, now.bytes) == 0;
  status = same ? TQP_OK : post(it, now.bytes, error);
  if (status != TQP_OK) return status == TQP_SKIPPED ? TQP_OK : status; /* SKIPPED: a dry run */
  it->log->write(it->ctx, TQP_LOG_INFO, str("done"), &(tqp_kv){str("sum"), str(now.bytes)}, 1);
  it->run->count(it->ctx, same ? TQP_COUNT_UNCHANGED : TQP_COUNT_SENT, str(""), 1);
  status = it->state->put(it->ctx, str("last"), str(now.bytes), error);
  return status == TQP_OK ? it->state->commit(it->ctx, error) : status;
}

static tqp_status create(const tqp_host* host, tqp_instance** out, tqp_error* error) {
  (void)error; /* the host has each of these: the manifest requires them */
  if ((*out = calloc(1, sizeof **out)) == NULL) return TQP_E_TRANSIENT;
  (*out)->ctx = host->ctx;
  (*out)->log = host->service(host->ctx, str(TQP_LOG));
  (*out)->run = host->service(host->ctx, str(TQP_RUN));
  (*out)->config = host->service(host->ctx, str(TQP_CONFIG));
  (*out)->state = host->service(host->ctx, str(TQP_STATE));
  (*out)->http = host->service(host->ctx, str(TQP_HTTP));
  (*out)->threatq = host->service(host->ctx, str(TQP_THREATQ));
  return TQP_OK;
}

static const void* facet(tqp_instance* it, tqp_str id) {
  static const tqp_job job = {sizeof job, 0, run};
  (void)it;
  return id.len == strlen(TQP_FACET_JOB) && !memcmp(id.ptr, TQP_FACET_JOB, id.len) ? &job : NULL;
}
static void destroy(tqp_instance* it) { free(it); }

const tqp_plugin* tqp_entry_1(void) {
  static const tqp_plugin plugin = TQP_DESCRIPTOR(create, facet, destroy);
  return &plugin;
}
