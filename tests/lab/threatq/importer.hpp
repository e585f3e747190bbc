// SPDX-License-Identifier: Apache-2.0
// Reads indicators from JSON lines {"type","value","context"}, plain or gzip. Used once, at the
// start.
#pragma once

#include <filesystem>

#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/context.hpp"
#include "lab/threatq/store.hpp"

namespace lab::threatq {

// Each pair of type and value once, as Active, in the order of the file. Throws std::runtime_error
// that names the line.
void import_indicators(const std::filesystem::path& file, const Catalogue& catalogue,
                       IndicatorStore& store, ContextStore& contexts);

}  // namespace lab::threatq
