// SPDX-License-Identifier: Apache-2.0
// The state of an instance as lines of JSON (docs/formats/state-export.md), for people, for other
// machines and for repairs. Dead letters are not part of it. One thread.
#pragma once

#include <iosfwd>
#include <string>

#include "core/result.hpp"
#include "store/store.hpp"

namespace tq {

// Writes nothing at all when there are no keys.
Result<void> export_state(Store& store, std::ostream& out);

// Replaces all keys by those of `lines`, or changes nothing. Takes as much memory as the longest
// line. `name` opens the messages, which name the line. E_CONFIG: no export, cut, damaged, or of a
// newer schema than the store's.
Result<void> import_state(Store& store, std::istream& lines, const std::string& name);

}  // namespace tq
