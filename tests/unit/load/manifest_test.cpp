// SPDX-License-Identifier: Apache-2.0
#include "load/manifest.hpp"

#include <gmock/gmock.h>

#include "load/auth_template.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Json kGood = Json::parse(R"({
  "id": "cb_edr", "version": "0.1.0", "name": "EDR", "description": "Exports.",
  "abi": {"major": 1, "minor": 2},
  "services": {"required": ["tqp.log/1"], "optional": ["tqp.x-new/2"]},
  "facets": ["tqp.job/1"],
  "auth": {
    "cbc": {"for": "/host", "set": {"X-Auth-Token": "{/secret}/{/id}"}},
    "tc": {"for": "/host", "set": {"Authorization":
      "TC {/id}:{hmac_sha256:/secret:{target}:{method}:{unix_s}}"}},
    "epo": {"for": "/host", "basic": ["/id", "/secret"]}
  },
  "grants": {"connect": ["/host"], "read": ["/list"], "threads": true},
  "rate": [{"for": "/host", "requests_per_minute": "/per_minute"}],
  "tls": [{"for": "/host", "ca": "/list", "verify": "/verify"}],
  "proxy": [{"for": "/host", "url": "/secret"}],
  "state_schema": 3,
  "of a later version": true
})");

const Json kSchema = Json::parse(R"({"properties": {
  "host": {"type": "string", "x-host": true}, "id": {"type": "string"},
  "secret": {"type": "string", "writeOnly": true}, "list": {"type": "string", "x-file": true},
  "per_minute": {"type": "integer"}, "verify": {"type": ["boolean", "null"]},
  "deep": {"type": "object", "properties": {"host": {"type": "string", "x-url": true}}}}})");

std::string reason(const Json& manifest) {
  const auto parsed = parse_manifest(dump_json(manifest));
  return parsed ? "accepted" : parsed.error().message;
}

// The reason after the member at `pointer` was set to `value`.
std::string reason_with(const char* pointer, const Json& value) {
  Json manifest = kGood;
  manifest[Json::json_pointer(pointer)] = value;
  return reason(manifest);
}

TEST(Manifest, IsReadWhole) {
  const auto parsed = parse_manifest(dump_json(kGood));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->id, "cb_edr");
  EXPECT_EQ(parsed->version, "0.1.0");
  EXPECT_EQ(parsed->default_instance, "cb-edr");
  EXPECT_EQ(parsed->abi_minor, 2);
  EXPECT_THAT(parsed->required_services, ElementsAre("tqp.log/1"));
  EXPECT_THAT(parsed->optional_services, ElementsAre("tqp.x-new/2"));
  EXPECT_EQ(parsed->auth.at("cbc").set.at("X-Auth-Token"), "{/secret}/{/id}");
  EXPECT_EQ(parsed->auth.at("epo").basic_password, "/secret");
  EXPECT_THAT(parsed->connect, ElementsAre("/host"));
  EXPECT_THAT(parsed->read, ElementsAre("/list"));
  EXPECT_TRUE(parsed->threads);
  EXPECT_EQ(parsed->rate.at(0).per_minute_field, "/per_minute");
  EXPECT_EQ(parsed->tls.at(0).for_field, "/host");
  EXPECT_EQ(parsed->tls.at(0).ca_field, "/list");
  EXPECT_EQ(parsed->tls.at(0).verify_field, "/verify");
  EXPECT_EQ(parsed->proxy.at(0).for_field, "/host");
  EXPECT_EQ(parsed->proxy.at(0).url_field, "/secret");
  EXPECT_EQ(parsed->state_schema, 3);
  EXPECT_EQ(parsed->json, kGood);
  EXPECT_TRUE(check_against_schema(*parsed, kSchema));
}

TEST(Manifest, MissingMemberIsNamed) {
  for (const char* member : {"id", "version", "name", "description", "abi", "services", "facets"}) {
    Json manifest = kGood;
    manifest.erase(member);
    EXPECT_THAT(reason(manifest), HasSubstr(std::string("/") + member)) << member;
    EXPECT_THAT(reason(manifest), HasSubstr("missing")) << member;
  }
}

TEST(Manifest, WrongMemberIsNamedWithWhatWasFound) {
  EXPECT_THAT(reason_with("/id", "Cb-Edr"), HasSubstr("/id must be"));
  EXPECT_THAT(reason_with("/id", "Cb-Edr"), HasSubstr("\"Cb-Edr\""));
  for (const char* version : {"1", "1.2", "1.2.3.4", "1..3", "1.2.x", ""})
    EXPECT_THAT(reason_with("/version", version), HasSubstr("/version")) << version;
  EXPECT_THAT(reason_with("/name", "a\nb"), HasSubstr("/name"));
  EXPECT_THAT(reason_with("/abi/major", 65536), HasSubstr("/abi/major"));
  EXPECT_THAT(reason_with("/abi/major", 1.5), HasSubstr("/abi/major"));
  EXPECT_THAT(reason_with("/abi/minor", -1), HasSubstr("/abi/minor"));
  EXPECT_THAT(reason_with("/abi/minor", UINT64_MAX), HasSubstr("/abi/minor"));
  for (const char* id : {"tqp.log", "tqp.log/0", "tqp.log/x", "/1", "Tqp/1", "tqp log/1"})
    EXPECT_THAT(reason_with("/services/required/0", id), HasSubstr("/services/required/0")) << id;
  EXPECT_THAT(reason_with("/facets", Json::array()), HasSubstr("/facets"));
  EXPECT_THAT(reason_with("/default_instance", "a b"), HasSubstr("/default_instance"));
  EXPECT_THAT(reason_with("/grants/connect/0", "host"), HasSubstr("/grants/connect/0"));
  EXPECT_THAT(reason_with("/grants/threads", 1), HasSubstr("/grants/threads"));
  EXPECT_THAT(reason_with("/state_schema", 0), HasSubstr("/state_schema"));
  EXPECT_THAT(reason_with("/rate/0/requests_per_minute", 60),
              HasSubstr("/rate/0/requests_per_minute"));
  EXPECT_THAT(reason_with("/auth", Json::array()), HasSubstr("/auth must be an object"));
  EXPECT_THAT(reason_with("/auth/cbc/basic", Json::array({"/id", "/secret"})),
              HasSubstr("either \"set\" or \"basic\""));
  EXPECT_THAT(reason_with("/auth/epo/basic", Json::array({"/id"})), HasSubstr("/auth/epo/basic"));
  EXPECT_THAT(reason_with("/auth/cbc/set", {{"X Y", "a"}}), HasSubstr("/auth/cbc/set/X Y"));
  EXPECT_THAT(reason_with("/auth/cbc/set/X-Auth-Token", "a\r\nEvil: 1"),
              HasSubstr("/auth/cbc/set/X-Auth-Token"));
  EXPECT_THAT(reason_with("/auth/cbc/set/X-Auth-Token", "{secret}"),
              HasSubstr("/auth/cbc/set/X-Auth-Token: unknown form {secret}"));
}

TEST(Manifest, TextThatIsNoJsonObjectIsRefused) {
  for (const char* text : {"", "[]", "{", "{} {}", "{\"id\": 1, \"id\": 2}", "{\"id\": \"\xff\"}"})
    EXPECT_FALSE(parse_manifest(text)) << text;
}

TEST(Template, FormsAreParsedInOrder) {
  const auto parts = parse_auth_template("TC {/a~1b}:{hmac_sha256:/key:{target}:{unix_s}}!");
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 5u);
  EXPECT_EQ((*parts)[0].text, "TC ");
  EXPECT_EQ((*parts)[1].kind, TemplatePart::Kind::kSetting);
  EXPECT_EQ((*parts)[1].text, "/a~1b");
  const TemplatePart& signature = (*parts)[3];
  EXPECT_EQ(signature.kind, TemplatePart::Kind::kHmacSha256);
  ASSERT_EQ(signature.inner.size(), 3u);
  EXPECT_EQ(signature.inner[0].kind, TemplatePart::Kind::kTarget);
  EXPECT_EQ(signature.inner[1].text, ":");
  EXPECT_EQ(signature.inner[2].kind, TemplatePart::Kind::kUnixSeconds);
  EXPECT_THAT(settings_of(*parts), ElementsAre("/a~1b", "/key"));
}

TEST(Template, WrongOnesAreRefused) {
  for (const char* text : {"{", "}", "a}b", "{/a", "{}", "{unix}", "{/a~2}", "{hmac_sha256:/a}",
                           "{hmac_sha256:a:b}", "{hmac_sha256:/a:{nothing}}"})
    EXPECT_FALSE(parse_auth_template(text)) << text;
  std::string deep = "x";
  for (int i = 0; i < 6; ++i) deep = "{hmac_sha256:/a:" + deep + "}";
  EXPECT_FALSE(parse_auth_template(deep));
}

std::string mismatch(const char* pointer, const Json& value) {
  Json manifest = kGood;
  manifest[Json::json_pointer(pointer)] = value;
  const auto parsed = parse_manifest(dump_json(manifest));
  if (!parsed) return parsed.error().message;
  const auto checked = check_against_schema(*parsed, kSchema);
  return checked ? "accepted" : checked.error().message;
}

TEST(Manifest, MustGoTogetherWithItsSchema) {
  EXPECT_EQ(mismatch("/grants/connect/0", "/deep/host"), "accepted");
  EXPECT_THAT(mismatch("/grants/connect/0", "/nothing"),
              HasSubstr("/grants/connect names /nothing, which is no setting"));
  EXPECT_THAT(mismatch("/grants/connect/0", "/deep"), HasSubstr("x-host or x-url"));
  EXPECT_THAT(mismatch("/grants/connect/0", "/id"), HasSubstr("x-host or x-url"));
  EXPECT_THAT(mismatch("/grants/read/0", "/host"), HasSubstr("x-file"));
  EXPECT_THAT(mismatch("/auth/cbc/for", "/id"), HasSubstr("/auth/cbc/for names /id"));
  EXPECT_THAT(mismatch("/auth/cbc/set/X-Auth-Token", "{/nothing}"),
              HasSubstr("/auth/cbc/set/X-Auth-Token names /nothing"));
  EXPECT_THAT(mismatch("/auth/tc/set/Authorization", "{hmac_sha256:/secret:{/nothing}}"),
              HasSubstr("/nothing"));
  EXPECT_THAT(mismatch("/auth/epo/basic/1", "/nothing"), HasSubstr("/auth/epo/basic"));
  EXPECT_THAT(mismatch("/rate/0/requests_per_minute", "/id"), HasSubstr("no integer"));
  EXPECT_THAT(mismatch("/tls/0/for", "/id"), HasSubstr("/tls/for names /id"));
  EXPECT_THAT(mismatch("/tls/0/ca", "/id"), HasSubstr("/tls/ca names /id, which the schema does "
                                                      "not mark x-file"));
  EXPECT_THAT(mismatch("/tls/0/verify", "/id"), HasSubstr("/tls/verify names /id, which is no "
                                                          "boolean"));
  EXPECT_THAT(mismatch("/proxy/0/for", "/nothing"), HasSubstr("/proxy/for names /nothing"));
  EXPECT_THAT(mismatch("/proxy/0/url", "/per_minute"), HasSubstr("no text"));
}

TEST(Manifest, TheWayToAHostIsSaidOnceAndWithSomething) {
  EXPECT_EQ(reason_with("/tls", Json::array()), "accepted");
  EXPECT_EQ(mismatch("/tls", Json::parse(R"([{"for": "/host", "ca": "/list"}])")), "accepted");
  EXPECT_THAT(reason_with("/tls/0", Json::parse(R"({"for": "/host"})")),
              HasSubstr(R"(/tls/0 must be an object with "ca", "verify" or both)"));
  EXPECT_THAT(reason_with("/tls/0", Json::parse(R"({"ca": "/list"})")),
              HasSubstr("/tls/0/for is missing"));
  EXPECT_THAT(reason_with("/tls", "all"), HasSubstr("/tls must be a list"));
  EXPECT_THAT(reason_with("/tls/0/verify", true),
              HasSubstr("/tls/0/verify must be a JSON pointer"));
  EXPECT_THAT(reason_with("/proxy/0", Json::parse(R"({"for": "/host"})")),
              HasSubstr("/proxy/0/url is missing"));
  const Json twice = {kGood["proxy"][0], kGood["proxy"][0]};
  EXPECT_THAT(reason_with("/proxy", twice), HasSubstr("names each host once (/host)"));
}

}  // namespace
}  // namespace tq
