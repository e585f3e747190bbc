// SPDX-License-Identifier: Apache-2.0
#include "core/secret.hpp"

#include <cstring>

namespace tq {

Secret::~Secret() { wipe(text_); }

void wipe(char* bytes, size_t size) { explicit_bzero(bytes, size); }

void wipe(std::string& text) {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace tq
