// SPDX-License-Identifier: Apache-2.0
#include "net/challenge.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kMostChallenges = 16;
constexpr size_t kMostParameters = 32;  // of one challenge

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != kMarks.npos;
}

bool is_token68_character(char c) { return is_token_character(c) || c == '/'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // False: the field is at its end, or cannot be read any further.
  bool read(std::vector<Challenge>* out) {
    skip([](char c) { return c == ' ' || c == '\t' || c == ','; });
    const std::string_view word = take(is_token_character);
    if (word.empty()) return false;
    skip(is_blank);
    if (text_.starts_with('=')) {  // a parameter of the challenge before
      if (out->empty() || out->back().parameters.size() >= kMostParameters) return false;
      text_.remove_prefix(1);
      return read_value(to_lower(word), &out->back());
    }
    if (out->size() >= kMostChallenges) return false;
    out->push_back({std::string(word), {}, {}});
    read_token(&out->back());
    return true;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }

  template <class Is>
  std::string_view take(Is&& is) {
    const auto end = std::find_if_not(text_.begin(), text_.end(), is);
    const std::string_view taken = text_.substr(0, static_cast<size_t>(end - text_.begin()));
    text_.remove_prefix(taken.size());
    return taken;
  }
  template <class Is>
  void skip(Is&& is) {
    static_cast<void>(take(is));
  }

  bool read_value(std::string name, Challenge* challenge) {
    skip(is_blank);
    std::string value;
    if (text_.starts_with('"')) {
      size_t end = 1;
      while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2U : 1U;
      if (end >= text_.size()) return false;
      value = text_.substr(1, end - 1);
      text_.remove_prefix(end + 1);
    } else {
      value = take(is_token68_character);
    }
    challenge->parameters.emplace_back(std::move(name), std::move(value));
    return true;
  }

  // A token fills all up to the next comma, and "=" stands at its end only.
  void read_token(Challenge* challenge) {
    const std::string_view before = text_;
    const std::string_view letters = take(is_token68_character);
    skip([](char c) { return c == '='; });
    const std::string_view token = before.substr(0, before.size() - text_.size());
    skip(is_blank);
    if (!letters.empty() && (text_.empty() || text_.starts_with(','))) {
      challenge->token = token;
    } else {
      text_ = before;
    }
  }

  std::string_view text_;
};

}  // namespace

bool Challenge::is(std::string_view name) const { return equal_no_case(scheme, name); }

const std::string* Challenge::find(std::string_view parameter) const {
  for (const auto& [name, value] : parameters)
    if (name == parameter) return &value;
  return nullptr;
}

std::vector<Challenge> parse_challenges(const Headers& fields, std::string_view name) {
  std::vector<Challenge> all;
  for (const auto& [field, value] : fields) {
    if (!equal_no_case(field, name)) continue;
    std::vector<Challenge> of_field;
    Reader reader(value);
    while (all.size() + of_field.size() < kMostChallenges && reader.read(&of_field)) {
    }
    std::move(of_field.begin(), of_field.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace tq
