/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin whose table lacks what LACKS_... says. */
#include <stdlib.h>
#include <tqp/manifest.h>

static tqp_status create(const tqp_host* host, tqp_instance** out, tqp_error* error) {
  (void)host, (void)out, (void)error;
  return TQP_E_BUG;
}
static const void* facet(tqp_instance* it, tqp_str id) {
  (void)it, (void)id;
  return NULL;
}
static void destroy(tqp_instance* it) { free(it); }

const tqp_plugin* tqp_entry_1(void) {
  static tqp_plugin plugin = TQP_DESCRIPTOR(create, facet, destroy);
#ifdef LACKS_DESTROY
  plugin.destroy = NULL;
#else
  plugin.create = NULL;
  plugin.facet = NULL;
#endif
  return &plugin;
}
