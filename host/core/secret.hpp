// SPDX-License-Identifier: Apache-2.0
// Secret: text that is wiped when it goes away and that no stream, formatter or comparison takes by
// accident. Whoever needs the text calls reveal() at the place where it is used. One owner; not for
// sharing between threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tq {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret& other) = default;
  Secret(Secret&& other) noexcept { swap(other); }
  Secret& operator=(Secret other) noexcept {
    swap(other);
    return *this;
  }
  ~Secret();

  bool empty() const { return text_.empty(); }
  std::string_view reveal() const { return text_; }

 private:
  void swap(Secret& other) noexcept { text_.swap(other.text_); }

  std::string text_;
};

// Overwrites the bytes in a way that the compiler may not leave out.
void wipe(char* bytes, size_t size);
void wipe(std::string& text);

}  // namespace tq
