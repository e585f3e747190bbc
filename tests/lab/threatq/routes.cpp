// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/routes.hpp"

#include <algorithm>

namespace lab::threatq {
namespace {

constexpr Route kRoutes[] = {
    {"POST", "/api/token", Needs::kNoToken, get_token},

    {"GET", "/api/objects", Needs::kRead, list_objects},
    {"GET", "/api/indicator/types", Needs::kToken, list_types},
    {"GET", "/api/indicator/types/{id}", Needs::kRead, get_type},
    {"GET", "/api/indicator/statuses", Needs::kRead, list_statuses},
    {"GET", "/api/indicator/statuses/{id}", Needs::kRead, get_status},
    {"GET", "/api/users/current", Needs::kToken, current_user},
    {"GET", "/api/configuration/proxy", Needs::kRead, get_proxy},

    {"GET", "/api/plugins", Needs::kRead, list_plugins},
    {"GET", "/api/plugins/{id}", Needs::kRead, get_plugin},
    {"POST", "/api/plugins/{id}/execute", Needs::kWrite, execute_plugin},

    {"POST", "/api/indicators/query", Needs::kRead, query_indicators},
    {"GET", "/api/{kind}/query/hash/{hash}", Needs::kRead, query_by_hash},
    {"GET", "/api/search/query", Needs::kRead, list_saved_searches},
    {"POST", "/api/search/query", Needs::kWrite, create_saved_search},
    {"GET", "/api/search/query/{hash}", Needs::kRead, get_saved_search},
    {"GET", "/api/search", Needs::kRead, search_everything},
    {"POST", "/api/search/advanced", Needs::kRead, search_advanced},

    {"GET", "/api/indicators", Needs::kRead, list_indicators},
    {"POST", "/api/indicators", Needs::kWrite, create_indicators},
    {"POST", "/api/indicators/consume", Needs::kWrite, consume_indicators},
    {"POST", "/api/indicators/consume/new", Needs::kWrite, consume_indicators},
    {"POST", "/api/indicators/bulk-delete", Needs::kWrite, bulk_delete},
    {"POST", "/api/bulk/status", Needs::kWrite, bulk_status},
    {"GET", "/api/indicators/{id}", Needs::kRead, get_indicator},
    {"GET", "/api/indicators/{id}/details", Needs::kRead, get_indicator_details},
    {"PUT", "/api/indicators/{id}", Needs::kWrite, change_indicator},
    {"DELETE", "/api/indicators/{id}", Needs::kWrite, delete_indicator},
    {"PUT", "/api/indicator/{id}/scores", Needs::kWrite, set_score},

    {"GET", "/api/indicators/{id}/attributes", Needs::kRead, list_attributes},
    {"POST", "/api/indicators/{id}/attributes", Needs::kWrite, add_attributes},
    {"PUT", "/api/indicators/{id}/attributes/{id}", Needs::kWrite, change_attribute},
    {"DELETE", "/api/indicators/{id}/attributes/{id}", Needs::kWrite, delete_attribute},
    {"GET", "/api/indicators/{id}/sources", Needs::kRead, list_sources},
    {"POST", "/api/indicators/{id}/sources", Needs::kWrite, add_sources},
    {"DELETE", "/api/indicators/{id}/sources/{id}", Needs::kWrite, delete_source},
    {"GET", "/api/indicators/{id}/tags", Needs::kRead, list_tags},
    {"POST", "/api/indicators/{id}/tags", Needs::kWrite, add_tags},
    {"DELETE", "/api/indicators/{id}/tags/{id}", Needs::kWrite, delete_tag},
    {"GET", "/api/indicators/{id}/comments", Needs::kRead, list_comments},
    {"POST", "/api/indicators/{id}/comments", Needs::kWrite, add_comment},

    {"GET", "/api/connectors", Needs::kRead, list_connectors},
    {"POST", "/api/connectors", Needs::kWrite, create_connector},
    {"GET", "/api/connectors/{id}", Needs::kRead, get_connector},
    {"PUT", "/api/connectors/{id}", Needs::kWrite, change_connector},
    {"POST", "/api/connectors/{id}/notifications/toggle", Needs::kWrite, toggle_notifications},
    {"POST", "/api/connectors/{id}/gate_oauth2_client", Needs::kWrite, give_oauth_client},

    {"GET", "/api/export/{id}", Needs::kNoTokenButLock, get_export},

    // Behind those for indicators, which they would match too.
    {"GET", "/api/{kind}/{id}/{kind}", Needs::kRead, list_links},
    {"POST", "/api/{kind}/{id}/{kind}", Needs::kWrite, add_links},
    {"DELETE", "/api/{kind}/{id}/{kind}", Needs::kWrite, delete_links},
    {"POST", "/api/{kind}/query", Needs::kRead, query_objects},
    {"POST", "/api/{kind}/consume", Needs::kWrite, consume_objects},
    {"GET", "/api/{kind}/{id}", Needs::kRead, get_object},
    {"DELETE", "/api/{kind}/{id}", Needs::kWrite, delete_object},
    {"GET", "/api/{kind}", Needs::kRead, list_kind},
    {"POST", "/api/{kind}", Needs::kWrite, create_objects},
};

std::string_view next_segment(std::string_view& rest) {
  rest.remove_prefix(1);  // the slash
  const std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool fits(const Catalogue& catalogue, std::string_view pattern, std::string_view segment) {
  if (pattern == "{id}") return is_number(segment);
  if (pattern == "{kind}") return catalogue.kind(segment) != nullptr;
  if (pattern == "{hash}") return !segment.empty();
  return pattern == segment;
}

bool match(const Catalogue& catalogue, std::string_view pattern, std::string_view path,
           std::vector<std::string>& parts) {
  parts.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = next_segment(pattern), segment = next_segment(path);
    if (!fits(catalogue, expected, segment)) return false;
    if (expected.starts_with('{')) parts.emplace_back(segment);
  }
  return pattern.empty() && path.empty();
}

}  // namespace

FoundRoute find_route(const Catalogue& catalogue, std::string_view method, std::string_view path) {
  FoundRoute found;
  std::vector<std::string> parts;
  for (const Route& route : kRoutes) {
    if (!match(catalogue, route.pattern, path, parts)) continue;
    if (route.method == method) {
      found.route = &route;
      found.parts = std::move(parts);
      return found;
    }
    found.other_method = true;
  }
  return found;
}

}  // namespace lab::threatq
