// SPDX-License-Identifier: Apache-2.0
#include "core/world.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace tq {

uint64_t World::jitter(uint64_t bound) {
  uint64_t value = 0;
  random(&value, sizeof value);
  return bound == UINT64_MAX ? value : value % (bound + 1);
}

int64_t RealWorld::now_ms() const {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

uint64_t RealWorld::mono_ms() const {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

void RealWorld::random(void* out, size_t size) {
  auto* bytes = static_cast<unsigned char*>(out);
  while (size > 0) {
    const ssize_t got = getrandom(bytes, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // a kernel without randomness: nothing that follows could be trusted
    }
    bytes += got;
    size -= static_cast<size_t>(got);
  }
}

bool RealWorld::sleep_ms(uint64_t milliseconds, const Cancel& cancel) {
  return cancel.wait_ms(milliseconds);
}

std::string format_time_utc(int64_t ms) {
  // Of the years 0 and 9999: others could not be read again.
  ms = std::clamp<int64_t>(ms, -62'167'219'200'000, 253'402'300'799'999);
  int64_t seconds = ms / 1000;
  int64_t rest_ms = ms % 1000;
  if (rest_ms < 0) {
    rest_ms += 1000;
    --seconds;
  }
  const auto time = static_cast<time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const size_t used = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + used, text.size() - used, ".%03dZ", static_cast<int>(rest_ms));
  return text.data();
}

bool parse_time_utc(const std::string& text, int64_t* ms) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (rest == nullptr) return false;
  int64_t rest_ms = 0;
  if (*rest == 'T' || *rest == ' ') {
    rest = strptime(rest + 1, "%H:%M:%S", &parts);
    if (rest == nullptr) return false;
    if (*rest == '.') {
      int64_t scale = 100;
      for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10)
        rest_ms += (*rest - '0') * scale;
    }
    if (*rest == 'Z') {
      ++rest;
    } else if (*rest == '+' || *rest == '-') {
      std::tm zone{};
      const int64_t sign = *rest == '+' ? 1 : -1;
      rest = strptime(rest + 1, "%H:%M", &zone);
      if (rest == nullptr) return false;
      rest_ms -= sign * (zone.tm_hour * 60 + zone.tm_min) * 60'000;
    }
  }
  if (*rest != '\0') return false;
  *ms = static_cast<int64_t>(timegm(&parts)) * 1000 + rest_ms;
  return true;
}

}  // namespace tq
