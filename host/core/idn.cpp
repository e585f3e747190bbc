// SPDX-License-Identifier: Apache-2.0
#include "core/idn.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>

namespace tq {
namespace {

// No name needs more: 255 characters, of four bytes each.
constexpr size_t kLongestNameBytes = 4 * 255;
constexpr int kFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;

struct Free {
  void operator()(char* text) const { idn2_free(text); }
};

}  // namespace

Result<std::string> to_a_labels(std::string_view name) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(name.begin(), name.end(), ascii)) return std::string(name);
  if (name.size() > kLongestNameBytes) return Error{Status::kConfig, "it is too long"};
  if (name.find('\0') != std::string_view::npos)
    return Error{Status::kConfig, "it holds a zero byte"};
  char* raw = nullptr;
  const int error = idn2_to_ascii_8z(std::string(name).c_str(), &raw, kFlags);
  const std::unique_ptr<char, Free> text(raw);
  if (error == IDN2_MALLOC) return Error{Status::kTransient, "there is no memory for it"};
  if (error != IDN2_OK) return Error{Status::kConfig, idn2_strerror(error)};
  return std::string(text.get());
}

}  // namespace tq
