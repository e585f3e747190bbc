// SPDX-License-Identifier: Apache-2.0
#include "ioc_search.hpp"

#include <tqp/json_reader.hpp>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;
using tqp::Token;

constexpr uint64_t kTimeoutMs = 120'000;  // the service's gateway gives up after about 60 s

// Behind the opening brace. An IOC of ours has one value; of others the last one is taken.
Result<Ioc> read_ioc_members(JsonReader& reader) {
  Ioc ioc;
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) return ioc;
    const std::string name(reader.text());
    TQP_ASSIGN(Token token, reader.next());
    if (name == "id" && token == Token::kString) ioc.id = reader.text();
    if (name == "field" && token == Token::kString) ioc.field = reader.text();
    if (name != "values" || token != Token::kBeginArray) {
      TQP_TRY(reader.skip(token));
      continue;
    }
    while (true) {
      TQP_ASSIGN(const bool another, reader.next_element(token));
      if (!another) break;
      if (token == Token::kString) ioc.value = reader.text();
      TQP_TRY(reader.skip(token));
    }
  }
}

Result<std::optional<Ioc>> search_report(JsonReader& reader, const IocSearch& search) {
  std::optional<Ioc> found;
  TQP_TRY(reader.expect(Token::kBeginObject));
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) break;
    const bool iocs = reader.text() == "iocs_v2";
    TQP_ASSIGN(Token token, reader.next());
    if (!iocs || token != Token::kBeginArray) {
      TQP_TRY(reader.skip(token));
      continue;
    }
    while (true) {
      TQP_ASSIGN(const bool another, reader.next_element(token));
      if (!another) break;
      if (token != Token::kBeginObject)
        return Error{TQP_E_TRANSIENT, "\"iocs_v2\" lists something that is no object"};
      TQP_ASSIGN(Ioc ioc, read_ioc_members(reader));
      if (ioc.field == search.field && ioc.value == search.value) found = std::move(ioc);
    }
  }
  TQP_TRY(reader.finish());
  return found;
}

}  // namespace

Result<std::optional<Ioc>> find_ioc(const tqp::Http& http, const Settings& settings,
                                    const IocSearch& search) {
  const std::string where = "cannot read a report of " + settings.api_host;
  tqp::Request request = tqp::Request::get(
      "https://" + settings.api_host + "/threathunter/feedmgr/v2/orgs/" + settings.org_key +
      "/feeds/" + std::string(search.feed_id) + "/reports/" + std::string(search.report_id));
  request.auth("cbc").timeout_ms(kTimeoutMs).header("Accept", "application/json");
  auto answer = http.send(request);
  if (!answer.ok()) return std::move(answer.error()).in(where);
  if (answer->status() == 404) return std::optional<Ioc>();
  if (!answer->success()) {
    Error error{TQP_E_TRANSIENT,
                where + ": HTTP " + std::to_string(answer->status()) + "; ask again later"};
    error.http_status = answer->status();
    return error;
  }
  JsonReader reader(*answer);
  auto found = search_report(reader, search);
  if (!found.ok() && !found.error().cancelled()) {
    found.error().status = TQP_E_TRANSIENT;  // the answer is bad, and the next one may be good
    return std::move(found.error()).in(where + ": the answer is damaged");
  }
  return found;
}

}  // namespace cb_edr
