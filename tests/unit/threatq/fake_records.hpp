// SPDX-License-Identifier: Apache-2.0
// The connector records of a small ThreatQ behind FakeHttp: they are kept as they are written, key
// by key. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "unit/threatq/fake_http.hpp"

namespace tq {

class FakeRecords {
 public:
  explicit FakeRecords(FakeHttp& http);

  // One that is there already; its id.
  std::string add(Json record);
  Json& record(const std::string& id) { return records_.at(id); }
  size_t count() const { return records_.size(); }

  // Calls that change something, as "METHOD target", and what they held.
  struct Write {
    std::string call;
    Json body;
  };
  std::vector<Write> writes;
  // Asked before anything else; an answer of its own, or nothing. `done`: the call took effect
  // before.
  std::function<std::optional<Reply>(const Seen&)> spoil, spoil_after;
  bool replaces_fields = false;  // a PUT of custom_fields is all that stands afterwards
  std::optional<Json> mask;      // shown in the place of secrets
  std::string statuses =
      R"({"data":[{"id":1,"name":"Active"},{"id":4,"name":"Review"},{"id":9,"name":"Odd"}]})";

 private:
  Reply answer(const Seen& seen);
  Reply connectors(const Seen& seen);
  Reply make(const Json& body);
  Reply change(Json& record, const Json& body);
  Json shown(Json record) const;

  std::map<std::string, Json> records_;
};

}  // namespace tq
