// SPDX-License-Identifier: Apache-2.0
#include "schema/ini.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A value ends up in JSON, which has no other text.
bool is_utf8(std::string_view text) {
  const std::string printed = dump_json(Json(std::string(text)));
  const auto back = parse_json(printed, "a line");
  return back && back->get_ref<const std::string&>() == text;
}

class IniReader {
 public:
  IniReader(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  Result<std::vector<IniEntry>> read() {
    if (rest_.rfind(kByteOrderMark, 0) == 0) rest_.remove_prefix(kByteOrderMark.size());
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      ++line_;
      TQ_TRY(take(rest_.substr(0, end)));
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    }
    return std::move(entries_);
  }

 private:
  Error wrong(const std::string& what) const {
    return {Status::kConfig, std::string(name_) + ":" + std::to_string(line_) + ": " + what};
  }

  Result<void> take(std::string_view line) {
    const std::string_view text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    if (!is_utf8(text)) return wrong("the line is not UTF-8; save the file in that encoding");
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (indented) return go_on(text);
    if (text.front() == '[') return begin_section(text);
    return begin_value(text);
  }

  Result<void> go_on(std::string_view text) {
    if (!in_value_)
      return wrong("the line begins with a blank, but there is no value that it could go on with");
    entries_.back().value.append(entries_.back().value.empty() ? "" : "\n").append(text);
    return {};
  }

  Result<void> begin_section(std::string_view text) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong("the section has no \"]\"");
    section_ = std::string(trim(text.substr(1, end - 1)));
    in_value_ = false;
    return {};
  }

  Result<void> begin_value(std::string_view text) {
    const size_t at = text.find_first_of("=:");
    if (at == std::string_view::npos || trim(text.substr(0, at)).empty())
      return wrong("neither a [section] nor KEY = VALUE nor a comment");
    entries_.push_back({section_, std::string(trim(text.substr(0, at))),
                        std::string(trim(text.substr(at + 1))), line_});
    in_value_ = true;
    return {};
  }

  std::string_view rest_;
  const std::string_view name_;
  size_t line_ = 0;
  std::string section_;
  bool in_value_ = false;
  std::vector<IniEntry> entries_;
};

}  // namespace

Result<std::vector<IniEntry>> parse_ini(std::string_view text, std::string_view name) {
  return IniReader(text, name).read();
}

}  // namespace tq
