// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "lab/frame/server.hpp"

namespace lab {
namespace {

Response refuse(int status, const std::string& why) {
  return Response::json(status, {{"error", why}});
}

Response done() { return Response::json(200, {{"ok", true}}); }

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

Response set_fault(ServerState& state, const Request& request) {
  const Json rule = Json::parse(request.body);
  if (rule.is_object() && rule.contains("service")) {
    if (rule.size() != 1) return refuse(400, "\"service\" stands alone in a rule");
    if (state.service.fault(rule["service"])) return done();
    return refuse(400, "this service does not know the fault " + rule["service"].dump());
  }
  const auto error = state.faults.add(rule);
  return error ? refuse(400, "fault rule not understood: " + *error) : done();
}

Response route(ServerState& state, const Request& request) {
  const std::string call = request.method + ' ' + request.path;
  if (call == "POST /__lab/fault") return set_fault(state, request);
  if (call == "GET /__lab/fault") return Response::json(200, {{"rules", state.faults.state()}});
  if (call == "DELETE /__lab/fault") {
    state.faults.clear();
    return done();
  }
  if (call == "GET /__lab/dump") return text(state.service.dump(request));
  if (call == "POST /__lab/change") return state.service.change(Json::parse(request.body));
  if (call == "GET /__lab/requests") return text(state.log.json());
  if (call == "DELETE /__lab/requests") {
    state.log.reset();
    return done();
  }
  return refuse(404, "no such control route: " + call);
}

}  // namespace

bool is_control(const Request& request) { return request.path.starts_with("/__lab/"); }

Response control(ServerState& state, const Request& request) try {
  return route(state, request);
} catch (const Json::exception& error) {
  return refuse(400, std::string("not understood: ") + error.what());
} catch (const std::exception& error) {
  return refuse(500, std::string("the simulator failed: ") + error.what());
}

}  // namespace lab
