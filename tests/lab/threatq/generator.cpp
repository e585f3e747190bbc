// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/generator.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "lab/threatq/scramble.hpp"

namespace lab::threatq {
namespace {

// A fixed end, so that the same seed gives the same times: 2026-01-01 00:00:00.
constexpr Seconds kNewestGenerated = 1'767'225'600;
constexpr Seconds kSpanSeconds = 2 * 365 * 86'400;
constexpr std::uint64_t kDisturbedOf = 64;  // one of so many
constexpr std::size_t kTextBytes = 48;      // about, of a value

constexpr std::array<std::string_view, 8> kWords = {"update", "secure", "mail",  "cdn",
                                                    "login",  "static", "cloud", "files"};
constexpr std::array<std::string_view, 6> kEnds = {"com", "net", "org", "info", "ru", "top"};
constexpr std::array<std::string_view, 4> kSuffixes = {".exe", ".dll", ".docm", ".js"};

void append_hex(std::uint64_t number, int digits, std::string& to) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    to += "0123456789abcdef"[number >> shift & 15];
}

void append_letters(std::uint64_t number, std::string& to) {
  do {
    to += "abcdefghijklmnopqrstuvwxyz0123456789"[number % 36];
    number /= 36;
  } while (number > 0);
}

// Different for each number below 2^24.
std::uint32_t spread24(std::uint64_t number) {
  return static_cast<std::uint32_t>(number * 0x9e3779b1U) & 0xffffff;
}

void append_octets(std::uint32_t three, std::string& to) {
  for (const int shift : {16, 8, 0}) {
    to += '.';
    to += std::to_string(three >> shift & 255);
  }
}

void append_name(std::uint64_t number, std::uint64_t dice, std::string& to) {
  to += kWords[dice % kWords.size()];
  if (dice / 8 % 3 == 0) to += '.';
  if (dice / 8 % 3 == 1) to += '-';
  append_letters(number, to);
  to += static_cast<char>('g' + dice / 32 % 16);  // ends the number, so that each name is another
  to += '.';
  to += kEnds[dice / 512 % kEnds.size()];
}

}  // namespace

Generator::Generator(const Catalogue& catalogue, std::uint64_t seed, bool messy)
    : seed_(seed), messy_(messy) {
  const std::array<const char*, 10> names = {"MD5",        "SHA-256",      "SHA-1", "FQDN",
                                             "IP Address", "IPv6 Address", "URL",   "Email Address",
                                             "CIDR Block", "Filename"};
  for (std::size_t i = 0; i < names.size(); ++i)
    types_[i] = catalogue.type(std::string_view(names[i])).value();
  active_ = catalogue.status(std::string_view("Active")).value();
  expired_ = catalogue.status(std::string_view("Expired")).value();
  indirect_ = catalogue.status(std::string_view("Indirect")).value();
  review_ = catalogue.status(std::string_view("Review")).value();
  whitelisted_ = catalogue.status(std::string_view("Whitelisted")).value();
}

void Generator::fill(IndicatorStore& store, std::size_t count) {
  store.reserve(count, count * kTextBytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto made = static_cast<Seconds>(i + 1), of = static_cast<Seconds>(count);
    const Seconds age = kSpanSeconds - kSpanSeconds * made / of;
    add(store, kNewestGenerated - age, false);
  }
}

void Generator::add_newest(IndicatorStore& store, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) add(store, now(), true);
}

void Generator::add(IndicatorStore& store, Seconds created, bool fresh) {
  const std::uint64_t dice = scrambled(seed_, ++made_);
  const Form form = form_of(dice);
  value_.clear();
  write_value(form, scrambled(dice, 1));
  if (const std::uint64_t again = scrambled(dice, 2); again % kDisturbedOf == 0)
    disturb(form, again / kDisturbedOf);
  NewIndicator row;
  row.id = (store.rows() == 0 ? 0 : store.id(store.rows() - 1)) + IndicatorStore::kLeastGap +
           static_cast<IndicatorId>(scrambled(dice, 3) % 3);
  row.value = value_;
  row.type = types_[static_cast<std::size_t>(form)];
  const std::uint64_t lot = scrambled(dice, 4);
  const std::uint64_t share = lot % 100;
  row.status = share < 70   ? active_
               : share < 75 ? expired_
               : share < 85 ? indirect_
               : share < 97 ? review_
                            : whitelisted_;
  row.score = static_cast<std::uint8_t>(lot / 100 % 11);
  row.created = created;
  row.updated = fresh ? created : created + static_cast<Seconds>(lot / 1100 % (30 * 86'400));
  row.touched = fresh ? created : row.updated + static_cast<Seconds>(lot >> 40) % 86'400;
  row.generated = true;
  store.add(row);
}

Generator::Form Generator::form_of(std::uint64_t dice) const {
  const std::uint64_t share = dice % 100;
  if (share < 25) return Form::kMd5;
  if (share < 45) return Form::kSha256;
  if (share < 65) return Form::kFqdn;
  if (share < 82) return Form::kIpv4;
  if (share < 84) return Form::kIpv6;
  if (share < 91) return Form::kSha1;
  if (share < 95) return Form::kUrl;
  if (share < 97) return Form::kEmail;
  if (share < 98) return Form::kCidr;
  return Form::kFilename;
}

void Generator::write_value(Form form, std::uint64_t dice) {
  std::string& to = value_;
  const auto hex = [&](int words) {
    for (int i = 0; i < words; ++i) append_hex(scrambled(dice, static_cast<unsigned>(i)), 16, to);
  };
  switch (form) {
    case Form::kMd5:
      return hex(2);
    case Form::kSha256:
      return hex(4);
    case Form::kSha1:
      hex(2);
      return append_hex(scrambled(dice, 9), 8, to);
    case Form::kFqdn:
      return append_name(made_, dice, to);
    case Form::kIpv4:
    case Form::kCidr:  // the first octet is neither private nor reserved
      to += std::to_string(11 + dice % 100);
      append_octets(spread24(made_), to);
      if (form == Form::kCidr) to += "/32";
      return;
    case Form::kIpv6:
      to += "2a0" + std::to_string(dice % 10) + ":";
      append_hex(dice >> 8 & 0xffff, 4, to);
      to += dice % 3 == 0 ? "::" : ":0:0:0:0:";
      append_hex(spread24(made_) >> 12, 3, to);
      to += ':';
      return append_hex(spread24(made_) & 0xfff, 3, to);
    case Form::kUrl:
      to += dice % 2 == 0 ? "http://" : "https://";
      append_name(made_, dice, to);
      to += "/gate.php?id=";
      return append_hex(dice >> 16, 6, to);
    case Form::kEmail:
      to += "invoice.";
      append_letters(dice % 1'000'000, to);
      to += '@';
      return append_name(made_, dice, to);
    case Form::kFilename:
      to += kWords[dice % kWords.size()];
      to += '_';
      append_hex(made_, 7, to);
      to += kSuffixes[dice / 8 % kSuffixes.size()];
      return;
  }
}

void Generator::disturb(Form form, std::uint64_t dice) {
  const bool exact = form <= Form::kIpv6 && form != Form::kSha1;
  const std::uint64_t kind = exact && !messy_ ? 0 : dice % 4;
  if (kind == 0) {
    std::transform(value_.begin(), value_.end(), value_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  if (kind == 1) value_ = "  " + value_ + " ";
  if (kind == 2) value_ += '.';
  if (kind == 3) value_.clear();
}

}  // namespace lab::threatq
