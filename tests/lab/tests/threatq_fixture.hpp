// SPDX-License-Identifier: Apache-2.0
// A running `tqlab threatq` and the calls that its tests make. One thread.
#pragma once

#include <string>
#include <vector>

#include "lab/lab_process.hpp"
#include "lab/service.hpp"
#include "lab/tests/raw_client.hpp"

namespace lab {

class Threatq {
 public:
  static constexpr const char* kLogin = R"({"email":"tq@example.com","password":"secret"})";
  static constexpr const char* kTokenCall = "/api/token?grant_type=password&client_id=CLIENT";

  explicit Threatq(std::vector<std::string> more = {})
      : process(arguments(std::move(more))), token(log_in()) {}

  std::string log_in() const { return access_token(raw_call("POST", kTokenCall, kLogin)); }

  static std::string access_token(const RawAnswer& answer) {
    return answer.status == 200 ? Json::parse(answer.body).at("access_token").get<std::string>()
                                : std::string();
  }

  // Without any header of ours but these.
  RawAnswer raw_call(const std::string& method, const std::string& target,
                     const std::string& body = "", const std::string& headers = "") const {
    return raw(process.host_and_port(), method, target, headers, body);
  }

  RawAnswer call(const std::string& method, const std::string& target,
                 const std::string& body = "") const {
    return raw_call(method, target, body, "Authorization: Bearer " + token + "\r\n");
  }

  // The answer's JSON; an empty object unless the status is 2xx.
  Json json(const std::string& method, const std::string& target,
            const Json& body = nullptr) const {
    const RawAnswer answer = call(method, target, body.is_null() ? "" : body.dump());
    return answer.status / 100 == 2 && !answer.body.empty() ? Json::parse(answer.body)
                                                            : Json::object();
  }

  Json query(const std::string& parameters, const Json& body = Json::object()) const {
    return json("POST", "/api/indicators/query?" + parameters, body);
  }

  // The values that a query finds, in the order of their ids.
  std::vector<std::string> values(const Json& criteria) const {
    std::vector<std::string> result;
    const Json found =
        query("limit=10000&sort=id", {{"criteria", criteria}, {"fields", {"value"}}});
    for (const Json& row : found.at("data")) result.push_back(row.at("value").get<std::string>());
    return result;
  }

  // Creates one indicator and answers its record.
  Json put(const std::string& type, const std::string& value, Json more = Json::object()) const {
    more["type"] = type;
    more["value"] = value;
    return json("POST", "/api/indicators/consume", Json::array({more})).at("data").at(0);
  }

  std::string path_of(const Json& record) const {
    return "/api/indicators/" + record.at("id").dump();
  }

  Json dump() { return Json::parse(process.dump()); }

  LabProcess process;
  std::string token;

 private:
  static std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all = {"threatq", "--plain", "--user", "tq@example.com:secret:CLIENT"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

inline std::vector<std::uint64_t> ids_of(const Json& page) {
  std::vector<std::uint64_t> ids;
  for (const Json& row : page.at("data")) ids.push_back(row.at("id").get<std::uint64_t>());
  return ids;
}

// A cursor mark as a query parameter holds it.
inline std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '=') {
      result += "%3D";
    } else if (c == '+') {
      result += "%2B";
    } else if (c == '/') {
      result += "%2F";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace lab
