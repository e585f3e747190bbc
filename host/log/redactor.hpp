// SPDX-License-Identifier: Apache-2.0
// Redactor: replaces secrets in text by "***", by their values (plain, percent-encoded, base64,
// JSON-escaped) and by the names of keys that hold secrets. All members from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tq {

class Redactor {
 public:
  Redactor();
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  // A value to hide from now on. Shorter than 4 bytes are ignored: they would blacken ordinary
  // text.
  void add_value(std::string_view secret);
  // A key (of a header, a query parameter, a log field) whose value is always hidden, without case.
  void add_key(std::string_view key);

  std::string clean(std::string_view text) const;
  bool is_secret_key(std::string_view key) const;

 private:
  struct Lists;
  std::unique_ptr<Lists> lists_;
};

}  // namespace tq
