// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/item_reader.hpp"

#include <algorithm>

#include "lab/threatq/call.hpp"
#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

std::string text(const Json& item, const char* name) {
  if (!item.contains(name) || !item[name].is_string()) invalid(name, "a text is needed");
  return item[name].get<std::string>();
}

// Clients send empty texts and null for "not known".
std::optional<Seconds> time(const Json& item, const char* name) {
  const Json value = item.value(name, Json());
  if (value.is_null() || value == "") return std::nullopt;
  const auto read = value.is_string() ? parse_time(value.get<std::string>()) : std::nullopt;
  if (!read) invalid(name, "must be \"YYYY-MM-DD HH:MM:SS\", not " + value.dump());
  return read;
}

// A name, an id, or an object with either, from `name` or `name`_id.
template <typename Find>
auto reference(const Json& item, const std::string& name, Find find)
    -> decltype(find(std::string_view())) {
  const std::string by_id = name + "_id";
  Json value = item.value(name, Json());
  if (value.is_null()) value = item.value(by_id, Json());
  if (value.is_null()) return std::nullopt;
  if (value.is_object()) {
    value = value.contains("name") ? value["name"] : value.value("id", Json());
  }
  decltype(find(std::string_view())) found;
  if (value.is_string()) found = find(std::string_view(value.get_ref<const std::string&>()));
  if (value.is_number_unsigned()) found = find(value.get<std::uint64_t>());
  if (!found) invalid(name, "there is no " + name + ' ' + value.dump());
  return found;
}

std::optional<int> read_tlp(const Json& item) {
  Json value = item.value("tlp", Json());
  if (value.is_object()) value = value.value("name", Json());
  if (value.is_string()) {
    const auto id = tlp_id(value.get<std::string>());
    if (!id) invalid("tlp", "there is no TLP " + value.dump());
    return id;
  }
  const Json id = item.value("tlp_id", Json());
  if (id.is_null()) return std::nullopt;
  if (!id.is_number_unsigned() || id == 0U || id > 4U) invalid("tlp_id", "must be 1 to 4");
  return id.get<int>();
}

std::string trimmed(const std::string& value) {
  const std::size_t begin = value.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t\r\n") - begin + 1);
}

// Blanks around go; of a URL also protocol and port.
std::string normalised(const std::string& value, const std::string& type) {
  std::string result = trimmed(value);
  if (type != "URL") return result;
  if (const std::size_t scheme = result.find("://"); scheme != std::string::npos)
    result.erase(0, scheme + 3);
  const std::size_t host = std::min(result.find('/'), result.size());
  const std::size_t port = result.substr(0, host).rfind(':');
  if (port != std::string::npos && port + 1 < host &&
      result.find_first_not_of("0123456789", port + 1) >= host)
    result.erase(port, host - port);
  return result;
}

std::vector<Json> list(const Json& item, const char* name) {
  const Json value = item.value(name, Json());
  if (value.is_null()) return {};
  if (!value.is_array()) invalid(name, "must be a list");
  return {value.begin(), value.end()};
}

void read_relations(const Json& item, const Catalogue& catalogue, WrittenIndicator& to) {
  for (const ObjectKind& kind : catalogue.kinds()) {
    for (const Json& each : list(item, kind.collection.c_str())) {
      if (!each.is_object()) invalid(kind.collection, "a list of objects is needed");
      to.relations.push_back({kind.collection, each});
    }
  }
}

void require_object(const Json& item, const char* what) {
  if (!item.is_object())
    throw Refusal(400, std::string(what) + " must be an object, not " + item.dump());
}

}  // namespace

std::optional<TypeIndex> read_type(const Json& item, const Catalogue& catalogue) {
  return reference(item, "type", [&](auto key) { return catalogue.type(key); });
}

std::optional<StatusIndex> read_status(const Json& item, const Catalogue& catalogue) {
  return reference(item, "status", [&](auto key) { return catalogue.status(key); });
}

WrittenIndicator read_indicator(const Json& item, const Catalogue& catalogue, bool normalise) {
  require_object(item, "an indicator");
  WrittenIndicator result;
  const auto type = read_type(item, catalogue);
  if (!type) invalid("type", "is missing");
  result.type = *type;
  result.status = read_status(item, catalogue);
  const Json wish = item.value("normalize", Json(normalise ? "Y" : "N"));
  result.value = text(item, "value");
  if (wish == "Y" || wish == "y" || wish == 1 || wish == true)
    result.value = normalised(result.value, catalogue.types()[*type].name);
  if (trimmed(result.value).empty()) invalid("value", "must not be empty");
  if (item.contains("description") && !item["description"].is_null())
    result.description = text(item, "description");
  result.published = time(item, "published_at");
  result.last_detected = time(item, "last_detected_at");
  for (const Json& each : list(item, "attributes"))
    result.attributes.push_back(read_attribute(each));
  for (const Json& each : list(item, "sources")) result.sources.push_back(read_source(each));
  for (const Json& each : list(item, "tags")) result.tags.push_back(read_tag(each));
  for (const Json& each : list(item, "comments")) result.comments.push_back(read_comment(each));
  read_relations(item, catalogue, result);
  return result;
}

WrittenAttribute read_attribute(const Json& item) {
  require_object(item, "an attribute");
  WrittenAttribute result;
  result.attribute.name = text(item, "name");
  if (result.attribute.name.empty()) invalid("name", "an attribute needs a name");
  const Json value = item.value("value", Json());
  if (!value.is_string() && !value.is_number()) invalid("value", "an attribute needs a text");
  result.attribute.value = value.is_string() ? value.get<std::string>() : value.dump();
  for (const Json& source : list(item, "sources"))
    result.attribute.sources.push_back(read_source(source).name);
  result.attribute.published = time(item, "published_at");
  result.overwrite = item.value("overwrite_existing", Json(false)) == true;
  return result;
}

Source read_source(const Json& item) {
  require_object(item, "a source");
  Source result;
  result.name = text(item, "name");
  if (result.name.empty()) invalid("sources", "a source needs a name");
  result.type = "other_sources";
  result.tlp_id = read_tlp(item);
  result.published = time(item, "published_at");
  return result;
}

std::string read_tag(const Json& item) {
  const Json name = item.is_object() ? item.value("name", Json()) : item;
  if (!name.is_string() || name == "") invalid("tags", "a tag needs a name");
  return name.get<std::string>();
}

std::string read_comment(const Json& item) {
  require_object(item, "a comment");
  return text(item, "value");
}

std::vector<Json> one_or_more(const Json& body) {
  if (!body.is_array()) return {body};
  return {body.begin(), body.end()};
}

}  // namespace lab::threatq
