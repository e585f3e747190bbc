/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled in every language that the contract promises; as C++ through header.cpp. */
#include <tqp/plugin.h>

static int can_wait(const tqp_http* http) { return TQP_HAS(http, wait) && TQP_REACHES(http, size); }

int main(void) {
  tqp_indicators batch;
  batch.size = 8; /* of a version before the columns */
  return can_wait(NULL) || TQP_REACHES(&batch, id) || !TQP_REACHES(&batch, count);
}
