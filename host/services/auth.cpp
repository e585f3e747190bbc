// SPDX-License-Identifier: Apache-2.0
#include "services/auth.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "services/http_request.hpp"

namespace tq {
namespace {

constexpr std::string_view kAuthorization = "Authorization";

// A header carries no control characters, and a pasted line end is easily overlooked.
Result<void> fit_for_header(const std::string& pointer, const Secret& value) {
  if (is_header_value(value.reveal())) return {};
  return Error{Status::kConfig,
               "the value of " + pointer +
                   " holds a line break or another control character, which no header can carry; "
                   "enter it again without",
               pointer};
}

// RFC 7617: no control characters in either, no colon in the user's name.
Result<Secret> basic(const AuthEntry& entry, const AuthValues& values) {
  TQ_ASSIGN(const Secret user, values.text(entry.basic_user));
  TQ_ASSIGN(const Secret password, values.text(entry.basic_password));
  TQ_TRY(fit_for_header(entry.basic_user, user));
  TQ_TRY(fit_for_header(entry.basic_password, password));
  if (user.reveal().find(':') != std::string_view::npos)
    return Error{Status::kConfig,
                 "the value of " + entry.basic_user +
                     " holds a colon, which a user's name cannot have in Basic authentication",
                 entry.basic_user};
  std::string pair(user.reveal());
  pair += ':';
  pair += password.reveal();
  std::string header = "Basic " + base64(pair);
  wipe(pair);
  Secret out(header);
  wipe(header);
  return out;
}

}  // namespace

Result<Secret> AuthValues::text(const std::string& pointer) const {
  if (const auto secret = secrets.find(pointer); secret != secrets.end()) return secret->second;
  const Json* const value = json_at(settings, pointer);
  if (value == nullptr || value->is_null())
    return Error{Status::kConfig,
                 "the setting " + pointer + " is needed to authenticate and is not set", pointer};
  if (value->is_string()) return Secret(value->get_ref<const std::string&>());
  if (value->is_number() || value->is_boolean()) return Secret(dump_json(*value));
  return Error{Status::kConfig, "the setting " + pointer + " is no text to authenticate with",
               pointer};
}

Result<Template> Template::fill(std::string_view text, const AuthValues& values) {
  if (!is_header_value(text))
    return Error{Status::kConfig, "a template of the manifest holds a control character"};
  TQ_ASSIGN(auto parts, parse_auth_template(text));
  Template filled(std::move(parts));
  for (const std::string& pointer : settings_of(filled.parts_)) {
    TQ_ASSIGN(Secret value, values.text(pointer));
    filled.values_.insert_or_assign(pointer, std::move(value));
  }
  // What is only signed, or signs, never stands in the header itself.
  for (const TemplatePart& part : filled.parts_)
    if (part.kind == TemplatePart::Kind::kSetting)
      TQ_TRY(fit_for_header(part.text, filled.values_.at(part.text)));
  return filled;
}

std::string Template::evaluate(const Attempt& attempt) const {
  std::string out;
  append(parts_, attempt, &out);
  return out;
}

void Template::append(const std::vector<TemplatePart>& parts, const Attempt& attempt,
                      std::string* out) const {
  for (const TemplatePart& part : parts) {
    switch (part.kind) {
      case TemplatePart::Kind::kText:
        *out += part.text;
        break;
      case TemplatePart::Kind::kSetting:
        *out += values_.at(part.text).reveal();
        break;
      case TemplatePart::Kind::kUnixSeconds:
        *out += std::to_string(attempt.unix_s);
        break;
      case TemplatePart::Kind::kMethod:
        *out += attempt.method;
        break;
      case TemplatePart::Kind::kTarget:
        *out += attempt.target;
        break;
      case TemplatePart::Kind::kHmacSha256: {
        std::string text;
        append(part.inner, attempt, &text);
        *out += base64(hmac_sha256(values_.at(part.text).reveal(), text));
        wipe(text);
        break;
      }
    }
  }
}

Result<std::shared_ptr<const Auth>> Auth::fill(const std::string& name, const AuthEntry& entry,
                                               const AuthValues& values) {
  const std::string where = "auth entry \"" + name + "\"";
  auto auth = std::make_shared<Auth>();
  for (const auto& [header, text] : entry.set) {
    if (!is_token(header) || is_host_header(header))
      return Error{Status::kConfig, where + ": an entry cannot set the header \"" +
                                        printable(header) + "\"; see the plugin's manifest"};
    auto filled = Template::fill(text, values);
    if (!filled) return std::move(filled.error()).in(where);
    auth->headers_.emplace_back(header, filled.take());
  }
  if (!entry.basic_user.empty()) {
    auto header = basic(entry, values);
    if (!header) return std::move(header.error()).in(where);
    auth->basic_ = header.take();
  }
  return std::shared_ptr<const Auth>(std::move(auth));
}

bool Auth::sets(std::string_view header) const {
  if (!basic_.empty() && equal_no_case(header, kAuthorization)) return true;
  return std::any_of(headers_.begin(), headers_.end(),
                     [&](const auto& each) { return equal_no_case(each.first, header); });
}

void Auth::authorize(const Attempt& attempt, Headers* headers) const {
  for (const auto& [name, value] : headers_) headers->emplace_back(name, value.evaluate(attempt));
  if (!basic_.empty()) headers->emplace_back(kAuthorization, basic_.reveal());
}

}  // namespace tq
