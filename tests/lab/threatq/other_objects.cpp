// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/other_objects.hpp"

#include "lab/threatq/refusal.hpp"
#include "lab/threatq/times.hpp"

namespace lab::threatq {
namespace {

constexpr std::uint64_t kIdStep = 2;

// Lists grow by what is not in them yet; anything else is replaced.
// An id is the server's to make; one that is sent is not looked at.
void merge(const Json& item, Json& into) {
  for (const auto& [name, value] : item.items()) {
    if (name == "id") continue;
    Json& old = into[name];
    if (!old.is_array() || !value.is_array()) {
      old = value;
      continue;
    }
    for (const Json& entry : value) {
      bool known = false;
      for (const Json& other : old) known = known || other == entry;
      if (!known) old.push_back(entry);
    }
  }
}

}  // namespace

const Json& OtherObjects::put(const ObjectKind& kind, const Json& item) {
  if (!item.is_object()) throw Refusal(400, "an object is needed, not " + item.dump());
  const std::string& identity = kind.identity;
  if (!item.contains(identity) || !item[identity].is_string() || item[identity] == "")
    invalid(identity, "a text is needed");
  const std::string time = time_text(now());
  Kind& objects = kinds_[kind.collection];
  for (auto& [id, object] : objects) {
    if (object[identity] != item[identity] ||
        object.value("type", Json()) != item.value("type", Json()))
      continue;
    merge(item, object);
    object["updated_at"] = object["touched_at"] = time;
    object["existing"] = "Y";
    return object;
  }
  Json object = {{"id", last_id_ += kIdStep}};
  merge(item, object);
  object["created_at"] = object["updated_at"] = object["touched_at"] = time;
  object["existing"] = "N";
  const std::uint64_t id = last_id_;
  return objects[id] = std::move(object);
}

bool OtherObjects::remove(const std::string& kind, std::uint64_t id) {
  return kinds_[kind].erase(id) > 0;
}

const Json* OtherObjects::find(const std::string& kind, std::uint64_t id) const {
  const Kind& objects = all(kind);
  const auto found = objects.find(id);
  return found == objects.end() ? nullptr : &found->second;
}

const OtherObjects::Kind& OtherObjects::all(const std::string& kind) const {
  static const Kind kNone;
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? kNone : found->second;
}

}  // namespace lab::threatq
