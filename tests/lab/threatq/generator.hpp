// SPDX-License-Identifier: Apache-2.0
// Makes indicators as an instance with some feeds holds them: the same ones for the same seed, each
// value once. One thread; refers to the store.
#pragma once

#include <cstdint>
#include <string>

#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/store.hpp"

namespace lab::threatq {

class Generator {
 public:
  // Unless messy, nothing but upper case disturbs the values of addresses, names, MD5 and SHA-256,
  // so that a test can tell what an exporter must make of them.
  Generator(const Catalogue& catalogue, std::uint64_t seed, bool messy);

  // As if they had come in over the last years, the newest an hour ago.
  void fill(IndicatorStore& store, std::size_t count);

  // Created now, with the highest ids.
  void add_newest(IndicatorStore& store, std::size_t count);

 private:
  enum class Form : std::uint8_t {
    kMd5,
    kSha256,
    kSha1,
    kFqdn,
    kIpv4,
    kIpv6,
    kUrl,
    kEmail,
    kCidr,
    kFilename,
  };

  void add(IndicatorStore& store, Seconds created, bool fresh);
  Form form_of(std::uint64_t dice) const;
  void write_value(Form form, std::uint64_t dice);
  void disturb(Form form, std::uint64_t dice);

  const std::uint64_t seed_;
  const bool messy_;
  std::uint64_t made_ = 0;
  std::string value_;  // reused
  TypeIndex types_[10];
  StatusIndex active_, expired_, indirect_, review_, whitelisted_;
};

}  // namespace lab::threatq
