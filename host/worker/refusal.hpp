// SPDX-License-Identifier: Apache-2.0
// Which refusals of a remote belong into an explanation. Pure function.
#pragma once

#include <string_view>

#include "store/store.hpp"

namespace tq {

// Whether the letter is about the value that was asked for, or about something that the plugin's
// explanation names: the value's normal form, or the document that holds it. A name counts when it
// stands there whole: "1.1.1.1" is not named by "1.1.1.10".
bool is_about(const DeadLetter& letter, std::string_view asked, std::string_view explanation);

}  // namespace tq
