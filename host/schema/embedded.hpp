// SPDX-License-Identifier: Apache-2.0
// The schemas that are compiled in; the build makes the texts from schemas/*.schema.json. Any
// thread.
#pragma once

#include <string_view>

namespace tq {

std::string_view host_schema_text();
std::string_view meta_schema_text();

}  // namespace tq
