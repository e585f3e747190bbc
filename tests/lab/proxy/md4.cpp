// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/md4.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace lab {
namespace {

using Words = std::array<std::uint32_t, 16>;
using State = std::array<std::uint32_t, 4>;

constexpr std::size_t kBlock = 64;

Words words_of(std::string_view block) {
  Words words{};
  for (std::size_t i = 0; i < kBlock; ++i)
    words[i / 4] |= std::uint32_t{static_cast<unsigned char>(block[i])} << (8 * (i % 4));
  return words;
}

std::uint32_t choose(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  return (x & y) | (~x & z);
}
std::uint32_t most(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  return (x & y) | (x & z) | (y & z);
}
std::uint32_t odd(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; }

// One round: sixteen steps, each of which changes one of the four words in turn.
template <class Mix>
void round(State& s, const Words& words, Mix&& mix, std::uint32_t added,
           const std::array<std::size_t, 16>& order, const std::array<int, 4>& turns) {
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t at = (16 - i) % 4;
    std::uint32_t& word = s[at];
    word += mix(s[(at + 1) % 4], s[(at + 2) % 4], s[(at + 3) % 4]) + words[order[i]] + added;
    word = std::rotl(word, turns[i % 4]);
  }
}

void take(State& state, std::string_view block) {
  const Words words = words_of(block);
  State s = state;
  round(s, words, choose, 0, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {3, 7, 11, 19});
  round(s, words, most, 0x5a827999, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
        {3, 5, 9, 13});
  round(s, words, odd, 0x6ed9eba1, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15},
        {3, 9, 11, 15});
  for (std::size_t i = 0; i < 4; ++i) state[i] += s[i];
}

}  // namespace

std::string md4(std::string_view bytes) {
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % kBlock != kBlock - 8) padded += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int i = 0; i < 8; ++i) padded += static_cast<char>(bits >> (8 * i) & 0xff);
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (std::size_t at = 0; at < padded.size(); at += kBlock)
    take(state, std::string_view(padded).substr(at, kBlock));
  std::string out;
  for (const std::uint32_t word : state)
    for (int i = 0; i < 4; ++i) out += static_cast<char>(word >> (8 * i) & 0xff);
  return out;
}

}  // namespace lab
