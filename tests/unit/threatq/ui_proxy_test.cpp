// SPDX-License-Identifier: Apache-2.0
#include "threatq/ui_proxy.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Shape {
  const char* answer;
  const char* url;
};

std::string url_of(const char* answer) {
  auto proxy = parse_ui_proxy(Json::parse(answer));
  return proxy ? proxy->url : "error: " + proxy.error().message;
}

TEST(UiProxy, IsReadInEveryShape) {
  const Shape shapes[] = {
      // One URL for all, or one for each scheme: that for TLS goes first.
      {R"({"data":{"http_proxy":"http://p:1","https_proxy":"http://q:2"}})", "http://q:2"},
      {R"({"data":{"http_proxy":"http://p:1","https_proxy":null,"no_proxy":"x"}})", "http://p:1"},
      {R"({"data":{"http_proxy":"p:1","https_proxy":""}})", "http://p:1"},
      {R"({"data":{"url":"http://u:pw@p:1/"}})", "http://u:pw@p:1"},
      {R"({"data":{"proxy":"p"}})", "http://p"},
      {R"({"data":"http://p:1"})", "http://p:1"},
      {R"({"proxies":{"http":"http://p:1","https":"http://q:2"}})", "http://q:2"},
      // Parts.
      {R"({"data":{"host":"p","port":3128}})", "http://p:3128"},
      {R"({"data":{"host":"p","port":"3128","username":"u","password":"a:b@c"}})",
       "http://u:a%3Ab%40c@p:3128"},
      {R"({"data":{"host":"p","port":"3128","username":"u","password":null}})", "http://u@p:3128"},
      {R"({"data":{"host":"p","port":"","user":"","password":"left"}})", "http://p"},
      {R"({"data":{"url":"","host":"p"}})", "http://p"},
      {R"({"data":{"proxy_host":"p","proxy_port":"1","proxy_user":"u"}})", "http://u@p:1"},
      {R"({"data":{"proxyHost":"p","proxyPort":1}})", "http://p:1"},
      {R"({"data":{"https_proxy_host":"q","https_proxy_port":2,"http_proxy_host":"p"}})",
       "http://q:2"},
      {R"({"data":{"http":{"host":"p","port":1},"https":{"host":"","port":2}}})", "http://p:1"},
      {R"({"data":{"https_proxy":"http://q","port":8080,"username":"u"}})", "http://u@q:8080"},
      {R"({"host":"p","port":1})", "http://p:1"},
      {R"({"data":{"proxy":{"host":"fd00::1","port":1}}})", "http://[fd00::1]:1"},
      {R"({"data":{"host":"[fd00::1]:2","port":1}})", "http://[fd00::1]:2"},
      // Pairs.
      {R"({"data":[{"key":"http_proxy","value":"http://p:1"}],"total":1})", "http://p:1"},
      {R"({"data":[{"key":"proxy.host","value":"p"},{"key":"proxy.port","value":"1"}]})",
       "http://p:1"},
      {R"([{"name":"Host","value":"p"},{"name":"Port","value":1}])", "http://p:1"},
      {R"({"data":[{"host":"p","port":1}]})", "http://p:1"},
      // Switched on, in the spellings of a flag.
      {R"({"data":{"enabled":"Y","host":"p"}})", "http://p"},
      {R"({"data":{"proxy":true,"host":"p"}})", "http://p"},
      {R"({"data":{"enabled":null,"host":"p"}})", "http://p"},
  };
  for (const Shape& shape : shapes) EXPECT_EQ(url_of(shape.answer), shape.url) << shape.answer;
}

TEST(UiProxy, NoneIsSet) {
  for (const char* answer :
       {"{}", "[]", "null", R"({"data":[]})", R"({"data":null})", R"({"data":""})",
        R"({"data":{"http_proxy":null,"https_proxy":""}})", R"({"data":{"host":"","port":"3128"}})",
        R"({"data":{"enabled":false,"host":"p"}})", R"({"data":{"enabled":"0","host":"p"}})",
        R"({"data":{"proxy":"N","host":"p"}})", R"({"data":{"proxy_enabled":0,"host":"p"}})",
        R"({"data":[{"key":"enabled","value":"False"},{"key":"host","value":"p"}]})",
        R"({"data":{"https":{"enabled":false,"host":"q"},"http":{"host":null}}})"})
    EXPECT_EQ(url_of(answer), "") << answer;
}

TEST(UiProxy, WhatCannotBeReadIsNamedWithoutItsValues) {
  EXPECT_EQ(url_of(R"({"data":{"colour":"red","shape":{"form":"s3cret"}}})"),
            "error: none of its members is known here: colour, shape_form");
  EXPECT_THAT(url_of(R"({"data":5})"), HasSubstr("error"));
  EXPECT_EQ(url_of(R"({"data":{"host":"p","port":"s3cret"}})"),
            "error: the port of the proxy is not a number");
  EXPECT_EQ(url_of(R"({"data":{"host":"p","port":70000}})"),
            "error: the port of the proxy is not a number");
  for (const char* answer : {R"({"data":{"host":"a s3cret"}})", R"({"data":{"url":"http://"}})"}) {
    EXPECT_THAT(url_of(answer), HasSubstr("error"));
    EXPECT_THAT(url_of(answer), Not(HasSubstr("s3cret")));
  }
  EXPECT_EQ(parse_ui_proxy(Json::parse(R"({"a":1})")).error().status, Status::kData);
}

TEST(UiProxy, TellsThePassword) {
  EXPECT_EQ(
      parse_ui_proxy(Json::parse(R"({"host":"p","user":"u","password":"a b"})"))->password.reveal(),
      "a b");
  EXPECT_EQ(parse_ui_proxy(Json::parse(R"({"url":"http://u:pw@p"})"))->password.reveal(), "pw");
}

}  // namespace
}  // namespace tq
