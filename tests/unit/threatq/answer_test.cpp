// SPDX-License-Identifier: Apache-2.0
#include "threatq/answer.hpp"

#include <gmock/gmock.h>

#include "unit/threatq/fake_http.hpp"
#include "unit/threatq/fake_threatq.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kHost = "https://tq.example";
constexpr const char* kPage =
    "<!DOCTYPE html>\n<html><head><title>Log in to the network</title></head></html>";

std::string doubt(int status, std::string_view type, std::string_view body) {
  return read_written(status, type, body, kHost, Redactor()).doubt;
}

TEST(Written, OnlyTheDocumentedAnswerIsWithoutDoubt) {
  constexpr const char* kRecord = R"({"data":{"id":7}})";
  EXPECT_EQ(doubt(200, "application/json", kRecord), "");
  EXPECT_EQ(doubt(201, "application/json; charset=utf-8", kRecord), "");
  EXPECT_EQ(doubt(200, "Application/vnd.api+JSON", kRecord), "");
  for (const int status : {202, 203, 204, 206})
    EXPECT_THAT(doubt(status, "application/json", kRecord), HasSubstr("and not 200 or 201"));
  EXPECT_THAT(doubt(200, "text/plain", kRecord), HasSubstr("of text/plain and not of"));
  EXPECT_THAT(doubt(200, "", kRecord), HasSubstr("of no content type"));
  EXPECT_THAT(doubt(200, "application/json", ""), HasSubstr("without a body"));
  EXPECT_THAT(doubt(204, "", ""), HasSubstr("HTTP 204 without a body"));
  for (const char* body :
       {"[]", "{}", "null", "true", R"({"success":false})", "half {", R"({"success":true})"})
    EXPECT_THAT(doubt(200, "application/json", body), HasSubstr("not {\"data\": ...}")) << body;
  EXPECT_THAT(doubt(200, "application/json", R"({"error":"disk full"})"), HasSubstr("(disk full)"));
  EXPECT_THAT(doubt(200, "application/json", R"({"errors":["locked"],"data":{"id":7}})"),
              HasSubstr("with errors: locked"));
}

TEST(Written, APageIsNamedWithItsHostAndItsContentType) {
  for (const char* type : {"text/html; charset=utf-8", "application/json"}) {
    const std::string told = doubt(200, type, kPage);
    EXPECT_THAT(told, HasSubstr("a web page (" + std::string(type).substr(0, 9)));
    EXPECT_THAT(told, HasSubstr("Log in to the network"));
    EXPECT_THAT(told, HasSubstr("in the place of https://tq.example"));
  }
}

TEST(Written, NothingElseOfTheBodyIsQuoted) {
  EXPECT_THAT(doubt(200, "application/json", R"({"id":7,"custom_fields":{"k":"typed-secret"}})"),
              Not(HasSubstr("typed")));
}

TEST(Written, NoSecretIsQuotedWhateverItsCharacters) {
  Redactor redactor;
  redactor.add_value("s3cr>et-9977");
  const std::string record = "{\"error\":\"not s3cr>et-9977\"}";
  for (const std::string& body : {"<p>not s3cr>et-9977</p>", "<p title='s3cr>et-9977'>no</p>"})
    EXPECT_THAT(read_written(200, "text/html", body, kHost, redactor).doubt,
                Not(HasSubstr("9977")));
  EXPECT_THAT(read_written(200, "application/json", record, kHost, redactor).doubt,
              HasSubstr("(not ***)"));
  EXPECT_THAT(read_written(200, "text/s3cr>et-9977", "<p>", kHost, redactor).doubt,
              HasSubstr("(text/***)"));
}

TEST(RefuseWebPage, GivesEverythingElseOnFromItsBeginning) {
  const std::string long_text = std::string(700, ' ') + R"({"data":[]})" + std::string(5000, 'x');
  for (const Reply& reply :
       {Reply{200, kPage, {{"Content-Type", "application/json"}}},  // the reader's to refuse
        Reply{200, R"({"data":[]})", {{"Content-Type", "text/html"}}},
        Reply{200, long_text, {{"Content-Type", ""}}}, Reply{200, "", {}},
        Reply{403, kPage, {{"Content-Type", "text/html"}}}}) {
    auto given = refuse_web_page(std::make_unique<FakeResponse>(reply), kHost, Redactor());
    ASSERT_TRUE(given) << reply.body;
    EXPECT_EQ((*given)->status(), reply.status);
    EXPECT_EQ(*(*given)->read_all(100'000), reply.body);
  }
  const auto page = refuse_web_page(
      std::make_unique<FakeResponse>(Reply{200, kPage, {{"Content-Type", "text/html"}}}), kHost,
      Redactor());
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().status, Status::kTransient);
}

TEST(RefuseWebPage, ACutBodyIsNoEnd) {
  const auto cut = refuse_web_page(
      std::make_unique<FakeResponse>(Reply{200, "  ", {{"Content-Type", "text/html"}}, true}),
      kHost, Redactor());
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("the connection broke"));
}

// Whatever is read, a page in its place is told as one.
TEST(WebPage, IsToldOfEveryRead) {
  FakeHttp http;
  FakeWorld world;
  FakeLog log;
  Cancel cancel;
  FakeThreatq server(http);
  const auto right = http.handler;
  const char* portal = "";
  http.handler = [&](const Seen& seen) {
    return seen.target.starts_with(portal) ? Reply{200, kPage, {{"Content-Type", "text/html"}}}
                                           : right(seen);
  };
  const auto client = ThreatqClient::create(password_options(), http, world, log, cancel);
  const auto told = [](const std::string& text) {
    EXPECT_THAT(text, HasSubstr("https://tq.example"));
    EXPECT_THAT(text, HasSubstr("a web page (text/html) that is not JSON (HTTP 200)"));
    EXPECT_THAT(text, HasSubstr("A proxy or a network that wants a log-in"));
  };
  portal = "/api/token";
  told(client->log_in().error().message);
  portal = "/api/indicator/statuses";
  told(client->statuses().error().message);
  portal = "/api/configuration/proxy";
  told(client->ui_proxy().error().message);
  portal = "/api/connectors";
  told(client->connector()->read("7").error().message);
  portal = "/api/search/query";
  told(client->open({"Crimeware", kColumnValue, {}}).error().message);
  server.fill(5);
  portal = "/api/indicators/query";
  const auto cursor = client->open({"Crimeware", kColumnValue, {}});
  ASSERT_TRUE(cursor);
  const ReadIds read = read_ids(**cursor);
  EXPECT_THAT(read.ids, IsEmpty());
  ASSERT_TRUE(read.error);
  told(read.error->message);
}

}  // namespace
}  // namespace tq
