// SPDX-License-Identifier: Apache-2.0
// The usual walks over an answer's JSON. Functions over a reader that the caller owns.
#pragma once

#include <string>
#include <tqp/json_reader.hpp>
#include <utility>

namespace cb_edr {

// E_DATA would say that one item is bad; here the answer is, and the next one may be good.
inline tqp::Error damaged(tqp::Error error) {
  if (error.status == TQP_E_DATA) error.status = TQP_E_TRANSIENT;
  return std::move(error).in("the answer is damaged");
}

// The members of an object that was begun. `take` gets the name and the value's first token, and
// reads the value to its end.
template <typename Take>
tqp::Result<void> members(tqp::JsonReader& reader, Take take) {
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) return {};
    const std::string name(reader.text());
    TQP_ASSIGN(const tqp::Token value, reader.next());
    TQP_TRY(take(name, value));
  }
}

// The objects of an array that was begun; `take` reads on from behind the opening brace.
template <typename Take>
tqp::Result<void> objects(tqp::JsonReader& reader, const std::string& name, Take take) {
  while (true) {
    tqp::Token token{};
    TQP_ASSIGN(const bool another, reader.next_element(token));
    if (!another) return {};
    if (token != tqp::Token::kBeginObject)
      return tqp::Error{TQP_E_TRANSIENT, "\"" + name + "\" lists something that is no object"};
    TQP_TRY(take());
  }
}

// The elements of the document's "results"; `take` reads on from behind the opening brace.
template <typename Take>
tqp::Result<void> each_result(tqp::JsonReader& reader, Take take) {
  bool found = false;
  TQP_TRY(reader.expect(tqp::Token::kBeginObject));
  TQP_TRY(members(reader, [&](const std::string& name, tqp::Token value) -> tqp::Result<void> {
    if (name != "results" || value != tqp::Token::kBeginArray) return reader.skip(value);
    found = true;
    return objects(reader, name, take);
  }));
  if (found) return {};
  return tqp::Error{TQP_E_TRANSIENT, "there are no \"results\""};
}

}  // namespace cb_edr
