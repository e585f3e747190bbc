// SPDX-License-Identifier: Apache-2.0
#include "core/json.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "core/json_memory.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kDeepest = 64;
constexpr size_t kNameBytesMost = 4096;

size_t line_of(std::string_view text, size_t position) {
  const size_t end = std::min(position, text.size());
  return 1 + static_cast<size_t>(
                 std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(end), '\n'));
}

// An iterator over the text that tells how far the parser has read: nlohmann's SAX events carry no
// position.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** furthest = nullptr;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    if (furthest != nullptr) *furthest = at;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
  bool operator!=(const CountingIterator& other) const { return at != other.at; }
};

// Builds the document, checks what nlohmann does not, and notes the line of each value.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, const char** at, std::map<std::string, size_t>* lines)
      : text_(text), at_(at), lines_(lines) {}

  // What is given up because memory is missing must take none to go.
  ~Builder() override { dismantle(root_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Frame& frame = stack_.back();
    if (frame.value->contains(name))
      return fail("the key \"" + printable(name) + "\" stands twice");
    frame.key = std::move(name);
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    std::string reason = error.what();
    // nlohmann opens with "[json.exception.parse_error.101] parse error at line 1, column 2: ";
    // people need the rest.
    if (const size_t colon = reason.find(": "); colon != std::string::npos)
      reason.erase(0, colon + 2);
    // What was read last may be a secret with a mistyped quote.
    if (const size_t read = reason.find("; last read: "); read != std::string::npos)
      reason.erase(read);
    position_ = position > 0 ? position - 1 : 0;
    reason_ = std::move(reason);
    return false;
  }

  Json take() { return std::move(root_); }
  Status status() const { return too_many_ ? Status::kData : Status::kConfig; }
  std::string reason() const { return reason_.empty() ? "not JSON" : reason_; }
  size_t line() const { return line_of(text_, position_.value_or(here())); }

 private:
  struct Frame {
    Json* value;
    std::string key;
    std::string pointer;
  };

  size_t here() const {
    const auto read = static_cast<size_t>(*at_ - text_.data());
    return read > 0 ? read - 1 : 0;
  }

  bool fail(std::string reason) {
    reason_ = std::move(reason);
    position_ = here();
    return false;
  }

  Json* place(Json value, std::string* pointer) {
    Json* slot = &root_;
    if (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.value->is_array()) {
        if (lines_ != nullptr)
          *pointer = pointer_join(frame.pointer, std::to_string(frame.value->size()));
        frame.value->push_back(std::move(value));
        slot = &frame.value->back();
      } else {
        if (lines_ != nullptr) *pointer = pointer_join(frame.pointer, frame.key);
        slot = &(*frame.value)[frame.key];
        *slot = std::move(value);
      }
    } else {
      root_ = std::move(value);
    }
    if (lines_ != nullptr) {
      advance_line();
      (*lines_)[*pointer] = line_;
    }
    return slot;
  }

  // Lines are counted onwards from the last value: the whole document is walked once.
  void advance_line() {
    const size_t now = here();
    const auto begin = text_.begin() + static_cast<ptrdiff_t>(std::min(counted_, now));
    line_ +=
        static_cast<size_t>(std::count(begin, text_.begin() + static_cast<ptrdiff_t>(now), '\n'));
    counted_ = std::max(counted_, now);
  }

  bool count() {
    too_many_ = ++values_ > kMostJsonValues;
    return !too_many_ || fail("more than 1,000,000 values");
  }

  bool add(Json value) {
    if (!count()) return false;
    std::string pointer;
    place(std::move(value), &pointer);
    return true;
  }

  bool open(Json empty) {
    if (!count()) return false;
    if (stack_.size() >= kDeepest) return fail("nested deeper than 64 levels");
    std::string pointer;
    Json* slot = place(std::move(empty), &pointer);
    stack_.push_back({slot, {}, std::move(pointer)});
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view text_;
  const char** at_;
  std::map<std::string, size_t>* lines_;
  Json root_;
  std::vector<Frame> stack_;
  std::string reason_;
  std::optional<size_t> position_;
  size_t line_ = 1;
  size_t counted_ = 0;
  size_t values_ = 0;
  bool too_many_ = false;
};

Result<Json> parse(std::string_view text, std::string_view name, Comments comments,
                   std::map<std::string, size_t>* lines) {
  const char* furthest = text.data();
  Builder builder(text, &furthest, lines);
  const CountingIterator begin{text.data(), &furthest};
  const CountingIterator end{text.data() + text.size(), nullptr};
  const bool good =
      Json::sax_parse(begin, end, &builder, Json::input_format_t::json,
                      /*strict=*/true, /*ignore_comments=*/comments == Comments::kAllow);
  if (!good)
    return Error{builder.status(), printable(name, kNameBytesMost) + ":" +
                                       std::to_string(builder.line()) + ": " + builder.reason()};
  return builder.take();
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view name, Comments comments) {
  return parse(text, name, comments, nullptr);
}

Result<JsonDocument> parse_json_document(std::string_view text, std::string_view name,
                                         Comments comments) {
  JsonDocument document;
  document.name = name;
  TQ_ASSIGN(document.root, parse(text, name, comments, &document.lines));
  return document;
}

std::string JsonDocument::place(const std::string& pointer) const {
  const auto found = lines.find(pointer);
  return found == lines.end() ? name : name + ":" + std::to_string(found->second);
}

std::string dump_json(const Json& json) {
  return escape_hidden(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string pretty_json(const Json& json) {
  return escape_hidden(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

void dismantle(Json& json) noexcept {
  // As deep as a document may be; what is left of each is empty, which takes nothing to destroy.
  if (json.is_array()) {
    auto& list = json.get_ref<Json::array_t&>();
    for (; !list.empty(); list.pop_back()) dismantle(list.back());
  } else if (json.is_object()) {
    auto& members = json.get_ref<Json::object_t&>();
    for (; !members.empty(); members.pop_back()) dismantle(members.back().second);
  }
}

std::string pointer_join(std::string_view parent, std::string_view token) {
  std::string out(parent);
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

const Json* json_at(const Json& root, std::string_view pointer) {
  const Json* at = &root;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const size_t end = pointer.find('/');
    std::string token;
    for (size_t i = 0; i < std::min(end, pointer.size()); ++i) {
      if (pointer[i] == '~' && i + 1 < pointer.size() &&
          (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
        token += pointer[++i] == '0' ? '~' : '/';
      } else {
        token += pointer[i];
      }
    }
    pointer.remove_prefix(std::min(end, pointer.size()));
    if (at->is_object()) {
      const auto member = at->find(token);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else if (at->is_array()) {
      size_t index = 0;
      const auto [rest, code] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (code != std::errc() || rest != token.data() + token.size() || index >= at->size())
        return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::string text_at(const Json& object, const char* key, std::string_view fallback) {
  if (object.is_object())
    if (const auto member = object.find(key); member != object.end() && member->is_string())
      return member->get<std::string>();
  return std::string(fallback);
}

}  // namespace tq
