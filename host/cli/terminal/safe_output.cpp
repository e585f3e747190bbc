// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/safe_output.hpp"

#include "core/shown.hpp"

namespace tq {

SafeOutput::SafeOutput(std::ostream& stream, bool terminal)
    : stream_(stream), below_(stream.rdbuf()), terminal_(terminal) {
  stream_.rdbuf(this);
}

SafeOutput::~SafeOutput() {
  static_cast<void>(pass({}));
  below_->pubsync();
  // rdbuf() forgets that writing failed.
  const auto state = stream_.rdstate();
  stream_.rdbuf(below_);
  stream_.clear(state);
}

bool SafeOutput::pass(std::string_view bytes) {
  const std::string begun = shown(begun_, Lines::kMany);
  begun_.clear();
  const auto put = [this](std::string_view text) {
    const auto size = static_cast<std::streamsize>(text.size());
    return below_->sputn(text.data(), size) == size;
  };
  return put(begun) && put(bytes);
}

std::streamsize SafeOutput::xsputn(const char* bytes, std::streamsize size) {
  std::string whole = std::move(begun_);
  whole.append(bytes, static_cast<size_t>(size));
  const size_t cut = cut_character_bytes(whole);
  const std::string text =
      shown(std::string_view(whole).substr(0, whole.size() - cut), Lines::kMany);
  begun_ = whole.substr(whole.size() - cut);
  const auto length = static_cast<std::streamsize>(text.size());
  return below_->sputn(text.data(), length) == length ? size : 0;
}

SafeOutput::int_type SafeOutput::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char byte = traits_type::to_char_type(c);
  return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
}

int SafeOutput::sync() { return below_->pubsync(); }

void print_control(std::ostream& out, std::string_view sequence) {
  if (auto* const safe = dynamic_cast<SafeOutput*>(out.rdbuf())) {
    if (!safe->pass(sequence)) out.setstate(std::ios::badbit);
  } else {
    out << sequence;
  }
}

void print_data(std::ostream& out, std::string_view bytes) {
  auto* const safe = dynamic_cast<SafeOutput*>(out.rdbuf());
  if (safe != nullptr && !safe->terminal()) {
    if (!safe->pass(bytes)) out.setstate(std::ios::badbit);
  } else {
    out << bytes;
  }
}

}  // namespace tq
