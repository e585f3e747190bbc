// SPDX-License-Identifier: Apache-2.0
// Relations between objects of any kinds, both ways under one pivot id. Reading from several
// threads is fine, writing needs the caller's lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lab::threatq {

struct ObjectRef {
  std::string kind;  // its name in URLs
  std::uint64_t id = 0;
  auto operator<=>(const ObjectRef&) const = default;
};

struct Link {
  std::uint64_t pivot_id;
  ObjectRef other;
};

class Links {
 public:
  // The pivot id; that of before when they are linked already.
  std::uint64_t add(const ObjectRef& a, const ObjectRef& b);

  // False: no such link.
  bool remove(const ObjectRef& a, const std::string& other_kind, std::uint64_t pivot_id);
  void remove_all(const ObjectRef& of);

  std::vector<Link> of(const ObjectRef& object, const std::string& other_kind) const;
  std::size_t size() const { return pairs_.size(); }

 private:
  std::map<std::pair<ObjectRef, ObjectRef>, std::uint64_t> pairs_;  // each link both ways
  std::uint64_t last_ = 0;
};

}  // namespace lab::threatq
