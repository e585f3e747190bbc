// SPDX-License-Identifier: Apache-2.0
// Faulty: the plugin and a service that answers otherwise than asked, as a test says.
#pragma once

#include "edr.hpp"

namespace cb_edr {

inline bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Answers the first `times` requests of that method to such a path.
inline Cloud::Fault fault(const std::string& method, const std::string& part, Answer answer,
                          int times = 1) {
  return [=, left = times](const Sent& request) mutable -> std::optional<Answer> {
    if (request.method != method || request.url.find(part) == std::string::npos || left == 0)
      return std::nullopt;
    --left;
    return answer;
  };
}

inline Answer broken_connection() {
  Answer answer;
  answer.failure = tqp::Error{TQP_E_TRANSIENT, "the connection was reset"};
  return answer;
}

inline Answer cut_off() {
  Answer answer{200, R"({"id":"x","timest)"};
  answer.cut = true;
  return answer;
}

inline constexpr int kAlways = 1'000'000;

class Faulty : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    fill("Crimeware", 1, 1500);
    cloud_.thorough = false;
  }
  void small_change() { crimeware().rows.erase(crimeware().rows.begin() + 700); }
};

}  // namespace cb_edr
