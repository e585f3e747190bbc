// SPDX-License-Identifier: Apache-2.0
// One origin may have a CA, a verification and a proxy of its own; the others keep theirs.
#include "lab/frame/tls_files.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class OriginWayTest : public ClientTest {
 protected:
  OriginWayTest() {
    const lab::TlsFiles files = lab::tls_files(folder.path() / "tls");
    ca_ = files.ca;
    good_ = {files.certificate, files.key};
  }

  static ScriptedServer::Script echo() {
    return ScriptedServer::serve([](const Request&, int) { return answer(200, "ok"); });
  }
  static OriginWay way_to(const ScriptedServer& server) {
    OriginWay way;
    way.origin = parse_url(server.url())->origin;
    return way;
  }

  std::filesystem::path ca_;
  ServerTls good_;
};

TEST_F(OriginWayTest, TrustsACaOfItsOwn) {
  const ServerTls own = self_signed(folder.path(), "IP:127.0.0.1", -1, 10);
  ScriptedServer epo(echo(), &own), vendor(echo(), &good_);
  options.ca_file = ca_;
  OriginWay way = way_to(epo);
  way.ca_file = own.certificate;
  options.ways = {way};
  EXPECT_EQ(get(epo.url()), "200 ok");
  EXPECT_EQ(get(vendor.url()), "200 ok");
  options.ways[0].origin = parse_url(vendor.url())->origin;
  auto turned = HttpClient::create(options, world, *log);
  for (const auto* server : {&epo, &vendor}) {
    const auto refused = (*turned)->send(request(server->url()), cancel);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, Status::kConfig);
    EXPECT_THAT(refused.error().message, HasSubstr("cannot trust " + server->url("")));
  }
}

TEST_F(OriginWayTest, IsNotVerifiedWhereASettingSaysSoAndNowhereElse) {
  const ServerTls own = self_signed(folder.path(), "DNS:other.example", -10, -1);
  ScriptedServer epo(echo(), &own), vendor(echo(), &own);
  OriginWay way = way_to(epo);
  way.verify_tls = false;
  options.ca_file = ca_;
  options.ways = {way};
  EXPECT_EQ(get(epo.url()), "200 ok");
  EXPECT_THAT(get(vendor.url()), StartsWith("E_CONFIG"));
}

TEST_F(OriginWayTest, GoesThroughAProxyOfItsOwnWhateverNoProxySays) {
  std::atomic<int> through{0};
  ScriptedServer proxy(ScriptedServer::serve([&](const Request& request, int) {
    if (request.header("Proxy-Authorization").empty())
      return answer(407, "who?", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
    ++through;
    EXPECT_EQ(request.header("Proxy-Authorization"), "Basic am9lOnNlY3JldA==");
    return answer(200, "by proxy");
  }));
  ScriptedServer one(echo()), other(echo());
  OriginWay way = way_to(one);
  way.proxy = "http://joe:secret@127.0.0.1:" + std::to_string(proxy.port());
  options.no_proxy = {"*"};
  options.ways = {way};
  EXPECT_EQ(get(one.url()), "200 by proxy");
  EXPECT_EQ(get(other.url()), "200 ok");
  EXPECT_EQ(through, 1);
  EXPECT_EQ(log->redactor().clean("a secret text"), "a *** text");
}

TEST_F(OriginWayTest, WhatIsWrongNamesItsSetting) {
  OriginWay way;
  way.origin = parse_url("https://epo.example/")->origin;
  way.ca_file = folder.path() / "none.pem";
  way.ca_setting = "/epo_ca_file";
  options.ways = {way};
  const auto no_file = HttpClient::create(options, world, *log);
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().status, Status::kConfig);
  EXPECT_EQ(no_file.error().field, "/epo_ca_file");
  options.ways[0].ca_file.clear();
  options.ways[0].proxy = "gopher://joe:hunter2@x";
  options.ways[0].proxy_setting = "/https_proxy";
  const auto no_proxy = HttpClient::create(options, world, *log);
  ASSERT_FALSE(no_proxy);
  EXPECT_EQ(no_proxy.error().field, "/https_proxy");
  EXPECT_THAT(no_proxy.error().message, AllOf(HasSubstr("gopher"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace tq::test
