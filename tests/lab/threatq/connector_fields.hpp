// SPDX-License-Identifier: Apache-2.0
// The fields of a connector's form: what a client may write into "custom_fields". The format is our
// own: the vendor's is not public. Pure functions.
#pragma once

#include "lab/service.hpp"

namespace lab::threatq {

// true, false, 0, 1, "0" or "1".
bool is_flag(const Json& value);

// Changes `fields` by what a client sent, key by key and member by member, or replaces all of them;
// null takes a field away. Throws Refusal for what no form of the UI could show: unknown members,
// kinds and values that do not fit their kind. What stands already may be sent again, whatever it
// is.
void change_fields(Json& fields, const Json& sent, bool replaces);

// Asterisks in the place of what password fields hold.
void hide_secrets(Json& fields);

}  // namespace lab::threatq
