/* SPDX-License-Identifier: Apache-2.0 */
/* What tqp_add_plugin() puts into a plugin, and the descriptor made of it. The build defines
 * TQP_PLUGIN_ID and TQP_PLUGIN_VERSION (the manifest's own) and TQP_MANIFEST_BYTES (its length). */
#ifndef TQP_MANIFEST_H
#define TQP_MANIFEST_H
#include <tqp/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of the ELF note, not NUL-terminated. */
extern __attribute__((visibility("hidden"))) const char tqp_manifest_json[];

#define TQP_LITERAL(text) \
  { "" text, sizeof(text) - 1 }

/* Initialises a tqp_plugin. */
#define TQP_DESCRIPTOR(create, facet, destroy)                                              \
  {                                                                                         \
    sizeof(tqp_plugin), TQP_ABI_MAJOR, TQP_ABI_MINOR, TQP_LITERAL(TQP_PLUGIN_ID),           \
        TQP_LITERAL(TQP_PLUGIN_VERSION), {tqp_manifest_json, TQP_MANIFEST_BYTES}, (create), \
        (facet), (destroy)                                                                  \
  }

#ifdef __cplusplus
}
#endif
#endif
