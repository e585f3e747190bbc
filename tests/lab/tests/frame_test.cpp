// SPDX-License-Identifier: Apache-2.0
// The server around a service: TLS, keep-alive, bodies, the request log, and how the process ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SSLManager.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "lab/frame/gzip.hpp"
#include "lab/frame/request_log.hpp"
#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::vector<std::string> kKey = {"cbc", "--org-key",    "ABCD1234", "--api-id",
                                       "ID",  "--api-secret", "SECRET"};

std::vector<std::string> tls_cbc(const std::vector<std::string>& more = {}) {
  std::vector<std::string> all = kKey;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

class Folder {
 public:
  Folder() : path_((fs::temp_directory_path() / "lab-test-XXXXXX").string()) {
    ::mkdtemp(path_.data());
  }
  ~Folder() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Does a client that trusts only this CA, and that calls the server by this name, accept it?
bool accepted(const LabProcess& process, const std::string& ca_file, const std::string& host) {
  Poco::Net::initializeSSL();
  const Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file,
                             Poco::Net::Context::VERIFY_STRICT, 9, false);
  const std::string url = process.url();
  const auto port = static_cast<Poco::UInt16>(std::stoi(url.substr(url.rfind(':') + 1)));
  Poco::Net::HTTPSClientSession session(host, port, context);
  Poco::Net::HTTPRequest request("GET", "/__lab/dump", Poco::Net::HTTPMessage::HTTP_1_1);
  try {
    session.sendRequest(request);
    return true;
  } catch (const Poco::Net::SSLException&) {
    return false;
  }
}

TEST(Frame, TlsWithAThrowAwayCa) {
  std::string ca_file;
  {
    LabProcess process(tls_cbc());
    EXPECT_THAT(process.url(), testing::StartsWith("https://127.0.0.1:"));
    ca_file = process.ca_file();
    EXPECT_THAT(process.dump(), HasSubstr("feeds"));  // a client that verifies strictly
    EXPECT_TRUE(accepted(process, ca_file, "127.0.0.1"));
    EXPECT_TRUE(accepted(process, ca_file, "localhost"));
    const LabProcess other(tls_cbc());
    EXPECT_FALSE(accepted(process, other.ca_file(), "127.0.0.1"));
  }
  EXPECT_FALSE(fs::exists(ca_file));  // its folder went with the process
}

TEST(Frame, ProcessesMayShareATlsFolderFromTheStart) {
  const Folder folder;
  const std::string tls_dir = folder.path() + "/made/below";
  std::vector<std::future<std::unique_ptr<LabProcess>>> starting;
  for (int i = 0; i < 4; ++i) {
    starting.push_back(std::async(std::launch::async, [&tls_dir] {
      return std::make_unique<LabProcess>(tls_cbc({"--tls-dir", tls_dir}));
    }));
  }
  for (auto& each : starting) {
    const auto process = each.get();
    EXPECT_EQ(process->ca_file(), tls_dir + "/ca.pem");
    EXPECT_THAT(process->dump(), HasSubstr("feeds"));
  }
  struct stat key {};
  ASSERT_EQ(::stat((tls_dir + "/server.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
}

TEST(Frame, ConnectionsAreKept) {
  const Cbc cbc;
  RawConnection connection(cbc.process.host_and_port());
  const std::string request = "GET " + std::string(Cbc::kFeeds) +
                              " HTTP/1.1\r\nHost: lab\r\nX-Auth-Token: SECRET/ID\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    connection.send(request);
    const RawAnswer answer = connection.receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "keep-alive");
    EXPECT_TRUE(answer.header("Date"));
  }
}

TEST(Frame, ManyConnectionsAtOnce) {
  const Cbc cbc;
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (int i = 0; i < 64; ++i) {
    connections.push_back(std::make_unique<RawConnection>(cbc.process.host_and_port()));
  }
  for (const auto& each : connections) {
    each->send("GET /threathunter/feedmgr/healthcheck HTTP/1.1\r\nHost: lab\r\n\r\n");
  }
  for (const auto& each : connections) EXPECT_EQ(each->receive().status, 204);
}

TEST(Frame, CompressedRequestsAreTaken) {
  Cbc cbc;
  const std::string path = std::string(Cbc::kFeeds) + '/' + cbc.make_feed() + "/reports";
  const std::string plain = Json({{"reports", {some_report("r")}}}).dump();
  const std::string headers =
      "X-Auth-Token: SECRET/ID\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n";
  const std::string packed = gzip(plain);
  cbc.process.reset_requests();
  EXPECT_EQ(raw(cbc.process.host_and_port(), "POST", path, headers, packed).status, 200);
  const Json logged = Json::parse(cbc.process.requests())["list"][0];
  EXPECT_EQ(logged["bytes_in"], packed.size());
  EXPECT_EQ(logged["sha256"], sha256_hex(plain));
  const std::string cut = packed.substr(0, packed.size() - 9);
  EXPECT_EQ(raw(cbc.process.host_and_port(), "POST", path, headers, cut).status, 400);
}

TEST(Frame, ChunkedRequestsAreTaken) {
  const Cbc cbc;
  RawConnection connection(cbc.process.host_and_port());
  connection.send("POST " + std::string(Cbc::kFeeds) + '/' + cbc.make_feed() +
                  "/reports HTTP/1.1\r\nHost: lab\r\nX-Auth-Token: SECRET/ID\r\nContent-Type: "
                  "application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"rep\r\n9\r\norts\":[]}\r\n0\r\n\r\n");
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(Frame, AnswersAreCompressedWhenAskedFor) {
  const Cbc cbc({"--gzip"});
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("r"));
  const std::string path = std::string(Cbc::kFeeds) + '/' + feed;
  const RawAnswer plain = cbc.call("GET", path);
  EXPECT_FALSE(plain.header("Content-Encoding"));
  const RawAnswer packed = raw(cbc.process.host_and_port(), "GET", path,
                               "X-Auth-Token: SECRET/ID\r\nAccept-Encoding: gzip, deflate\r\n");
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_EQ(gunzip(packed.body, 1'000'000), plain.body);
}

TEST(Frame, TargetsAreDecodedOrRefused) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  const std::string reports = std::string(Cbc::kFeeds) + '/' + feed + "/reports/";
  EXPECT_EQ(cbc.call("PUT", reports + "a%20b", some_report("a b").dump()).status, 200);
  EXPECT_EQ(cbc.call("GET", reports + "a%2").status, 400);
  EXPECT_EQ(cbc.call("GET", reports + "%zz").status, 400);
}

TEST(Frame, TheLogCountsByRouteAndNotTheControlCalls) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.process.reset_requests();
  const Json report = some_report("r");
  cbc.put(feed, report);
  cbc.put(feed, report);
  raw(cbc.process.host_and_port(), "GET", Cbc::kFeeds,
      "User-Agent: tester/1\r\nX-Auth-Token: wrong\r\n");
  cbc.summary();
  const Json log = Json::parse(cbc.process.requests());
  EXPECT_EQ(log["count"], 3);
  EXPECT_EQ(log["bytes_in"], 2 * report.dump().size());
  EXPECT_EQ(log["by_route"], Json::parse(R"({"GET /threathunter/feedmgr/v2/orgs/{org}/feeds":1,
      "PUT /threathunter/feedmgr/v2/orgs/{org}/feeds/{feed}/reports/{report}":2})"));
  EXPECT_EQ(log["list"][0]["sha256"], sha256_hex(report.dump()));
  const Json last = log["list"][2];
  EXPECT_EQ(last["seq"], 3);
  EXPECT_EQ(last["method"], "GET");
  EXPECT_EQ(last["target"], Cbc::kFeeds);
  EXPECT_EQ(last["status"], 401);
  EXPECT_EQ(last["user_agent"], "tester/1");
  EXPECT_EQ(last["headers"], Json::parse(R"(["Host","User-Agent","X-Auth-Token"])"));
  EXPECT_THAT(cbc.process.requests(), testing::Not(HasSubstr("SECRET")));
}

TEST(Frame, UnknownControlCallsAreRefused) {
  Cbc cbc;
  EXPECT_EQ(cbc.process.call("GET", "/__lab/unknown").status, 404);
  EXPECT_EQ(cbc.process.call("PUT", "/__lab/fault", "{}").status, 404);
}

TEST(Frame, RoutesOfUnknownServicesAreGuessed) {
  class Any : public Service {
   public:
    Response handle(const Request&) override { return {}; }
    std::string dump(const Request&) override { return "{}"; }
    Response change(const Json&) override { return {}; }
    bool fault(const Json&) override { return false; }
  };
  Request request;
  request.path = "/api/v2/indicators/17/attributes/0b6f4f3a-5d0c-4a5e-9e55-1f2f3a4b5c6d/abcdef";
  EXPECT_EQ(Any().route(request), "/api/v2/indicators/{id}/attributes/{id}/abcdef");
}

TEST(Process, StopsCleanlyWhenAsked) {
  LabProcess process(tls_cbc());
  EXPECT_EQ(process.stop(), 0);
}

// The shell's own `timeout` bounds what would hang.
int run(const std::string& arguments, const std::string& input) {
  const std::string command =
      "timeout 10 " TQLAB_PATH " " + arguments + " " + input + " >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr const char* kPlainCbc = "cbc --plain --org-key A --api-id B --api-secret C";

TEST(Process, EndsWithItsInput) {
  EXPECT_EQ(run(std::string(kPlainCbc) + " --exit-with-stdin", "</dev/null"), 0);
}

TEST(Process, EndsByItselfInTime) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(std::string(kPlainCbc) + " --max-seconds 1", "</dev/null"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(Process, SaysWhatIsWrongWithItsFlags) {
  EXPECT_NE(run("cbc --plain", ""), 0);
  EXPECT_NE(run(std::string(kPlainCbc) + " --permission org.feeds:ALL", ""), 0);
  EXPECT_NE(run(std::string(kPlainCbc) + " --tls-dir /tmp", ""), 0);
  const Cbc cbc;
  const std::string taken =
      cbc.process.host_and_port().substr(cbc.process.host_and_port().rfind(':') + 1);
  EXPECT_EQ(run(std::string(kPlainCbc) + " --port " + taken, ""), 1);
}

}  // namespace
}  // namespace lab
