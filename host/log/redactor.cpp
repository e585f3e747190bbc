// SPDX-License-Identifier: Apache-2.0
#include "log/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr std::string_view kMask = "***";
constexpr size_t kShortestSecret = 4;

bool word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

// As it stands between the quotes of a JSON text.
std::string json_escaped(std::string_view text) {
  const std::string quoted = dump_json(std::string(text));
  return quoted.substr(1, quoted.size() - 2);
}

// "%2F" -> "%2f": the other way to write it, of which the rest keeps its letters.
std::string lower_escapes(std::string text) {
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1))
    for (size_t i = at + 1; i < std::min(at + 3, text.size()); ++i)
      text[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  return text;
}

// A blank as a form has it.
std::string form_encoded(std::string text) {
  for (size_t at = text.find("%20"); at != std::string::npos; at = text.find("%20", at + 1))
    text.replace(at, 3, "+");
  return text;
}

// Where the value behind a key ends: the closing quote, or the first character that separates.
size_t value_end(std::string_view text, size_t at, bool quoted, bool to_line_end) {
  if (quoted) {
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    return std::min(at, text.size());
  }
  const std::string_view stop = to_line_end ? "\r\n" : " \t\r\n&;,)}]\"'";
  return std::min(text.find_first_of(stop, at), text.size());
}

}  // namespace

struct Redactor::Lists {
  mutable std::shared_mutex mutex;
  std::vector<std::string> values;  // longest first: a secret may be part of another
  std::vector<std::string> keys = {
      "authorization",  "proxy-authorization", "x-auth-token", "password",      "passwd",
      "secret",         "client_secret",       "access_token", "refresh_token", "api_key",
      "api_secret_key", "secret_key",          "token"};
};

Redactor::Redactor() : lists_(std::make_unique<Lists>()) {}
Redactor::~Redactor() = default;

void Redactor::add_value(std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  const std::string encoded = percent_encode(secret);
  std::vector<std::string> forms = {std::string(secret),    encoded,
                                    lower_escapes(encoded), form_encoded(encoded),
                                    json_escaped(secret),   base64(secret)};
  // Within a longer base64 text the secret stands at one of three offsets: those digits that do not
  // depend on neighbours.
  for (size_t offset = 1; offset <= 2; ++offset) {
    std::string padded(offset, ' ');
    padded += secret;
    const std::string text = base64(padded);
    const size_t whole = padded.size() / 3 * 4;
    if (whole > 4 + 8) forms.push_back(text.substr(4, whole - 4));
  }
  if (const size_t whole = secret.size() / 3 * 4; whole >= 8)
    forms.push_back(base64(secret).substr(0, whole));
  const std::unique_lock lock(lists_->mutex);
  for (std::string& form : forms)
    if (std::find(lists_->values.begin(), lists_->values.end(), form) == lists_->values.end())
      lists_->values.push_back(std::move(form));
  std::stable_sort(lists_->values.begin(), lists_->values.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void Redactor::add_key(std::string_view key) {
  const std::unique_lock lock(lists_->mutex);
  lists_->keys.push_back(to_lower(key));
}

bool Redactor::is_secret_key(std::string_view key) const {
  const std::shared_lock lock(lists_->mutex);
  return std::find(lists_->keys.begin(), lists_->keys.end(), to_lower(key)) != lists_->keys.end();
}

std::string Redactor::clean(std::string_view text) const {
  std::string out(text);
  {
    const std::shared_lock lock(lists_->mutex);
    for (const std::string& value : lists_->values)
      for (size_t at = out.find(value); at != std::string::npos;
           at = out.find(value, at + kMask.size()))
        out.replace(at, value.size(), kMask);
  }
  // key=value, "key":"value", Key: value
  for (size_t at = out.find_first_of("=:"); at != std::string::npos;
       at = out.find_first_of("=:", at + 1)) {
    size_t key_end = at;
    const bool quoted_key = key_end > 0 && out[key_end - 1] == '"';
    if (quoted_key) --key_end;
    size_t key_begin = key_end;
    while (key_begin > 0 && word_char(out[key_begin - 1])) --key_begin;
    if (key_begin == key_end ||
        !is_secret_key(std::string_view(out).substr(key_begin, key_end - key_begin)))
      continue;
    size_t begin = at + 1;
    while (begin < out.size() && out[begin] == ' ') ++begin;
    // "POST https://tq.example/api/token: Connection refused": the end of a path and a reason,
    // which a person needs.
    const bool path = key_begin > 0 && out[key_begin - 1] == '/' && !quoted_key;
    if (path && out[at] == ':' && begin > at + 1) continue;
    const bool quoted = begin < out.size() && out[begin] == '"';
    if (quoted) ++begin;
    // A header's value has blanks ("Bearer abc"); a query's has none.
    const bool header = out[at] == ':' && !quoted_key;
    const size_t end = value_end(out, begin, quoted, header);
    if (end > begin) out.replace(begin, end - begin, kMask);
    at = begin;
  }
  return out;
}

}  // namespace tq
