// SPDX-License-Identifier: Apache-2.0
#include "cli/guide_options.hpp"

#include <algorithm>
#include <utility>

#include "cli/guide_table.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

// "-5" and "-.5" are values, because no option looks like them.
bool is_negative_number(std::string_view word) {
  const std::string_view digits = word.substr(1);
  const size_t point = digits.find('.');
  const auto all_digits = [](std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (point == std::string_view::npos) return !digits.empty() && all_digits(digits);
  return point + 1 < digits.size() && all_digits(digits.substr(0, point)) &&
         all_digits(digits.substr(point + 1));
}

// What a word of the command line is.
struct Reading {
  enum Kind { kWord, kOption, kUnknown, kAmbiguous } kind = kWord;
  const GuideRow* row = nullptr;
  std::optional<std::string> value{};  // "3" of -v3, "/x" of --config=/x
  bool attached = false;               // the value stands right behind a short option, without "="
  std::vector<std::string> candidates{};  // of kAmbiguous
};

class Parser {
 public:
  Parser(OptionSet set, const std::vector<std::string>& arguments)
      : set_(set), arguments_(arguments) {}

  Result<GuideOptions> parse() {
    while (next_ < arguments_.size() && !out_.help) {
      const std::string& word = arguments_[next_++];
      if (word == "--") {
        for (; next_ < arguments_.size(); ++next_) TQ_TRY(take_word(arguments_[next_]));
        break;
      }
      TQ_TRY(take(word));
    }
    return std::move(out_);
  }

 private:
  static Error wrong(std::string message) { return {Status::kConfig, std::move(message)}; }

  // Options that are refused answer to their whole name only: a shorter one means another option.
  const GuideRow* exact(std::string_view name) const {
    for (const GuideRow& row : guide_rows())
      if (row.of(set_).use != Use::kUnknown && (row.short_name == name || row.long_name == name))
        return &row;
    return nullptr;
  }

  bool offered(const GuideRow& row) const {
    const Use use = row.of(set_).use;
    return use == Use::kTaken || use == Use::kNoEffect;
  }

  // "--log=/x" for --loglocation=/x.
  std::vector<Reading> long_matches(std::string_view word) const {
    const size_t equals = word.find('=');
    const std::string_view prefix = word.substr(0, equals);
    std::vector<Reading> out;
    for (const GuideRow& row : guide_rows()) {
      if (!offered(row) || row.long_name.rfind(prefix, 0) != 0) continue;
      Reading reading{Reading::kOption, &row};
      if (equals != std::string_view::npos) reading.value = word.substr(equals + 1);
      reading.candidates = {std::string(row.long_name)};
      out.push_back(std::move(reading));
    }
    return out;
  }

  // "-v3", and "-e" for -ep.
  std::vector<Reading> short_matches(std::string_view word) const {
    std::vector<Reading> out;
    for (const GuideRow& row : guide_rows()) {
      if (!offered(row)) continue;
      Reading reading{Reading::kOption, &row};
      if (row.short_name == word.substr(0, 2)) {
        reading.value = word.substr(2);
        reading.attached = true;
      } else if (row.short_name.rfind(word, 0) != 0) {
        continue;
      }
      reading.candidates = {std::string(row.short_name)};
      out.push_back(std::move(reading));
    }
    return out;
  }

  Reading read(std::string_view word) const {
    if (word.size() < 2 || word.front() != '-') return {};
    if (const GuideRow* row = exact(word)) return {Reading::kOption, row};
    if (const size_t equals = word.find('='); equals != std::string_view::npos)
      if (const GuideRow* row = exact(word.substr(0, equals)))
        return {Reading::kOption, row, std::string(word.substr(equals + 1))};
    std::vector<Reading> matches = word[1] == '-' ? long_matches(word) : short_matches(word);
    if (matches.size() == 1) return std::move(matches.front());
    if (matches.size() > 1) {
      Reading ambiguous{Reading::kAmbiguous};
      for (const Reading& match : matches) ambiguous.candidates.push_back(match.candidates.front());
      return ambiguous;
    }
    const bool value = is_negative_number(word) || word.find(' ') != std::string_view::npos;
    return {value ? Reading::kWord : Reading::kUnknown};
  }

  Result<void> take(const std::string& word) {
    Reading reading = read(word);
    if (reading.kind == Reading::kWord) return take_word(word);
    if (reading.kind == Reading::kAmbiguous)
      return wrong(printable(word, 60) + " could be " + join(reading.candidates, " or "));
    if (reading.kind == Reading::kUnknown)
      return wrong(printable(word.substr(0, word.find('=')), 60) + " is no option of this command");
    return take_option(std::move(reading));
  }

  Result<void> take_word(const std::string& word) {
    if (set_ != OptionSet::kBridge)
      return wrong("\"" + printable(word, 60) + "\" is more than this command takes");
    out_.words.push_back(word);
    return {};
  }

  Result<void> take_option(Reading reading) {
    while (true) {
      const GuideRow& row = *reading.row;
      if (row.of(set_).use == Use::kRefused)
        return wrong(std::string(row.short_name) +
                     " does not exist here: " + std::string(row.of(set_).text));
      if (!row.metavar.empty()) return take_value(row, std::move(reading.value));
      if (!reading.value) {
        set_flag(row);
        return {};
      }
      // "-dv3": what is attached to a flag are more options.
      const std::string rest = *reading.value;
      const GuideRow* next =
          reading.attached && !rest.empty() ? exact("-" + rest.substr(0, 1)) : nullptr;
      if (next == nullptr) return wrong(std::string(row.short_name) + " takes no value");
      set_flag(row);
      if (out_.help) return {};
      reading = {Reading::kOption, next};
      if (rest.size() > 1) {
        reading.value = rest.substr(1);
        reading.attached = true;
      }
    }
  }

  Result<void> take_value(const GuideRow& row, std::optional<std::string> value) {
    if (!value && next_ < arguments_.size() && arguments_[next_] != "--" &&
        read(arguments_[next_]).kind == Reading::kWord)
      value = arguments_[next_++];
    if (!value || value->empty())
      return wrong(std::string(row.short_name) + " needs a value: " + std::string(row.short_name) +
                   " " + std::string(row.metavar));
    switch (row.option) {
      case GuideOption::kLogLocation:
        out_.log_location = std::move(value);
        break;
      case GuideOption::kConfig:
        out_.config = std::move(value);
        break;
      case GuideOption::kName:
        out_.name = std::move(value);
        break;
      case GuideOption::kHistorical:
        out_.historical = std::move(value);
        break;
      default:
        if (*value != "1" && *value != "2" && *value != "3")
          return wrong("-v takes 1, 2 or 3, not \"" + printable(*value, 60) + "\"");
        out_.verbosity = value->front() - '0';
    }
    return {};
  }

  void set_flag(const GuideRow& row) {
    if (row.of(set_).use == Use::kNoEffect) {
      out_.warnings.push_back(std::string(row.short_name) +
                              " has no effect: nothing that this connector does uses it");
      return;
    }
    if (row.option == GuideOption::kHelp) out_.help = true;
    if (row.option == GuideOption::kExternalProxy) out_.external_proxy = true;
    if (row.option == GuideOption::kNoDifferential) out_.no_differential = true;
  }

  const OptionSet set_;
  const std::vector<std::string>& arguments_;
  size_t next_ = 0;
  GuideOptions out_;
};

}  // namespace

Result<GuideOptions> parse_guide_options(OptionSet set, const std::vector<std::string>& arguments) {
  return Parser(set, arguments).parse();
}

}  // namespace tq
