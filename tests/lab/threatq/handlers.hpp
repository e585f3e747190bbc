// SPDX-License-Identifier: Apache-2.0
// The calls of the API, grouped as in the files that hold them. Each answers or throws Refusal. The
// state is locked as the call's route in routes.cpp says.
#pragma once

#include "lab/threatq/call.hpp"
#include "lab/threatq/state.hpp"

namespace lab::threatq {

// token_calls.cpp; needs no lock
Response get_token(State& state, const Call& call);

// instance_calls.cpp: what the instance is like
Response list_objects(State& state, const Call& call);
Response list_types(State& state, const Call& call);
Response get_type(State& state, const Call& call);
Response list_statuses(State& state, const Call& call);
Response get_status(State& state, const Call& call);
Response current_user(State& state, const Call& call);
Response get_proxy(State& state, const Call& call);
Response list_plugins(State& state, const Call& call);
Response get_plugin(State& state, const Call& call);
Response execute_plugin(State& state, const Call& call);

// search_calls.cpp
Response query_indicators(State& state, const Call& call);
Response query_by_hash(State& state, const Call& call);

// saved_search_calls.cpp
Response list_saved_searches(State& state, const Call& call);
Response create_saved_search(State& state, const Call& call);
Response get_saved_search(State& state, const Call& call);

// indicator_calls.cpp
Response create_indicators(State& state, const Call& call);
Response consume_indicators(State& state, const Call& call);
Response list_indicators(State& state, const Call& call);
Response get_indicator(State& state, const Call& call);
Response get_indicator_details(State& state, const Call& call);
Response change_indicator(State& state, const Call& call);
Response delete_indicator(State& state, const Call& call);
Response set_score(State& state, const Call& call);

// related_calls.cpp: what hangs on one indicator
Response list_attributes(State& state, const Call& call);
Response add_attributes(State& state, const Call& call);
Response change_attribute(State& state, const Call& call);
Response delete_attribute(State& state, const Call& call);
Response list_sources(State& state, const Call& call);
Response add_sources(State& state, const Call& call);
Response delete_source(State& state, const Call& call);
Response list_tags(State& state, const Call& call);
Response add_tags(State& state, const Call& call);
Response delete_tag(State& state, const Call& call);
Response list_comments(State& state, const Call& call);
Response add_comment(State& state, const Call& call);

// link_calls.cpp
Response list_links(State& state, const Call& call);
Response add_links(State& state, const Call& call);
Response delete_links(State& state, const Call& call);

// object_calls.cpp: kinds other than indicators
Response create_objects(State& state, const Call& call);
Response consume_objects(State& state, const Call& call);
Response list_kind(State& state, const Call& call);
Response get_object(State& state, const Call& call);
Response delete_object(State& state, const Call& call);
Response query_objects(State& state, const Call& call);

// connector_calls.cpp
Response list_connectors(State& state, const Call& call);
Response get_connector(State& state, const Call& call);
Response create_connector(State& state, const Call& call);
Response change_connector(State& state, const Call& call);
Response toggle_notifications(State& state, const Call& call);
Response give_oauth_client(State& state, const Call& call);

// export_calls.cpp
Response get_export(State& state, const Call& call);

// library_calls.cpp
Response search_everything(State& state, const Call& call);
Response search_advanced(State& state, const Call& call);
Response bulk_status(State& state, const Call& call);
Response bulk_delete(State& state, const Call& call);

}  // namespace lab::threatq
