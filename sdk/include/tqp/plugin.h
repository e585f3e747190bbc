/* SPDX-License-Identifier: Apache-2.0 */
/* The contract between the host and a plugin: C11 and C++17, nothing else is needed to write one.
 *
 *  1. A plugin exports one function, tqp_entry_1, and calls nothing by name: what it needs it asks
 *     of the host by service id, what it offers the host asks of it by facet id.
 *  2. Marks: [home] only on the thread that called create, [any] also on threads of the plugin's
 *     own, [pure] no I/O, no threads, no globals. The host never calls an instance on two threads.
 *  3. What a pointer argument names is borrowed for the call. Text that a call returns lives as its
 *     comment says. Longer output goes to a sink. Nobody frees what the other side made.
 *  4. Handles: close accepts null; once only. What is open at destroy is closed and reported.
 *  5. A tqp_status says what the host does next, tqp_error says it to people. Every call that can
 *     fail may also return CANCELLED (stop asked), E_TRANSIENT (lost its worker) or E_BUG.
 *  6. No exception, panic, exit or longjmp crosses.
 *  7. Structs begin with `size`, set by the side that allocates; members are only ever added at the
 *     end; unknown flag bits are zero or E_UNSUPPORTED. tqp_str, tqp_kv, tqp_sink and
 *     tqp_text_column are frozen for ever.
 *  8. Times: `_ms` in a name means milliseconds; wall times count from 1970-01-01 UTC.
 *
 * Draft until 1.0 is tagged; one file until then, so that it is read and compared as a whole. */
#ifndef TQP_PLUGIN_H
#define TQP_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define TQP_ABI_MAJOR 1u
#define TQP_ABI_MINOR 0u
#define TQP_EXPORT __attribute__((visibility("default")))
/* The other side's struct reaches this member (any kind) / and fills it (functions, pointers). */
#define TQP_REACHES(t, m) \
  ((t) != NULL && (t)->size >= offsetof(__typeof__(*(t)), m) + sizeof((t)->m))
#define TQP_HAS(t, fn) (TQP_REACHES(t, fn) && (t)->fn != NULL)

/* ---- small types ---- */

typedef struct tqp_str { /* UTF-8, no NUL at the end; ptr may be null when len is 0 */
  const char* ptr;
  size_t len;
} tqp_str;

typedef struct tqp_kv {
  tqp_str key, value;
} tqp_kv;

typedef int32_t tqp_status; /* unlisted values: 5..15 as E_BUG, 16..63 a failure without retry */
enum {
  TQP_OK = 0,
  TQP_CANCELLED = 1,      /* stop was asked for: end soon; not a failure                   */
  TQP_END = 2,            /* nothing more, or no such thing                                */
  TQP_AGAIN = 3,          /* time over or window full: make the same call again            */
  TQP_SKIPPED = 4,        /* dry run or check: the effect was listed, not done             */
  TQP_E_CONFIG = 16,      /* a person must act: no retry; error.field names the setting    */
  TQP_E_AUTH = 17,        /* credentials refused: no retry; error.field names the setting  */
  TQP_E_TRANSIENT = 18,   /* the host tries again later                                    */
  TQP_E_LIMITED = 19,     /* the host tries again after error.retry_after_ms               */
  TQP_E_DATA = 20,        /* this item only: it becomes a dead letter, the work goes on    */
  TQP_E_UNSUPPORTED = 21, /* this version cannot do that: no retry                         */
  TQP_E_DENIED = 22,      /* the manifest grants no such thing; the message names what     */
  TQP_E_BUG = 31          /* the contract was broken: the worker is replaced               */
};

/* Takes output in as many pieces as the caller likes; what put returns, the call returns. */
typedef struct tqp_sink {
  void* ctx;
  tqp_status (*put)(void* ctx, const void* bytes, size_t n);
} tqp_sink;

/* Row i is bytes[off[i]] up to bytes[off[i + 1]]; n rows have n + 1 offsets, which never fall. */
typedef struct tqp_text_column {
  const uint32_t* off;
  const char* bytes;
} tqp_text_column;

/* The caller allocates, zeroes and sets size; the callee fills it when it fails. A null pointer to
 * it is always allowed. Texts say what failed, on what, why, and what to do; never a secret. */
typedef struct tqp_error {
  uint32_t size;
  int32_t http_status;     /* the remote's answer, or 0 */
  uint64_t retry_after_ms; /* with E_LIMITED */
  char field[128];         /* JSON pointer into the configuration, or "" */
  char message[512];       /* NUL-terminated, cut at a character's boundary */
} tqp_error;

typedef struct tqp_instance tqp_instance; /* the plugin's own */
typedef struct tqp_host_ctx tqp_host_ctx; /* the host's own   */

/* What create receives; valid, as all tables from it, until destroy returns. */
typedef struct tqp_host {
  uint32_t size;
  uint16_t abi_major, abi_minor;
  tqp_str name, version;
  tqp_host_ctx* ctx; /* first argument of what a service does */
  /* The table of "tqp.http/1", or null when the host has no such service. [any] */
  const void* (*service)(tqp_host_ctx*, tqp_str id);
} tqp_host;

/* ---- tqp.log/1: the instance's log ---- */
#define TQP_LOG "tqp.log/1"
enum { TQP_LOG_DEBUG = 1, TQP_LOG_INFO = 2, TQP_LOG_WARNING = 3, TQP_LOG_ERROR = 4 };
typedef struct tqp_log {
  uint32_t size, reserved;
  /* 1 when a line of this level would be kept, else 0. [any] */
  int32_t (*enabled)(tqp_host_ctx*, int32_t level);
  /* One line with n key-values (null when n is 0). The host blanks secrets it knows. [any] */
  void (*write)(tqp_host_ctx*, int32_t level, tqp_str text, const tqp_kv* kv, size_t n);
} tqp_log;

/* ---- tqp.run/1: what this run is; the only clock and the only randomness ---- */
#define TQP_RUN "tqp.run/1"
/* tqp_run_info.flags */
enum {
  TQP_RUN_DRY = 1,       /* effects answer SKIPPED, commit rolls back */
  TQP_RUN_FULL = 2,      /* treat everything as changed */
  TQP_RUN_NO_RECORD = 4, /* send, but commit rolls back */
  TQP_RUN_CHECK = 8,     /* only check or explain is called; effects as in a dry run */
  TQP_RUN_ADOPT = 16,    /* the operator agrees to take over what others made at the remote */
  /* What stands at the remote may differ from the state (a run that recorded nothing, an imported
   * or restored state): look before you believe it. Until a recording job returned OK, or a
   * listener committed. */
  TQP_RUN_RELEARN = 32,
  /* Of a verification: what differs is to be marked in the state, and committed, so that the next
   * run writes it again. Effects answer SKIPPED all the same. */
  TQP_RUN_REPAIR = 64
};
/* what, in count */
enum {
  TQP_COUNT_READ = 1,
  TQP_COUNT_SENT = 2,
  TQP_COUNT_UNCHANGED = 3,
  TQP_COUNT_SKIPPED = 4,
  TQP_COUNT_DELETED = 5
};
typedef struct tqp_run_info {
  uint32_t size, flags;
  int64_t started_ms, historical_ms; /* wall times; historical: INT64_MIN when not asked for */
  tqp_str instance, run_id;          /* until destroy */
} tqp_run_info;
typedef struct tqp_run {
  uint32_t size, reserved;
  /* Valid until the facet call returns; never null. [any] */
  const tqp_run_info* (*info)(tqp_host_ctx*);
  /* 1 when the run should end: one load, so ask once a batch. [any] */
  int32_t (*cancelled)(tqp_host_ctx*);
  /* For people; total 0 = unknown. The host throttles it and ends it with the run. [any] */
  void (*progress)(tqp_host_ctx*, uint64_t done, uint64_t total, tqp_str text);
  int64_t (*now_ms)(tqp_host_ctx*);   /* wall time [any] */
  uint64_t (*mono_ms)(tqp_host_ctx*); /* never jumps, no meaning across processes [any] */
  /* Fills n bytes, good enough for keys. [any] */
  tqp_status (*random)(tqp_host_ctx*, void* out, size_t n);
  /* OK after that time, CANCELLED at once on stop. [any] */
  tqp_status (*sleep_ms)(tqp_host_ctx*, uint64_t ms);
  /* "I listen now": for listeners; others need not call it. [home] */
  void (*ready)(tqp_host_ctx*);
  /* Adds n to a counter of status and metrics. reason: short, of a fixed set, or empty. [any] */
  void (*count)(tqp_host_ctx*, int32_t what, tqp_str reason, uint64_t n);
  /* Records a dead letter: this item was refused, for that reason; the run goes on. The same item
   * refused again is the same letter. [any] */
  void (*reject)(tqp_host_ctx*, tqp_str type, tqp_str value, tqp_str reason);
  /* The next dead letter that a person wants offered again; END after the last. It is one no more
   * with the commit that follows, unless the item is rejected again. Texts: until destroy. [home]
   */
  tqp_status (*next_retry)(tqp_host_ctx*, tqp_str* type, tqp_str* value, tqp_error*);
  /* This item was taken by the remote: it is no dead letter any more with the commit that follows,
   * unless it is rejected after that. Costs nothing where there is no letter. Dry, check and
   * no-record runs: nothing happens. [any] */
  void (*accept)(tqp_host_ctx*, tqp_str type, tqp_str value);
} tqp_run;

/* ---- tqp.config/1: the instance's settings ---- */

/* Valid by the plugin's schema, defaults applied. `pointer` is a JSON pointer ("/report_tags/0").
 * END: not set and without default (the output is untouched); E_DENIED: a secret, which only auth
 * entries may use; E_BUG: no such setting in the schema, or one of another type. */
#define TQP_CONFIG "tqp.config/1"
typedef struct tqp_config { /* all [home] */
  uint32_t size, reserved;
  tqp_status (*text)(tqp_host_ctx*, tqp_str pointer, tqp_sink out, tqp_error*);
  tqp_status (*integer)(tqp_host_ctx*, tqp_str pointer, int64_t* out, tqp_error*);
  tqp_status (*boolean)(tqp_host_ctx*, tqp_str pointer, int32_t* out, tqp_error*); /* 0 or 1 */
  /* Number of elements of a list, or of members of an object. */
  tqp_status (*count)(tqp_host_ctx*, tqp_str pointer, uint32_t* out, tqp_error*);
  /* Name of member `index` of an object, unescaped; END at index >= count. */
  tqp_status (*key)(tqp_host_ctx*, tqp_str pointer, uint32_t index, tqp_sink out, tqp_error*);
} tqp_config;

/* ---- tqp.state/1: what the instance remembers ---- */

/* Keys and values are bytes; a key has at least one. One transaction is open at any time: it begins
 * with the first put or erase and ends with commit, with rollback, or with the facet call, which
 * rolls back. */
#define TQP_STATE "tqp.state/1"
typedef struct tqp_scan tqp_scan;
typedef struct tqp_state { /* all [home] */
  uint32_t size, reserved;
  /* END when absent; sees the transaction's own puts and erases, as scan does. */
  tqp_status (*get)(tqp_host_ctx*, tqp_str key, tqp_sink out, tqp_error*);
  tqp_status (*put)(tqp_host_ctx*, tqp_str key, tqp_str value, tqp_error*);
  tqp_status (*erase)(tqp_host_ctx*, tqp_str key, tqp_error*); /* OK when absent */
  /* The keys that begin with prefix (empty: all), ascending by bytes. What is put or erased while a
   * scan is open may or may not show in it. */
  tqp_status (*scan)(tqp_host_ctx*, tqp_str prefix, tqp_scan** out, tqp_error*);
  /* END after the last. The texts live until the next call on this scan. */
  tqp_status (*scan_next)(tqp_scan*, tqp_str* key, tqp_str* value, tqp_error*);
  void (*scan_close)(tqp_scan*);
  /* The only commit point: all puts and erases become durable together. When it fails, nothing
   * moved and the transaction is rolled back. Dry, check and no-record runs: rolls back, OK. */
  tqp_status (*commit)(tqp_host_ctx*, tqp_error*);
  void (*rollback)(tqp_host_ctx*);
} tqp_state;

/* ---- tqp.http/1: requests ---- */

/* Proxy, TLS, credentials, retry, Retry-After, rate, redirects and decompression are the host's.
 * It sends a request again by this table, at most four times, and nothing else again:
 *
 *                             GET, HEAD   IDEMPOTENT   other EFFECT     NO_RETRY
 *                             no EFFECT                (also of GET)
 *   nothing was sent          again       again        again            E_TRANSIENT
 *   429                       again       again        again            the answer
 *   502, 503, 504             again       again        the answer       the answer
 *   broken off after that     again       again        E_TRANSIENT      E_TRANSIENT
 *
 * An answer 502 to 504, and the E_TRANSIENT of the last row, leave open whether it was done: look
 * before you send it again. After a 429, and after 502 to 504 with Retry-After, the host waits as
 * it was asked, 15 minutes at most. */
#define TQP_HTTP "tqp.http/1"
/* tqp_http_request.flags */
enum {
  TQP_HTTP_EFFECT = 1,     /* changes something at the remote; required unless GET or HEAD */
  TQP_HTTP_IDEMPOTENT = 2, /* an effect of which twice is as good as once */
  TQP_HTTP_NO_RETRY = 4,   /* the host makes one attempt only */
  /* An answer that redirects is yours. Else the host follows up to five (a GET or HEAD, and after
   * 307 and 308 what is IDEMPOTENT), takes credentials to no other host, and sends the cookies that
   * an answer on the way sets back to the host that set them, until that request is over. */
  TQP_HTTP_NO_REDIRECT = 8
};
/* In memory up to a bound, then an unlinked file: the length is known, a retry sends it again. */
typedef struct tqp_http_body tqp_http_body;
typedef struct tqp_http_call tqp_http_call;
typedef struct tqp_http_request { /* start copies what it needs */
  uint32_t size, flags;
  tqp_str method, url;   /* url: absolute, its host granted by `connect` */
  tqp_str auth;          /* an entry of the manifest, or empty; nothing else is ever expanded */
  const tqp_kv* headers; /* null when header_count is 0 */
  size_t header_count;
  tqp_str small_body;  /* sent when body is null; empty: no body */
  tqp_http_body* body; /* may be closed after start, is not written to any more */
  uint64_t timeout_ms, max_response_bytes; /* 0: the host's defaults */
} tqp_http_request;
typedef struct tqp_http { /* all [home] */
  uint32_t size, reserved;
  tqp_status (*body_open)(tqp_host_ctx*, tqp_http_body** out, tqp_error*);
  tqp_status (*body_write)(tqp_http_body*, const void* bytes, size_t n, tqp_error*);
  /* Appends the whole content of `from`, by reference where the host can, so that many documents
   * become one without being written twice. `from` is not written to any more, may be closed, and
   * may be appended again elsewhere. E_BUG: onto itself. */
  tqp_status (*body_append)(tqp_http_body* to, const tqp_http_body* from, tqp_error*);
  uint64_t (*body_size)(const tqp_http_body*);
  void (*body_close)(tqp_http_body*);
  /* Begins a request and returns; several may be in flight. *out is null after SKIPPED (an effect
   * in a dry run or check), E_DENIED (host not granted), E_BUG (no such auth entry; no EFFECT
   * flag). */
  tqp_status (*start)(tqp_host_ctx*, const tqp_http_request*, tqp_http_call** out, tqp_error*);
  /* Waits up to wait_ms (0: only looks; UINT64_MAX: until one is done) for any of n >= 1 calls.
   * OK: the head of calls[*ready] has arrived, whatever its status code; it is reported again while
   * it is in the list. AGAIN: time over. A failure with *ready < n is that call's own, after all
   * retries: it was not answered. A failure with *ready = n is the wait's (CANCELLED, E_BUG). */
  tqp_status (*wait)(tqp_host_ctx*, tqp_http_call* const* calls, size_t n, uint64_t wait_ms,
                     size_t* ready, tqp_error*);
  int32_t (*status)(const tqp_http_call*); /* 200, ...; 0: not answered */
  /* Any letter case; several of one name joined by ", "; null ptr when absent. Until close. */
  tqp_str (*header)(const tqp_http_call*, tqp_str name);
  /* OK with 1..cap bytes in *got, END after the last. A body that was cut is E_TRANSIENT, never
   * END; one longer than max_response_bytes is E_DATA. */
  tqp_status (*read)(tqp_http_call*, void* buf, size_t cap, size_t* got, tqp_error*);
  void (*close)(tqp_http_call*); /* at any time: gives the request up */
  /* One of several headers of a name (Set-Cookie), in the order they came, from 0; null ptr when
   * there are not so many. Until close. */
  tqp_str (*header_at)(const tqp_http_call*, tqp_str name, uint32_t index);
} tqp_http;

/* ---- tqp.threatq/1: reading data collections in batches of columns ---- */

#define TQP_THREATQ "tqp.threatq/1"
typedef struct tqp_cursor tqp_cursor;
/* which, in dictionary */
enum {
  TQP_DICT_TYPE = 1,
  TQP_DICT_STATUS = 2,
  TQP_DICT_ATTRIBUTE = 3,
  TQP_DICT_TAG = 4,
  TQP_DICT_SOURCE = 5
};
/* Borrowed until the next call on the cursor. A column that was not asked for is null. */
typedef struct tqp_indicators {
  uint32_t size, count;          /* the plugin sets size */
  const uint64_t* id;            /* always there */
  const uint16_t *type, *status; /* indexes into the cursor's dictionaries */
  const int16_t* score;          /* 0..10, -1: none */
  const int64_t* updated_ms;     /* INT64_MIN: none */
  tqp_text_column value;
  tqp_text_column raw; /* the server's own JSON object, without change */
} tqp_indicators;
typedef struct tqp_threatq { /* all [home] */
  uint32_t size, reserved;
  /* spec, JSON: {"collection": name, "columns": ["value", "type", "status", "score", "updated_ms",
   * "raw"], "since": updated at or after this wall time in ms (optional), "value": only indicators
   * of exactly this value (optional)}. An unknown member or column is E_UNSUPPORTED, by name; a
   * collection that does not exist or is not shared, E_CONFIG. */
  tqp_status (*open)(tqp_host_ctx*, tqp_str spec, tqp_cursor** out, tqp_error*);
  /* OK: count >= 1 rows, ascending by id, each id once in a whole read. END only after the whole
   * collection was read; a read that breaks off is an error, never END. */
  tqp_status (*next)(tqp_cursor*, tqp_indicators* batch, tqp_error*);
  /* The text of an index; until close. Null ptr: no such index. */
  tqp_str (*dictionary)(tqp_cursor*, uint32_t which, uint32_t index);
  /* JSON: {"collection": name, "id": saved search's id, "total": rows or null when not known,
   * "link_base": "https://tq.example/indicators/", to which an id is appended}. Reads the
   * first rows if none were read, since they tell the total; nothing is read ahead before next. */
  tqp_status (*describe)(tqp_cursor*, tqp_sink json, tqp_error*);
  void (*close)(tqp_cursor*);
} tqp_threatq;

/* ---- tqp.metrics/1: the plugin's own figures, beside the host's ---- */
#define TQP_METRICS "tqp.metrics/1"
typedef struct tqp_metric tqp_metric; /* one series; lives until destroy, is never closed */
/* tqp_metric_spec.kind */
enum { TQP_METRIC_COUNTER = 1, TQP_METRIC_GAUGE = 2, TQP_METRIC_HISTOGRAM = 3 };
typedef struct tqp_metric_spec { /* create copies what it needs */
  uint32_t size;
  int32_t kind;
  tqp_str name, help;   /* name: [a-zA-Z_][a-zA-Z0-9_]*, not tqhost_...; help: for people */
  const tqp_kv* labels; /* keys likewise, but not __..., le, instance, plugin; null when none */
  size_t label_count;
  const double* bounds; /* of a histogram: upper bounds of its buckets, ascending; else null */
  size_t bound_count;   /* what is above the last is counted, too */
} tqp_metric_spec;
typedef struct tqp_metrics {
  uint32_t size, reserved;
  /* The same name and labels again are the same series. Counters and histograms go on where the
   * last run left them. E_LIMITED: more than 200 series of an instance, 10 labels or 64 bounds;
   * E_BUG: a rule above is broken, or the name has another kind, help or bounds. [home] */
  tqp_status (*create)(tqp_host_ctx*, const tqp_metric_spec*, tqp_metric** out, tqp_error*);
  /* A null metric is allowed and does nothing. What is not a finite number, or not for the metric's
   * kind, is left out and told in the log. All [any]. */
  void (*add)(tqp_metric*, double n);         /* to a counter, n >= 0; to a gauge */
  void (*set)(tqp_metric*, double value);     /* a gauge */
  void (*observe)(tqp_metric*, double value); /* into a histogram */
} tqp_metrics;

/* ---- what the plugin gives ---- */
#define TQP_FACET_JOB "tqp.job/1" /* the work of one run; returns when it is done */
typedef struct tqp_job {
  uint32_t size, reserved;
  tqp_status (*run)(tqp_instance*, tqp_error*); /* [home] */
} tqp_job;

/* Listens for as long as the host lives. Blocks in serve and waits only in calls of the host, which
 * answer CANCELLED when it is to stop; put, commit and the like go on working meanwhile. Calls
 * run.ready when it listens. To return without having been cancelled is a failure. */
#define TQP_FACET_LISTENER "tqp.listener/1"
typedef struct tqp_listener {
  uint32_t size, reserved;
  tqp_status (*serve)(tqp_instance*, tqp_error*); /* [home] */
} tqp_listener;

#define TQP_FACET_CHECK "tqp.check/1" /* tests every connection, writes nothing anywhere */
typedef struct tqp_check {
  uint32_t size, reserved;
  tqp_status (*run)(tqp_instance*, tqp_error*); /* [home] */
} tqp_check;

/* What this plugin does with one indicator, by which rule, and what it did: text for people, in
 * lines, which are shown also when it fails after them. The state is as last committed, effects
 * answer SKIPPED, a commit rolls back. */
#define TQP_FACET_EXPLAIN "tqp.explain/1"
typedef struct tqp_explain_query {
  uint32_t size, reserved;
  uint64_t id;         /* the indicator's in ThreatQ; 0: unknown */
  tqp_str type, value; /* type may be empty: unknown */
} tqp_explain_query;
typedef struct tqp_explain {
  uint32_t size, reserved;
  tqp_status (*explain)(tqp_instance*, const tqp_explain_query*, tqp_sink text,
                        tqp_error*); /* [home] */
} tqp_explain;

/* Deletes at the remote what this instance made there, then forgets it. Twice is as good as once;
 * what cannot be deleted is an error that says what still stands. */
#define TQP_FACET_PURGE "tqp.purge/1"
typedef struct tqp_purge {
  uint32_t size, reserved;
  tqp_status (*run)(tqp_instance*, tqp_error*); /* [home] */
} tqp_purge;

/* Compares what stands at the remote with what the state says should stand there, and tells each
 * finding. Changes nothing at the remote; a commit rolls back unless the run has TQP_RUN_REPAIR. OK
 * also when something differs; a failure means that it could not be compared. */
#define TQP_FACET_VERIFY "tqp.verify/1"
/* how, in found */
enum {
  TQP_FOUND_SAME = 1,      /* stands as the state says */
  TQP_FOUND_MISSING = 2,   /* should stand and does not */
  TQP_FOUND_DIFFERENT = 3, /* stands otherwise than the state says */
  TQP_FOUND_FOREIGN = 4    /* stands among them and is none of this instance's */
};
typedef struct tqp_findings { /* the host's, for the time of the call */
  uint32_t size, reserved;
  void* ctx; /* first argument */
  /* n items of one kind ("report"). The host counts all and lists the first ones that differ by
   * value and detail, both for people; value may be empty when n is not 1. [home] */
  void (*found)(void* ctx, int32_t how, uint64_t n, tqp_str type, tqp_str value, tqp_str detail);
} tqp_findings;
typedef struct tqp_verify {
  uint32_t size, reserved;
  tqp_status (*run)(tqp_instance*, const tqp_findings*, tqp_error*); /* [home] */
} tqp_verify;

typedef struct tqp_plugin {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* what it was built against */
  tqp_str id, version;           /* as in the manifest */
  tqp_str manifest;              /* the manifest's JSON: the bytes of the ELF note, one copy */
  /* OK and *out, or a failure, after which nothing of this instance is called. [home] */
  tqp_status (*create)(const tqp_host*, tqp_instance** out, tqp_error*);
  const void* (*facet)(tqp_instance*, tqp_str id); /* a static table, or null [home] */
  void (*destroy)(tqp_instance*);                  /* null is allowed [home] */
} tqp_plugin;

/* The one exported symbol: a static descriptor, never null. The major is in its name, so one file
 * can export two majors. [pure] */
TQP_EXPORT const tqp_plugin* tqp_entry_1(void);

#ifdef __cplusplus
}
#endif
#endif
