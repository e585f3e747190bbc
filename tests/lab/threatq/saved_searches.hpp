// SPDX-License-Identifier: Apache-2.0
// Data collections: searches under a name, and unsaved ones that only their hash leads to. Reading
// from several threads is fine, writing needs the caller's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/service.hpp"
#include "lab/threatq/accounts.hpp"
#include "lab/threatq/catalogue.hpp"

namespace lab::threatq {

struct SavedSearch {
  std::uint64_t id = 0;
  std::optional<std::string> name;  // none: unsaved
  std::string hash;
  Json json;                // as its maker gave it
  std::uint64_t owner = 0;  // account; 0: somebody who is no account here
  bool shared_with_clients = false;

  bool visible_to(const Account& account) const {
    return owner == account.id || (shared_with_clients && account.is_client);
  }
  // The part that searches take: "api_query", or all of it in older entries.
  const Json& api_query() const;
};

class SavedSearches {
 public:
  SavedSearch& add(std::optional<std::string> name, Json json, std::uint64_t owner);
  // As in --collection: NAME or NAME=TYPE,TYPE. Throws std::runtime_error.
  void add_collection(const std::string& option, const Catalogue& catalogue, const Account* owner);

  const std::vector<SavedSearch>& all() const { return searches_; }
  SavedSearch* named(const std::string& name);
  const SavedSearch* with_hash(const std::string& hash, const Account& account) const;
  bool remove(const std::string& name);

 private:
  std::vector<SavedSearch> searches_;
  std::uint64_t last_id_ = 0;
};

}  // namespace lab::threatq
