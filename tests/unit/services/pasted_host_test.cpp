// SPDX-License-Identifier: Apache-2.0
// What people paste into a host setting: what the schema takes, what the plugin is given and asks
// for, and what the grant allows are one thing.
#include <gmock/gmock.h>

#include "schema/plugin_schema.hpp"
#include "services/grants.hpp"

namespace tq {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#", "title": "The Cloud", "type": "object",
  "properties": {"host": {"type": "string", "x-host": true, "x-https": true}}
})";

struct Pasted {
  std::string value, problem;
};
Pasted paste(const std::string& text) {
  static const auto schema = PluginSchema::parse(kSchema, "s.json");
  if (!schema) return {"", schema.error().message};
  PluginSettings settings;
  const auto problems = (*schema)->apply({{"host", text}}, &settings);
  return {text_at(settings.values, "host"), problems.empty() ? "" : problems.front().message};
}

TEST(PastedHost, IsCutOnceForThePluginAndForTheGrant) {
  const std::pair<const char*, const char*> table[] = {
      {"api.example", "api.example"},
      {"  https://api.example/  ", "api.example"},
      {"https://api.example/alerts?s=1#top", "api.example"},
      {"api.example/settings/api", "api.example"},
      {"HTTPS://Api.Example.", "api.example"},
      {"api.example:443", "api.example"},
      {"https://api.example.:8443/x", "api.example:8443"},
      {"[2001:DB8::1]:8443", "[2001:db8::1]:8443"},
      {"2001:db8::1", "[2001:db8::1]"},
      {"https://[::1]/", "[::1]"},
      {"127.0.0.1:18443", "127.0.0.1:18443"},
      {"https://B\u00fccher.example/x", "xn--bcher-kva.example"},
  };
  for (const auto& [written, cut] : table) {
    const Pasted pasted = paste(written);
    EXPECT_EQ(pasted.problem, "") << written;
    EXPECT_EQ(pasted.value, cut) << written;
    const auto grants = Grants::read({"/host"}, {{"host", pasted.value}}, false);
    ASSERT_TRUE(grants) << written;
    const auto asked = parse_url("https://" + pasted.value + "/v1/feeds");
    ASSERT_TRUE(asked) << written << ": " << asked.error().message;
    EXPECT_TRUE(grants->setting_for(asked->origin)) << written;
  }
}

// A plugin may build its URL from what a person wrote, too.
TEST(PastedHost, OutsideAsciiIsGrantedInEitherForm) {
  for (const char* setting :
       {"b\u00fccher.example", "xn--bcher-kva.example", "B\u00dcCHER.example"}) {
    const auto grants = Grants::read({"/host"}, {{"host", setting}}, false);
    ASSERT_TRUE(grants) << setting;
    for (const char* url : {"https://b\u00fccher.example/x", "https://XN--BCHER-KVA.example/x"})
      EXPECT_TRUE(grants->setting_for(parse_url(url)->origin)) << setting << ' ' << url;
  }
}

TEST(PastedHost, OfPlainHttpIsRefusedBeforeARequestAndSaysWhy) {
  for (const char* text : {"http://api.example", "HTTP://api.example/x", "http://127.0.0.1:80"})
    EXPECT_THAT(paste(text).problem, HasSubstr(", but The Cloud speaks https only: write \""))
        << text;
  EXPECT_EQ(paste("http://api.example/x").problem,
            R"(is "http://api.example", but The Cloud speaks https only: write "api.example")");
  const std::pair<const char*, const char*> advice[] = {
      {"http://api.example:80", R"(write "api.example")"},
      {"http://api.example:80/x", R"(write "api.example")"},
      {"http://[2001:db8::80]:80", R"(write "[2001:db8::80]")"},
      {"http://[2001:db8::80]", R"(write "[2001:db8::80]")"},
      {"http://api.example:8080", R"(write "api.example:8080")"},
      {"http://api.example:180", R"(write "api.example:180")"},
  };
  for (const auto& [text, write] : advice)
    EXPECT_THAT(paste(text).problem, EndsWith(write)) << text;
}

}  // namespace
}  // namespace tq
