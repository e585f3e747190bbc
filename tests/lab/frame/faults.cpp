// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/faults.hpp"

#include <limits>
#include <regex>
#include <stdexcept>

#include "lab/frame/portal.hpp"

namespace lab {
namespace {

constexpr std::int64_t kMaxDelayMs = 600'000;
constexpr std::int64_t kMaxHops = 100;
constexpr std::int64_t kMaxSkewSeconds = 100LL * 365 * 86'400;

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

const Json& object_at(const Json& parent, const char* key) {
  const Json& value = parent.at(key);
  if (!value.is_object()) refuse(std::string("\"") + key + "\" must be an object");
  return value;
}

std::int64_t integer(const Json& value, const std::string& key, std::int64_t least,
                     std::int64_t most) {
  if (!value.is_number_integer()) refuse("\"" + key + "\" must be an integer");
  const auto number = value.get<std::int64_t>();
  if (number < least || number > most) {
    refuse("\"" + key + "\" must be " + std::to_string(least) + ".." + std::to_string(most));
  }
  return number;
}

std::string text(const Json& value, const std::string& key) {
  if (!value.is_string()) refuse("\"" + key + "\" must be a string");
  return value.get<std::string>();
}

void require_true(const Json& value, const std::string& key) {
  if (!value.is_boolean() || !value.get<bool>()) refuse("\"" + key + "\" can only be true");
}

Response gateway_page(int status) {
  Response response;
  response.status = status;
  response.content_type = "text/html";
  const std::string title = std::to_string(status) + " Gateway error";
  response.body = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" +
                  title +
                  "</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n";
  return response;
}

Response malformed() {
  Response response;
  response.body = "{\"data\": [{\"id\": 1, \"value\": \"a\"}, {\"id\": 2, \"val";
  response.body.push_back('\x01');
  response.body += "ue\" 3]}";
  return response;
}

Response own_answer(const Json& action) {
  Response response;
  response.status = static_cast<int>(integer(action.at("status"), "status", 100, 599));
  if (action.contains("headers")) {
    for (const auto& [name, value] : object_at(action, "headers").items()) {
      response.headers.emplace_back(name, text(value, "headers." + name));
    }
  }
  if (action.contains("body")) response.body = text(action.at("body"), "body");
  if (action.contains("content_type"))
    response.content_type = text(action.at("content_type"), "content_type");
  return response;
}

// {"status": 302, "hops": 2}; both may be left out.
Response redirect_chain(const Json& action) {
  const Json& redirect = object_at(action, "redirect");
  for (const auto& [key, value] : redirect.items())
    if (key != "status" && key != "hops") refuse("\"redirect\" knows status and hops only");
  const auto status = integer(redirect.value("status", Json(302)), "redirect.status", 300, 399);
  const auto hops = integer(redirect.value("hops", Json(1)), "redirect.hops", 1, kMaxHops);
  return to_login_page(static_cast<int>(status), static_cast<int>(hops));
}

struct Parsed {
  Plan plan;
  bool replaces = false;  // the answer is ours, so that the service need not be asked
};

// Members that say more about "status".
bool is_part_of_answer(const std::string& key) {
  return key == "headers" || key == "body" || key == "content_type";
}

void read_action_member(const std::string& key, const Json& value, const Json& action,
                        Parsed& parsed) {
  Plan& plan = parsed.plan;
  constexpr auto kMany = std::numeric_limits<std::int64_t>::max();
  if (key == "status") {
    plan.answer = own_answer(action);
    parsed.replaces = true;
  } else if (key == "html") {
    plan.answer = gateway_page(static_cast<int>(integer(value, key, 200, 599)));
    parsed.replaces = true;
  } else if (key == "login_page") {
    plan.answer = login_page(static_cast<int>(integer(value, key, 200, 599)));
    parsed.replaces = true;
  } else if (key == "redirect") {
    plan.answer = redirect_chain(action);
    parsed.replaces = true;
  } else if (key == "malformed") {
    require_true(value, key);
    plan.answer = malformed();
    parsed.replaces = true;
  } else if (key == "reset") {
    require_true(value, key);
    plan.reset = true;
    parsed.replaces = true;
  } else if (key == "truncate") {
    plan.truncate = static_cast<std::size_t>(integer(value, key, 0, kMany));
  } else if (key == "short_body") {
    plan.short_body = static_cast<std::size_t>(integer(value, key, 0, kMany));
  } else if (key == "delay_ms") {
    plan.delay = std::chrono::milliseconds(integer(value, key, 1, kMaxDelayMs));
  } else if (key == "slow_bytes_per_s") {
    plan.bytes_per_second = static_cast<std::size_t>(integer(value, key, 1, kMany));
  } else if (key == "skew_s") {
    plan.skew = std::chrono::seconds(integer(value, key, -kMaxSkewSeconds, kMaxSkewSeconds));
  } else if (is_part_of_answer(key)) {
    if (!action.contains("status")) refuse("\"" + key + "\" needs \"status\"");
  } else {
    refuse("unknown action \"" + key +
           "\"; known: status (with headers, body, content_type), reset, truncate, short_body, "
           "delay_ms, slow_bytes_per_s, malformed, html, login_page, redirect, skew_s");
  }
}

Parsed read_action(const Json& action) {
  if (action.empty()) refuse("\"action\" names nothing to do");
  Parsed parsed;
  int kinds = 0;
  for (const auto& [key, value] : action.items()) {
    read_action_member(key, value, action, parsed);
    if (!is_part_of_answer(key) && key != "delay_ms") ++kinds;
  }
  if (kinds > 1) refuse("\"action\" may name one thing only, and \"delay_ms\" beside it");
  return parsed;
}

std::regex pattern(const Json& value, const std::string& key) {
  try {
    return std::regex(text(value, key), std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    refuse("\"" + key + "\" is no regular expression: " + error.what());
  }
}

std::string query_text(const Request& request) {
  std::string result;
  for (const auto& [name, value] : request.query) {
    if (!result.empty()) result += '&';
    result += name + '=' + value;
  }
  return result;
}

void merge(const Plan& from, Plan& into) {
  into.delay += from.delay;
  into.skew += from.skew;
  if (from.bytes_per_second > 0) into.bytes_per_second = from.bytes_per_second;
  const bool replaced = into.answer || into.reset || into.truncate || into.short_body;
  if (replaced) return;  // the rule that was set first wins
  into.answer = from.answer;
  into.reset = from.reset;
  into.truncate = from.truncate;
  into.short_body = from.short_body;
  into.effect = from.effect;
}

}  // namespace

struct FaultRules::Rule {
  std::optional<std::regex> method;  // the whole of it
  std::optional<std::regex> path;
  std::optional<std::regex> query;
  std::optional<std::string> holds;  // somewhere in the body
  std::uint64_t nth = 1;
  std::uint64_t times = 1;
  std::uint64_t seen = 0;
  std::uint64_t applied = 0;
  Plan plan;

  void read_match(const Json& match);
  bool matches(const Request& request) const;
  bool due() const { return seen >= nth && (times == 0 || seen < nth + times); }
};

void FaultRules::Rule::read_match(const Json& match) {
  constexpr auto kMany = std::numeric_limits<std::int64_t>::max() / 2;
  for (const auto& [key, value] : match.items()) {
    if (key == "method") {
      method = pattern(value, key);
    } else if (key == "path") {
      path = pattern(value, key);
    } else if (key == "query") {
      query = pattern(value, key);
    } else if (key == "holds") {
      holds = text(value, key);
    } else if (key == "nth") {
      nth = static_cast<std::uint64_t>(integer(value, key, 1, kMany));
    } else if (key == "times") {
      times = static_cast<std::uint64_t>(integer(value, key, 0, kMany));
    } else {
      refuse("unknown member \"" + key +
             "\" of \"match\"; known: method, path, query, holds, nth, times");
    }
  }
}

bool FaultRules::Rule::matches(const Request& request) const {
  return (!method || std::regex_match(request.method, *method)) &&
         (!path || std::regex_search(request.path, *path)) &&
         (!query || std::regex_search(query_text(request), *query)) &&
         (!holds || request.body.find(*holds) != std::string::npos);
}

FaultRules::FaultRules() = default;
FaultRules::~FaultRules() = default;

std::optional<std::string> FaultRules::add(const Json& json) try {
  if (!json.is_object()) refuse("a rule must be an object");
  for (const auto& [key, value] : json.items()) {
    if (key != "match" && key != "action" && key != "after_effect") {
      refuse("unknown member \"" + key + "\"; known: match, action, after_effect, service");
    }
  }
  if (!json.contains("action")) refuse("\"action\" is missing");
  const Parsed parsed = read_action(object_at(json, "action"));
  Rule rule;
  rule.plan = parsed.plan;
  if (parsed.plan.skew.count() != 0) rule.times = 0;
  if (json.contains("match")) rule.read_match(object_at(json, "match"));
  const Json after = json.value("after_effect", Json(!parsed.replaces));
  if (!after.is_boolean()) refuse("\"after_effect\" must be true or false");
  if (!parsed.replaces && !after.get<bool>()) {
    refuse("\"after_effect\" cannot be false: this action needs the service's own answer");
  }
  rule.plan.effect = after.get<bool>();
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(rule));
  return std::nullopt;
} catch (const std::invalid_argument& error) {
  return error.what();
}

Plan FaultRules::next(const Request& request) {
  Plan plan;
  const std::lock_guard lock(mutex_);
  for (Rule& rule : rules_) {
    if (!rule.matches(request)) continue;
    ++rule.seen;
    if (!rule.due()) continue;
    ++rule.applied;
    merge(rule.plan, plan);
  }
  return plan;
}

Json FaultRules::state() const {
  const std::lock_guard lock(mutex_);
  Json result = Json::array();
  for (const Rule& rule : rules_)
    result.push_back({{"seen", rule.seen}, {"applied", rule.applied}});
  return result;
}

void FaultRules::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

}  // namespace lab
