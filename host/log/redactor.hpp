// SPDX-License-Identifier: Apache-2.0
// Redactor: replaces secrets in text by "***": values it was given, however a server writes them
// back (log/patterns.hpp), and what stands behind keys that hold secrets (log/key_values.hpp). The
// one place that cuts a text for people, because a text is cleaned first and cut then. All members
// from any thread. It keeps copies of the values, and wipes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/secret.hpp"

namespace tq {

// What somebody else did to a text before it came here. At an end that was cut, a piece of a known
// value is hidden, too. So is one in front of "...", which says that a text was shortened.
enum class Cut {
  kUnknown,  // its end may have been cut, if it is long enough for that
  kTail,
  kHead,
  kBoth,
};

class Redactor {
 public:
  Redactor();
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  // A value to hide from now on. Shorter than 4 bytes are ignored: they would blacken ordinary
  // text.
  void add_value(std::string_view secret);
  // What stands together in Basic authentication.
  void add_pair(std::string_view user, std::string_view password);
  // A key (of a header, a query parameter, a log field) whose value is always hidden, without case.
  void add_key(std::string_view key);

  std::string clean(std::string_view text, Cut cut = Cut::kUnknown) const;
  // Cleaned, and then cut to `limit` bytes at a character's boundary.
  std::string clean_cut(std::string_view text, size_t limit, Cut cut = Cut::kUnknown) const;
  // The same for a message: control characters become '?', and "..." says that it was cut.
  std::string clean_printable(std::string_view text, size_t limit = 200,
                              Cut cut = Cut::kUnknown) const;
  bool is_secret_key(std::string_view key) const;

 private:
  friend class PassingSecret;
  struct Lists;
  void hold(std::string_view secret);
  void let_go(std::string_view secret);
  void retire(std::string_view secret);

  std::unique_ptr<Lists> lists_;
};

// A secret that is replaced as time goes by, such as an access token. Hidden are the present one
// and the one before it, which late lines may still quote; when this ends, they are among the few
// last ones of all that are still hidden. One thread at a time; the redactor outlives it.
class PassingSecret {
 public:
  explicit PassingSecret(Redactor& redactor) : redactor_(redactor) {}
  ~PassingSecret();
  PassingSecret(const PassingSecret&) = delete;
  PassingSecret& operator=(const PassingSecret&) = delete;

  void replace(std::string_view secret);

 private:
  Redactor& redactor_;
  Secret now_, before_;
};

}  // namespace tq
