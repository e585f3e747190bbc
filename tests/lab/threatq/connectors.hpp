// SPDX-License-Identifier: Apache-2.0
// The connector records of the instance. Creating and changing them over HTTP is our own form: the
// vendor's is not public. Reading from several threads is fine, writing needs the caller's lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lab/service.hpp"

namespace lab::threatq {

// How a server keeps and shows fields of a form, which the vendor does not say.
struct FieldManners {
  bool replaces = false;  // a write of custom_fields is all that stands afterwards
  bool hides = false;     // answers have asterisks in the place of secrets
};

class Connectors {
 public:
  // Switched off, as new ones are. Throws Refusal when the name is taken or the record is wrong.
  Json& add(const Json& record);

  // Members of the record; custom_fields by the server's manners. Throws Refusal.
  void change(Json& record, const Json& members);
  // Members as they are, whatever they hold: records of older versions. Throws Refusal for members
  // that there are not.
  void overwrite(Json& record, const Json& members);
  void remove(std::uint64_t id);

  // Null when there is none.
  Json* find(std::uint64_t id);
  Json* named(const std::string& name);
  const std::map<std::uint64_t, Json>& all() const { return records_; }

  // The record as answers have it.
  Json shown(Json record) const;
  FieldManners manners;

 private:
  std::map<std::uint64_t, Json> records_;
  std::uint64_t last_id_ = 0;  // none is given twice
};

}  // namespace lab::threatq
