// SPDX-License-Identifier: Apache-2.0
// Small documents read strictly: member by member, each once, of the right type, none unknown. Any
// thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lab/cbc/feed_store.hpp"
#include "lab/service.hpp"

namespace lab::cbc {

// Throws Invalid, also for a member that stands twice.
Json parse_object(const std::string& text);

// All throw Invalid with the member's name.
void allow_only(const Json& object, std::initializer_list<std::string_view> members);
std::string required_text(const Json& object, const char* name);
bool flag_or(const Json& object, const char* name, bool otherwise);

// feedinfo of a new feed: what the server makes may not be claimed, but the own org key and
// "private" are fine.
FeedInfo new_feedinfo(const Json& document);

// The whole feedinfo of an existing feed; what the server makes itself is not looked at, but for
// access.
FeedInfo changed_feedinfo(const Json& document, const FeedInfo& stored);

}  // namespace lab::cbc
