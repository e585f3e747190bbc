// SPDX-License-Identifier: Apache-2.0
// POST /api/token: the three grants, each in the request forms that public clients use.
#include <algorithm>
#include <map>

#include "lab/threatq/base64.hpp"
#include "lab/threatq/handlers.hpp"

namespace lab::threatq {
namespace {

using Form = std::map<std::string, std::string>;

struct Body {
  Form fields;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string form_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      result += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
               hex_value(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

Form form_fields(std::string_view body) {
  Form fields;
  while (!body.empty()) {
    const std::string_view item = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), item.size() + 1));
    const std::size_t equals = std::min(item.find('='), item.size());
    fields[form_decoded(item.substr(0, equals))] =
        form_decoded(item.substr(std::min(equals + 1, item.size())));
  }
  return fields;
}

// Clients send JSON, or a form without saying so.
Body read_body(const Call& call) {
  const std::string& text = call.request.body;
  Body body;
  if (text.empty()) return body;
  if (text.front() != '{' && text.front() != '[') {
    body.fields = form_fields(text);
    return body;
  }
  const Json json = call.json();
  if (json.is_array()) return body;  // a client sends its pair once more like this
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) body.fields[name] = value.get<std::string>();
  }
  return body;
}

// From the query, else from the body.
std::string field(const Call& call, const Body& body, const std::string& name) {
  const auto in_body = body.fields.find(name);
  return call.request.parameter(name).value_or(in_body == body.fields.end() ? "" : in_body->second);
}

[[noreturn]] void refuse_login() { throw Refusal(400, "The user credentials were incorrect."); }

// "Basic" credentials of a private client, when there are any.
const Account* basic_client(State& state, const Call& call) {
  constexpr std::string_view kBasic = "Basic ";
  const std::string header = call.request.header("Authorization").value_or("");
  if (!header.starts_with(kBasic)) return nullptr;
  const auto pair = from_base64(std::string_view(header).substr(kBasic.size()));
  if (!pair || pair->find(':') == std::string::npos) refuse_login();
  const Account* client =
      state.accounts.client(pair->substr(0, pair->find(':')), pair->substr(pair->find(':') + 1));
  if (client == nullptr) refuse_login();
  return client;
}

const Account* by_password(State& state, const Call& call, const Body& body) {
  const Account* user = state.accounts.user(
      field(call, body, "email"), field(call, body, "password"), field(call, body, "client_id"));
  if (user == nullptr) refuse_login();
  return user;
}

const Account* by_client(State& state, const Call& call, const Body& body) {
  if (const Account* client = basic_client(state, call)) return client;
  const Account* client =
      state.accounts.client(field(call, body, "client_id"), field(call, body, "client_secret"));
  if (client == nullptr) refuse_login();
  return client;
}

const Account* by_refresh(State& state, const Call& call, const Body& body) {
  constexpr std::string_view kBearer = "Bearer ";
  const Account* who = basic_client(state, call);
  const std::string header = call.request.header("Authorization").value_or("");
  if (who == nullptr && header.starts_with(kBearer))
    who = state.accounts.former_holder(header.substr(kBearer.size()));
  if (who == nullptr)
    throw Refusal(400, "refresh_token needs the old token as Bearer, or Basic of the client");
  if (state.accounts.take_refresh(field(call, body, "refresh_token")) != who)
    throw Refusal(400, "The refresh token is invalid.");
  return who;
}

}  // namespace

Response get_token(State& state, const Call& call) {
  const Body body = read_body(call);
  const std::string grant = field(call, body, "grant_type");
  const Account* who = nullptr;
  if (grant == "password") {
    who = by_password(state, call, body);
  } else if (grant == "client_credentials") {
    who = by_client(state, call, body);
  } else if (grant == "refresh_token") {
    who = by_refresh(state, call, body);
  } else {
    throw Refusal(400, "unknown grant_type \"" + grant +
                           "\"; known: password, client_credentials, refresh_token");
  }
  const IssuedTokens tokens = state.accounts.issue(*who);
  return Response::json(200, {{"access_token", tokens.access},
                              {"token_type", "Bearer"},
                              {"expires_in", state.options.token_seconds},
                              {"refresh_token", tokens.refresh}});
}

}  // namespace lab::threatq
