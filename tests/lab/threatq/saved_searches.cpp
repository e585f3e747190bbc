// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/saved_searches.hpp"

#include <algorithm>
#include <stdexcept>

#include "lab/frame/request_log.hpp"
#include "lab/threatq/row_form.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kHashDigits = 32;
constexpr std::uint64_t kIdStep = 3;

}  // namespace

const Json& SavedSearch::api_query() const {
  const auto found = json.find("api_query");
  return found == json.end() ? json : *found;
}

SavedSearch& SavedSearches::add(std::optional<std::string> name, Json json, std::uint64_t owner) {
  SavedSearch search;
  search.id = last_id_ += kIdStep;
  search.name = std::move(name);
  search.hash = sha256_hex(std::to_string(search.id) + ' ' + json.dump()).substr(0, kHashDigits);
  search.json = std::move(json);
  search.owner = owner;
  searches_.push_back(std::move(search));
  return searches_.back();
}

void SavedSearches::add_collection(const std::string& option, const Catalogue& catalogue,
                                   const Account* owner) {
  const std::size_t equals = std::min(option.find('='), option.size());
  const std::string name = option.substr(0, equals);
  if (name.empty()) throw std::runtime_error("--collection needs a name");
  Json types = Json::array();
  const std::size_t list = std::min(equals + 1, option.size());
  for (const std::string& type : comma_list(std::string_view(option).substr(list))) {
    if (!catalogue.type(std::string_view(type)))
      throw std::runtime_error("--collection: there is no indicator type \"" + type + '"');
    types.push_back({{"type_name", type}});
  }
  Json criteria = Json::object();
  if (!types.empty()) criteria["+or"] = std::move(types);
  Json json;
  json["ui_query"] = {{"selectedSort", "-created_at"}};
  json["api_query"] = {{"criteria", std::move(criteria)}, {"filters", Json::object()}};
  add(name, std::move(json), owner == nullptr ? 0 : owner->id).shared_with_clients = true;
}

SavedSearch* SavedSearches::named(const std::string& name) {
  const auto found = std::find_if(searches_.begin(), searches_.end(),
                                  [&](const SavedSearch& search) { return search.name == name; });
  return found == searches_.end() ? nullptr : &*found;
}

const SavedSearch* SavedSearches::with_hash(const std::string& hash, const Account& account) const {
  for (const SavedSearch& search : searches_)
    if (search.hash == hash && search.visible_to(account)) return &search;
  return nullptr;
}

bool SavedSearches::remove(const std::string& name) {
  return std::erase_if(searches_, [&](const SavedSearch& each) { return each.name == name; }) > 0;
}

}  // namespace lab::threatq
