// SPDX-License-Identifier: Apache-2.0
#include "schedule/service_manager.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "core/file.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr Moment kNow{1'800'000'000'000, 900'000};

// systemd's end: a datagram socket with this name, @ for an abstract one.
class Listener {
 public:
  explicit Listener(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path) throw std::runtime_error("a long name");
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::runtime_error("cannot bind");
  }

  // The next message; empty: none came.
  std::string next() const {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    return got > 0 ? std::string(bytes.data(), static_cast<size_t>(got)) : std::string();
  }

 private:
  UniqueFd fd_;
};

class Notify : public testing::Test {
 protected:
  Notify() {
    std::string pattern = (fs::temp_directory_path() / "tq-notify-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
    environment_["NOTIFY_SOCKET"] = name();
  }
  ~Notify() override { fs::remove_all(folder_); }

  std::string name() const { return (folder_ / "notify").string(); }

  fs::path folder_;
  Environment environment_;
};

TEST_F(Notify, SaysHowItGoes) {
  const Listener systemd(name());
  ServiceManager manager(environment_);
  EXPECT_TRUE(manager.listens());
  manager.ready("3 instances, 3 waiting");
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=3 instances, 3 waiting");
  manager.reloading(kNow);
  EXPECT_EQ(systemd.next(), "RELOADING=1\nMONOTONIC_USEC=900000000");
  manager.ready("2 instances");
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=2 instances");
  manager.stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1");
  EXPECT_EQ(systemd.next(), "");
}

TEST_F(Notify, SpeaksToAnAbstractSocket) {
  const std::string abstract = "@" + folder_.filename().string();
  const Listener systemd(abstract);
  ServiceManager manager({{"NOTIFY_SOCKET", abstract}});
  manager.stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST_F(Notify, TellsAStatusOnce) {
  const Listener systemd(name());
  ServiceManager manager(environment_);
  manager.ready("1 running");
  systemd.next();
  manager.status("1 running");
  EXPECT_EQ(systemd.next(), "");
  manager.status("1 waiting");
  EXPECT_EQ(systemd.next(), "STATUS=1 waiting");
}

TEST_F(Notify, KeepsAliveTwiceAsOftenAsSystemdWants) {
  const Listener systemd(name());
  environment_["WATCHDOG_USEC"] = "60000000";
  environment_["WATCHDOG_PID"] = std::to_string(::getpid());
  ServiceManager manager(environment_);
  EXPECT_TRUE(manager.due().reached(kNow));
  manager.keep_alive(kNow);
  EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  EXPECT_EQ(manager.due(), Due::in(30'000, kNow));
  manager.keep_alive({kNow.wall_ms, kNow.mono_ms + 29'999});
  EXPECT_EQ(systemd.next(), "");
  manager.keep_alive({kNow.wall_ms, kNow.mono_ms + 30'000});
  EXPECT_EQ(systemd.next(), "WATCHDOG=1");
}

TEST_F(Notify, KeepsNothingAliveThatNobodyWatches) {
  const std::string own = std::to_string(::getpid());
  const Environment of_another{
      {"NOTIFY_SOCKET", name()}, {"WATCHDOG_USEC", "60000000"}, {"WATCHDOG_PID", "1"}};
  const Environment no_number{
      {"NOTIFY_SOCKET", name()}, {"WATCHDOG_USEC", "soon"}, {"WATCHDOG_PID", own}};
  const Environment no_socket{{"WATCHDOG_USEC", "60000000"}, {"WATCHDOG_PID", own}};
  for (const Environment& environment : {environment_, of_another, no_number, no_socket})
    EXPECT_TRUE(ServiceManager(environment).due().never());
}

TEST_F(Notify, WithoutSystemdItDoesNothing) {
  ServiceManager manager({});
  EXPECT_FALSE(manager.listens());
  manager.ready("");
  manager.stopping();
  ServiceManager nobody_there(environment_);
  nobody_there.ready("");
  ServiceManager too_long({{"NOTIFY_SOCKET", std::string(200, 'x')}});
  too_long.ready("");
}

TEST_F(Notify, NeverWaitsForASystemdThatDoesNotRead) {
  const Listener systemd(name());
  ServiceManager manager(environment_);
  for (int i = 0; i < 10'000; ++i) manager.status(std::to_string(i));
  EXPECT_EQ(systemd.next(), "STATUS=0");
}

}  // namespace
}  // namespace tq
