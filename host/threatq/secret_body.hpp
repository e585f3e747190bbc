// SPDX-License-Identifier: Apache-2.0
// A request body that is wiped when it goes away. Fixed once made; any thread.
#pragma once

#include <memory>
#include <string>

#include "core/secret.hpp"
#include "net/body.hpp"

namespace tq {

class SecretBody : public Body {
 public:
  explicit SecretBody(Secret text) : text_(std::move(text)) {}
  uint64_t size() const override { return text_.reveal().size(); }
  Result<void> read(const std::function<Result<void>(std::string_view)>& take) const override {
    return take(text_.reveal());
  }

 private:
  const Secret text_;
};

// Takes the text and wipes the caller's.
inline std::shared_ptr<const Body> secret_body(std::string* text) {
  auto body = std::make_shared<SecretBody>(Secret(*text));
  wipe(*text);
  return body;
}

}  // namespace tq
