// SPDX-License-Identifier: Apache-2.0
// What stands behind the name of a secret, of which nobody knows the value.
#include <gmock/gmock.h>

#include "log/redactor.hpp"

namespace tq {
namespace {

std::string cleaned(const char* text) { return Redactor().clean(text); }

TEST(RedactorKeys, LeaveProseAlone) {
  for (const char* text : {
           "the setting token: must not be empty",
           "token: must not be empty",
           "password: The password is wrong; email: is needed",
           "cannot read the secret: No such file or directory",
           "HTTP 401: header Authorization: is missing from the request",
           "Authorization: not given",
           "/api_secret_key: it cannot be opened",
           "POST https://tq.example/api/token: Connection refused",
           "set the password: see https://tq.example/help/Setup2",
           R"({"password": null, "token": true})",
       })
    EXPECT_EQ(cleaned(text), text);
}

TEST(RedactorKeys, HideAHeadersValue) {
  EXPECT_EQ(cleaned("Authorization: Bearer xyz"), "Authorization: ***");
  EXPECT_EQ(cleaned("it sent Authorization: Bearer abc123def, and more"),
            "it sent Authorization: ***, and more");
  EXPECT_EQ(cleaned("GET / HTTP/1.1\r\nX-Auth-Token: abc/def\r\nHost: x"),
            "GET / HTTP/1.1\r\nX-Auth-Token: ***\r\nHost: x");
  EXPECT_EQ(cleaned(R"(GET / HTTP/1.1\r\nCookie: a=b; c=d\r\nHost: x)"),
            R"(GET / HTTP/1.1\r\nCookie: ***\r\nHost: x)");
  EXPECT_EQ(cleaned("the header X-Auth-Token: ab12cd34 was refused"),
            "the header X-Auth-Token: *** was refused");
  EXPECT_EQ(cleaned("Authorization: Digest username=\"u\", response=\"6629fa\"\nHost: x"),
            "Authorization: ***\nHost: x");
}

TEST(RedactorKeys, HideAValueOfJson) {
  EXPECT_EQ(cleaned(R"({"password": "x"})"), R"({"password": "***"})");
  EXPECT_EQ(cleaned(R"({"password" : "a b", "token":12})"), R"({"password" : "***", "token":***})");
  EXPECT_EQ(cleaned(R"({'Authorization': 'Bearer x y'})"), R"({'Authorization': '***'})");
  EXPECT_EQ(cleaned(R"("{\"password\": \"a b\", \"user\": \"u\"}")"),
            R"("{\"password\": \"***\", \"user\": \"u\"}")");
  EXPECT_EQ(cleaned(R"({"Authorization": ["Bearer x"]})"), R"({"Authorization": ["***"]})");
  EXPECT_EQ(cleaned(R"({"secret" => "x y"})"), R"({"secret" => "***"})");
}

TEST(RedactorKeys, HideEveryValueOfAList) {
  EXPECT_EQ(cleaned(R"({"Set-Cookie": ["a=1; x", "sid=SECRET"]})"),
            R"({"Set-Cookie": ["***", "***"]})");
  EXPECT_EQ(cleaned(R"({"Set-Cookie":["a=1","","sid=SECRET"],"Age":["1","2"]})"),
            R"({"Set-Cookie":["***","","***"],"Age":["1","2"]})");
  EXPECT_EQ(cleaned(R"("{\"Cookie\": [\"a [1], b\", \"c\"], \"Age\": [\"1\"]}")"),
            R"("{\"Cookie\": [\"***\", \"***\"], \"Age\": [\"1\"]}")");
  EXPECT_EQ(cleaned("{'token': [\n  null,\n  12,\n  'x y'\n]} and 'more', 'words'"),
            "{'token': [\n  null,\n  ***,\n  '***'\n]} and 'more', 'words'");
  EXPECT_EQ(cleaned(R"({"token":["a\"b","c"]}, "d")"), R"({"token":["***","***"]}, "d")");
  EXPECT_EQ(cleaned(R"({"token":[["a","b"],["c"]],"age":["1"]})"),
            R"({"token":[["***","***"],["***"]],"age":["1"]})");
  EXPECT_EQ(cleaned(R"(token=["a b", "c"] d)"), R"(token=["***", "***"] d)");
  EXPECT_EQ(cleaned(R"(it sent Set-Cookie: ["a=1", "sid=x y"], twice)"),
            R"(it sent Set-Cookie: ["***", "***"], twice)");
  EXPECT_EQ(cleaned("token=[{x9 d"), "token=*** d");
  EXPECT_EQ(cleaned(R"({"token":["a","b)"), R"({"token":["***","***)");
  EXPECT_EQ(cleaned(R"({"token":[)"), R"({"token":[)");
  EXPECT_EQ(cleaned(R"({"token":[]} "x")"), R"({"token":[]} "x")");
}

TEST(RedactorKeys, HideAValueOfAFormOrASetting) {
  EXPECT_EQ(cleaned("token=abc"), "token=***");
  EXPECT_EQ(cleaned("a=1&client_secret=abc&b=2"), "a=1&client_secret=***&b=2");
  EXPECT_EQ(cleaned("password=\"a b\" x"), "password=\"***\" x");
}

}  // namespace
}  // namespace tq
