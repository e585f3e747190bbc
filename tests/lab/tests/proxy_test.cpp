// SPDX-License-Identifier: Apache-2.0
// The forward proxy: tunnels, plain requests, authentication, names, faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;

constexpr const char* kHealth = "/threathunter/feedmgr/healthcheck";

std::string port_of(const LabProcess& process) {
  return process.url().substr(process.url().rfind(':') + 1);
}

TEST(Proxy, TunnelsTls) {
  LabProcess target({"cbc", "--org-key", "A", "--api-id", "B", "--api-secret", "C"});
  LabProcess proxy({"proxy", "--user", "u", "--password", "p"});
  Poco::Net::initializeSSL();
  const Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", target.ca_file(),
                             Poco::Net::Context::VERIFY_STRICT, 9, false);
  Poco::Net::HTTPSClientSession session(
      "127.0.0.1", static_cast<Poco::UInt16>(std::stoi(port_of(target))), context);
  session.setProxy("127.0.0.1", static_cast<Poco::UInt16>(std::stoi(port_of(proxy))));
  session.setProxyCredentials("u", "p");
  session.setKeepAlive(true);
  for (int i = 0; i < 2; ++i) {
    Poco::Net::HTTPRequest request("GET", "/__lab/dump", Poco::Net::HTTPMessage::HTTP_1_1);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    EXPECT_EQ(response.getStatus(), 200);
    EXPECT_THAT(body, HasSubstr("feeds"));
  }
  const Json log = Json::parse(proxy.requests());
  EXPECT_EQ(log["count"], 1);
  EXPECT_EQ(log["list"][0]["method"], "CONNECT");
  EXPECT_EQ(log["list"][0]["target"], target.host_and_port());
  EXPECT_EQ(log["list"][0]["status"], 200);
  EXPECT_GT(log["list"][0]["bytes_up"], 100);
  EXPECT_GT(log["list"][0]["bytes_down"], 100);
}

TEST(Proxy, PassesPlainRequestsOn) {
  Cbc target;
  LabProcess proxy({"proxy"});
  const std::string feed = target.make_feed();
  target.process.reset_requests();
  const std::string url = target.process.url() + Cbc::kFeeds + '/' + feed + "/reports";
  const std::string headers =
      "X-Auth-Token: SECRET/ID\r\nContent-Type: application/json\r\nUser-Agent: tester/1\r\n"
      "Proxy-Connection: keep-alive\r\n";
  const RawAnswer answer = raw(proxy.host_and_port(), "POST", url, headers, R"({"reports":[]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"success":true})");
  const Json seen = Json::parse(target.process.requests())["list"][0];
  EXPECT_EQ(seen["target"], std::string(Cbc::kFeeds) + '/' + feed + "/reports");
  EXPECT_THAT(seen["headers"].dump(), testing::Not(HasSubstr("Proxy")));
  const Json log = Json::parse(proxy.requests());
  EXPECT_EQ(log["list"][0]["user_agent"], "tester/1");
  EXPECT_EQ(log["by_target"]["POST " + target.process.host_and_port()], 1);
  proxy.reset_requests();
  EXPECT_EQ(Json::parse(proxy.requests())["count"], 0);
}

TEST(Proxy, AsksForThePassword) {
  const Cbc target;
  const LabProcess proxy({"proxy", "--user", "u", "--password", "p"});
  const std::string url = target.process.url() + kHealth;
  const RawAnswer refused = raw(proxy.host_and_port(), "GET", url);
  EXPECT_EQ(refused.status, 407);
  EXPECT_EQ(refused.header("Proxy-Authenticate"), "Basic realm=\"tqlab\"");
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", target.process.host_and_port()).status, 407);
  EXPECT_EQ(raw(proxy.host_and_port(), "GET", url, "Proxy-Authorization: Basic dTp4\r\n").status,
            407);  // u:x
  EXPECT_EQ(raw(proxy.host_and_port(), "GET", url, "Proxy-Authorization: Basic dTpw\r\n").status,
            204);  // u:p
}

TEST(Proxy, NamesLeadWhereTheMapSays) {
  const Cbc target;
  const LabProcess proxy(
      {"proxy", "--map", "defense.example.com:80=" + target.process.host_and_port()});
  EXPECT_EQ(
      raw(proxy.host_and_port(), "GET", std::string("http://defense.example.com") + kHealth).status,
      204);
  EXPECT_EQ(
      raw(proxy.host_and_port(), "GET", std::string("http://other.example.com") + kHealth).status,
      403);
}

TEST(Proxy, ReachesLoopbackOnly) {
  const LabProcess proxy({"proxy"});
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", "192.0.2.1:443").status, 403);
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", "example.com:443").status, 403);
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", "127.0.0.1:1").status, 502);  // nobody listens
  EXPECT_EQ(raw(proxy.host_and_port(), "GET", "/other").status, 400);
}

TEST(Proxy, RefusesByRule) {
  const Cbc target;
  LabProcess proxy({"proxy"});
  proxy.fault(R"({"match":{"method":"CONNECT","path":"^127"},"action":{"status":503}})");
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", target.process.host_and_port()).status, 503);
  EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", target.process.host_and_port()).status, 200);
  proxy.fault(R"({"action":{"reset":true}})");
  EXPECT_TRUE(raw(proxy.host_and_port(), "CONNECT", target.process.host_and_port()).was_reset);
  for (const char* rule :
       {R"({"action":{"truncate":1}})", R"({"action":{"status":500},"after_effect":true})"}) {
    EXPECT_EQ(proxy.call("POST", "/__lab/fault", rule).status, 400) << rule;
  }
  const Json statuses = Json::parse(proxy.requests())["list"];
  EXPECT_EQ(statuses[0]["status"], 503);
  EXPECT_EQ(statuses[2]["status"], 0);
}

}  // namespace
}  // namespace lab
