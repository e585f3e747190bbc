// SPDX-License-Identifier: Apache-2.0
// A manifest that was taken is whole: written out and read again it is taken again.
#include <cstdlib>

#include "load/auth_template.hpp"
#include "load/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(tq::parse_auth_template(text));
  const auto manifest = tq::parse_manifest(text);
  if (!manifest) return manifest.error().message.empty() ? std::abort(), 0 : 0;
  const auto again = tq::parse_manifest(tq::dump_json(manifest->json));
  if (!again || again->id != manifest->id || again->auth.size() != manifest->auth.size())
    std::abort();
  static_cast<void>(tq::check_against_schema(*manifest, manifest->json));
  return 0;
}
