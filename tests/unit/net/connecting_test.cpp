// SPDX-License-Identifier: Apache-2.0
// Which of a host's addresses is connected to, and what the others cost.
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "net/tcp.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/dead_route.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class Connecting : public ClientTest {
 protected:
  static Address at(const std::string& address, uint16_t port) {
    return *Address::parse(address, port);
  }
  // A port where nobody listens.
  static uint16_t closed_port() {
    return ScriptedServer([](Peer&) {}).port();
  }
  std::string connect(const std::vector<Address>& addresses, uint64_t timeout_ms) {
    auto stream = connect_first(addresses, Patience(real, cancel, timeout_ms));
    return stream ? "connected" : text(stream.error());
  }

  RealWorld real;
};

constexpr uint64_t kLongMs = 120'000;  // nothing here waits for so long

std::vector<std::string> order(const std::vector<std::string>& found) {
  std::vector<Address> addresses;
  for (const std::string& address : found) addresses.push_back(*Address::parse(address, 443));
  std::vector<std::string> out;
  for (const Address& address : connect_order(addresses)) out.push_back(address.text());
  return out;
}

TEST(ConnectOrder, TakesTheFamiliesInTurnBeginningWithTheSystemsFirst) {
  EXPECT_THAT(order({"2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"}),
              ElementsAre("2001:db8::2", "192.0.2.2", "2001:db8::1", "192.0.2.1"));
  EXPECT_THAT(order({"192.0.2.9", "192.0.2.1", "192.0.2.5", "2001:db8::1"}),
              ElementsAre("192.0.2.9", "2001:db8::1", "192.0.2.1", "192.0.2.5"));
  EXPECT_THAT(order({"192.0.2.1"}), ElementsAre("192.0.2.1"));
  EXPECT_TRUE(order({}).empty());
}

TEST(ConnectOrder, LeavesOutDoublesAndHasABound) {
  EXPECT_THAT(order({"192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:DB8:0::1"}),
              ElementsAre("192.0.2.1", "2001:db8::1"));
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back("192.0.2." + std::to_string(i));
  many.push_back("2001:db8::1");
  const std::vector<std::string> kept = order(many);
  ASSERT_EQ(kept.size(), kMostAddresses);
  EXPECT_EQ(kept[1], "2001:db8::1") << "both families are among them";
}

TEST_F(Connecting, ADeadRouteCostsAQuarterOfASecondAndNotItsShareOfTheTime) {
  const DeadRoute dead;
  if (!dead.dead()) GTEST_SKIP() << "no address here is dead";
  ScriptedServer server([](Peer&) {});
  const uint64_t start_ms = real.mono_ms();
  EXPECT_EQ(connect({at("127.0.0.9", dead.port()), at("127.0.0.1", server.port())}, kLongMs),
            "connected");
  const uint64_t took_ms = real.mono_ms() - start_ms;
  EXPECT_LT(took_ms, kLongMs / 4) << "its share would be half";
  EXPECT_GE(took_ms, 250u) << "the first one has its start";
}

TEST_F(Connecting, AllAddressesAreTriedWithinTheTime) {
  const DeadRoute dead;
  if (!dead.dead()) GTEST_SKIP() << "no address here is dead";
  ScriptedServer server([](Peer&) {});
  std::vector<Address> addresses;
  for (int i = 1; i < 50; ++i) addresses.push_back(at("127.0.1." + std::to_string(i), dead.port()));
  addresses.push_back(at("127.0.0.1", server.port()));
  // A quarter of a second for each would be more than there is.
  EXPECT_EQ(connect(addresses, 10'000), "connected");
}

TEST_F(Connecting, AnAddressThatRefusesMakesTheNextOneBeTriedAtOnce) {
  ScriptedServer server([](Peer&) {});
  std::vector<Address> addresses;
  for (int i = 1; i < 60; ++i)
    addresses.push_back(at("127.0.1." + std::to_string(i), closed_port()));
  addresses.push_back(at("127.0.0.1", server.port()));
  const uint64_t start_ms = real.mono_ms();
  EXPECT_EQ(connect(addresses, kLongMs), "connected");
  EXPECT_LT(real.mono_ms() - start_ms, 59u * 250) << "nobody waited for a pause";
}

TEST_F(Connecting, ASlowAddressIsNotGivenUpForALaterOne) {
  DeadRoute slow;
  const DeadRoute dead;
  if (!slow.dead() || !dead.dead()) GTEST_SKIP() << "no address here is dead";
  std::thread other([&] {
    const Cancel never;
    real.sleep_ms(600, never);  // the second one is being tried by now
    slow.revive();
  });
  EXPECT_EQ(connect({at("127.0.0.1", slow.port()), at("127.0.0.1", dead.port())}, kLongMs),
            "connected");
  other.join();
}

TEST_F(Connecting, AFailureNamesEachReasonOnce) {
  const uint16_t closed = closed_port();
  EXPECT_EQ(connect({at("127.0.0.1", closed), at("127.0.0.2", closed)}, kLongMs),
            "E_TRANSIENT Connection refused");
  const DeadRoute dead;
  if (!dead.dead()) GTEST_SKIP() << "no address here is dead";
  EXPECT_EQ(connect({at("127.0.0.3", dead.port()), at("127.0.0.2", closed)}, 700),
            "E_TRANSIENT Connection refused (127.0.0.2); timed out after 700 ms (127.0.0.3)");
  EXPECT_EQ(connect({at("127.0.0.3", dead.port())}, 300), "E_TRANSIENT timed out after 300 ms");
}

TEST_F(Connecting, CancelEndsIt) {
  const DeadRoute dead;
  if (!dead.dead()) GTEST_SKIP() << "no address here is dead";
  std::thread other([&] {
    const Cancel never;
    real.sleep_ms(300, never);
    cancel.cancel();
  });
  EXPECT_THAT(connect({at("127.0.0.1", dead.port()), at("127.0.0.2", dead.port())}, kLongMs),
              StartsWith("CANCELLED"));
  other.join();
}

TEST_F(Connecting, ANameWhoseFirstFamilyIsDeadReachesTheOther) {
  const DeadRoute dead;
  if (!dead.dead()) GTEST_SKIP() << "no address here is dead";
  const UniqueFd listener(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 where{};
  where.sin6_family = AF_INET6;
  where.sin6_addr = in6addr_loopback;
  where.sin6_port = htons(dead.port());
  const socklen_t size = sizeof where;
  if (!listener || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&where), size) != 0)
    GTEST_SKIP() << "there is no IPv6 here";
  ASSERT_EQ(::listen(listener.get(), 8), 0);
  const uint64_t start_ms = real.mono_ms();
  const auto stream = connect_tcp("localhost", dead.port(), Patience(real, cancel, kLongMs));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_LT(real.mono_ms() - start_ms, kLongMs / 4);
}

// Through a proxy, which can be any host.
TEST_F(Connecting, AHostOutsideAsciiHasOneNameForTheWayTheCertificateAndTheRequest) {
  const ServerTls own = self_signed(folder.path(), "DNS:xn--bcher-kva.example", -1, 10);
  SSL_CTX* context = server_context(own);
  std::string connect_line, name;
  Request inner;
  ScriptedServer proxy([&](Peer& peer) {
    connect_line = peer.read_head();
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    if (!peer.start_tls(context)) return;
    name = peer.server_name();
    inner = peer.read_request();
    peer.send(answer(200, "far"));
  });
  options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  options.ca_file = own.certificate;
  EXPECT_EQ(get("https://B\u00fccher.example/x"), "200 far");
  EXPECT_THAT(connect_line, StartsWith("CONNECT xn--bcher-kva.example:443 HTTP/1.1\r\n"));
  EXPECT_EQ(name, "xn--bcher-kva.example");
  EXPECT_EQ(inner.header("Host"), "xn--bcher-kva.example");
  SSL_CTX_free(context);
}

}  // namespace
}  // namespace tq::test
