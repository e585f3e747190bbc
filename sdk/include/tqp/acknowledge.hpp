// SPDX-License-Identifier: Apache-2.0
// Whether an answer is the one that a remote documents as its "yes" to a write. A status code alone
// never is: a proxy's log-in page, an empty body or another document with 200 come from somewhere
// else, and the write may not have happened. What is not the documented answer is an unknown
// outcome: look at what stands before it is believed or sent again. Home thread.
//
//   TQP_ASSIGN(tqp::Call answer, host.http.send(request));
//   TQP_ASSIGN(const tqp::Acknowledgement yes,
//              tqp::acknowledged_by_json(answer, 200, [&](tqp::JsonReader& reader) {
//                return names_id(reader, id);   // Result<bool>; reads the whole value
//              }));
//   if (!yes.ok()) ...                          // yes.instead: "HTTP 200 with text/html"
#pragma once

#include <tqp/http.hpp>
#include <tqp/json_reader.hpp>

#include <algorithm>
#include <string>

namespace tqp {

struct Acknowledgement {
  std::string instead{};  // what came instead of the documented answer, for people; empty: it came
  int32_t http_status = 0;  // of that
  bool ok() const { return instead.empty(); }
};

inline bool is_json(const Call& answer) {
  std::string type(answer.header("Content-Type").substr(0, 64));
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  type.erase(std::min(type.find(';'), type.size()));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  return type == "application/json" || type == "text/json";
}

// "HTTP 202", "HTTP 200 with text/html", for messages.
inline std::string named_answer(const Call& answer) {
  std::string out = "HTTP " + std::to_string(answer.status());
  const std::string_view type = answer.header("Content-Type");
  if (!type.empty()) out.append(" with ").append(utf8_cut(type.substr(0, type.find(';')), 64));
  return out;
}

// The documented answer has this status and no body.
inline Result<Acknowledgement> acknowledged_by_nothing(Call& answer, int32_t status) {
  const std::string named = named_answer(answer);
  if (answer.status() != status) return Acknowledgement{named, answer.status()};
  char byte = 0;
  const auto got = answer.read(&byte, 1);
  if (!got.ok() && got.error().cancelled()) return Error(got.error());
  if (!got.ok()) return Acknowledgement{named + ": " + got.error().message, status};
  if (*got > 0) return Acknowledgement{named + " and a body", status};
  return Acknowledgement{};
}

// The documented answer has this status and one whole JSON document, of which `says_yes` is told:
// `Result<bool> says_yes(JsonReader&)` reads the value to its end. Its failures mean that the
// document is another one; only CANCELLED is passed on.
template <typename SaysYes>
Result<Acknowledgement> acknowledged_by_json(Call& answer, int32_t status, SaysYes says_yes,
                                             JsonLimits limits = {}) {
  const std::string named = named_answer(answer);
  if (answer.status() != status || !is_json(answer)) return Acknowledgement{named, answer.status()};
  JsonReader reader(answer, limits);
  Result<bool> yes = says_yes(reader);
  if (yes.ok()) {
    if (auto end = reader.finish(); !end.ok()) yes = std::move(end.error());
  }
  if (!yes.ok() && yes.error().cancelled()) return std::move(yes.error());
  if (!yes.ok()) return Acknowledgement{named + ": " + yes.error().message, status};
  if (!*yes) return Acknowledgement{named + " that does not say yes", status};
  return Acknowledgement{};
}

}  // namespace tqp
