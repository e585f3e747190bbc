/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each struct of the contract. Tables cross as `const void *`, so ABI tools that
 * start from the symbols of a library (abidw, abidiff) would see none of them without these. Never
 * installed. */
#include <tqp/plugin.h>

#define ANCHOR(type)                              \
  TQP_EXPORT const type* tqp_anchor_##type(void); \
  const type* tqp_anchor_##type(void) { return NULL; }

ANCHOR(tqp_str)
ANCHOR(tqp_kv)
ANCHOR(tqp_sink)
ANCHOR(tqp_text_column)
ANCHOR(tqp_error)
ANCHOR(tqp_host)
ANCHOR(tqp_log)
ANCHOR(tqp_run_info)
ANCHOR(tqp_run)
ANCHOR(tqp_config)
ANCHOR(tqp_state)
ANCHOR(tqp_http_request)
ANCHOR(tqp_http)
ANCHOR(tqp_indicators)
ANCHOR(tqp_threatq)
ANCHOR(tqp_metric_spec)
ANCHOR(tqp_metrics)
ANCHOR(tqp_job)
ANCHOR(tqp_listener)
ANCHOR(tqp_check)
ANCHOR(tqp_explain_query)
ANCHOR(tqp_explain)
ANCHOR(tqp_purge)
ANCHOR(tqp_findings)
ANCHOR(tqp_verify)
ANCHOR(tqp_plugin)
