// SPDX-License-Identifier: Apache-2.0
// What a simulated vendor service is to the lab's server: a thing that answers requests.
// handle() and the other members are called from several connection threads at once; the service
// locks for itself.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lab {

using Json = nlohmann::ordered_json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;  // percent-decoded, without the query
  Pairs query;       // percent-decoded, in order
  Pairs headers;
  std::string body;         // whole; decompressed when the request said so
  double body_seconds = 0;  // from the end of the head to the last byte of the body

  // First value of a query parameter; header names compare without case.
  std::optional<std::string> parameter(std::string_view name) const;
  std::optional<std::string> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Pairs headers;
  std::string body;

  static Response json(int status, const Json& body);
};

class Service {
 public:
  virtual ~Service() = default;

  virtual Response handle(const Request& request) = 0;

  // GET /__lab/dump: everything the service holds, as JSON text; the query may narrow it.
  virtual std::string dump(const Request& request) = 0;

  // POST /__lab/change: changes the data as the vendor's users would. Answers what was changed; 400
  // when not understood.
  virtual Response change(const Json& what) = 0;

  // POST /__lab/fault with a "service" member: a fault that only this service understands. False:
  // unknown.
  virtual bool fault(const Json& what) = 0;

  // The path with its variable parts as {names}, by which requests are counted. Unless overridden,
  // numbers and long opaque segments become {id}.
  virtual std::string route(const Request& request) const;
};

}  // namespace lab
