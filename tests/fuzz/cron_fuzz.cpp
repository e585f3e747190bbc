// SPDX-License-Identifier: Apache-2.0
// A cron expression that was taken has a next time from every moment on, a whole minute, and
// nothing of its own lies between; one that was refused is quoted without what would disturb a
// terminal.
#include <algorithm>
#include <cstdlib>

#include "schedule/cron.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMinuteMs = 60'000;
  const auto cron = tq::Cron::parse({reinterpret_cast<const char*>(data), size});
  if (!cron) {
    const std::string& message = cron.error().message;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; };
    if (std::any_of(message.begin(), message.end(), control)) std::abort();
    return 0;
  }
  // Before 1970; 2026; the last 29 February before 2100, which has none.
  for (int64_t at : {int64_t{-1}, int64_t{1'795'600'000'123}, int64_t{3'981'484'800'000}})
    for (int i = 0; i < 4; ++i) {
      const int64_t next = cron->next_ms(at);
      if (next <= at || next == INT64_MAX || next % kMinuteMs != 0) std::abort();
      const int64_t middle = at + (next - at) / 2;
      if (cron->next_ms(middle) != next || cron->next_ms(next - 1) != next) std::abort();
      at = next;
    }
  return 0;
}
