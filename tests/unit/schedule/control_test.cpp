// SPDX-License-Identifier: Apache-2.0
#include "schedule/control.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include "schedule/state_folder.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Moment kStart{1'800'000'000'000, 900'000};

Moment later(uint64_t milliseconds) {
  return {kStart.wall_ms + static_cast<int64_t>(milliseconds), kStart.mono_ms + milliseconds};
}

// A client that says what it likes, and never waits.
class Client {
 public:
  explicit Client(const fs::path& file)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (file.native().size() >= sizeof address.sun_path) throw std::runtime_error("a long name");
    std::memcpy(address.sun_path, file.c_str(), file.native().size());
    connected_ =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  bool send(const std::string& bytes) const {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // What has come so far; "gone" when the server let it go and nothing is left.
  std::string receive() const {
    std::string bytes(64 * 1024, '\0');
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got == 0) return "gone";
    return got < 0 ? std::string() : bytes.substr(0, static_cast<size_t>(got));
  }

 private:
  UniqueFd fd_;
  bool connected_ = false;
};

class Control : public testing::Test {
 protected:
  Control() {
    std::string pattern = (fs::temp_directory_path() / "tq-control-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
  }
  ~Control() override {
    stop_serving();
    server_.reset();
    fs::remove_all(folder_);
  }

  fs::path file() const { return folder_ / "control.sock"; }
  void open() { open_in(folder_); }
  void open_in(const fs::path& folder) {
    auto server = ControlServer::open(folder);
    ASSERT_TRUE(server) << server.error().message;
    server_ = server.take();
  }
  void serve(Moment now = kStart) { server_->serve(now, handler_); }

  // In the background, by the server's own poll, until the end of the test.
  void serve_on() {
    serving_ = true;
    thread_ = std::thread([this] {
      std::vector<pollfd> fds;
      while (serving_) {
        fds.clear();
        server_->add_to(fds);
        ::poll(fds.data(), fds.size(), 20);
        serve();
      }
    });
  }
  void stop_serving() {
    serving_ = false;
    if (thread_.joinable()) thread_.join();
  }

  // What `body` returns, run as a user who is neither root nor this one.
  template <class Body>
  static int as_another_user(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(100);
      ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  fs::path folder_;
  std::unique_ptr<ControlServer> server_;
  std::atomic<int> asked_ = 0;
  ControlServer::Handler handler_ = [this](const Json& request) -> Json {
    ++asked_;
    return {{"ok", true}, {"heard", request}};
  };

 private:
  std::atomic<bool> serving_ = false;
  std::thread thread_;
};

TEST_F(Control, ARequestIsAnswered) {
  open();
  serve_on();
  const auto answer = ask_supervisor(folder_, {{"command", "trigger"}, {"instance", "cb-prod"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("heard").at("instance"), "cb-prod");
}

TEST_F(Control, TheFoldersNameMayBeLongerThanASocketsNameCanBe) {
  const fs::path deep = folder_ / std::string(120, 'a') / std::string(120, 'b');
  fs::create_directories(deep);
  open_in(deep);
  serve_on();
  const auto answer = ask_supervisor(deep, {{"command", "status"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(fs::is_socket(deep / "control.sock"));
}

TEST_F(Control, OnlyItsUserCanOpenItWhateverTheUmask) {
  const mode_t before = ::umask(0);
  open();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(Control, TheSocketGoesWithTheServer) {
  open();
  server_.reset();
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Control, ALeftOverIsNobodyAndIsReplaced) {
  open();
  const fs::path kept = folder_ / "kept";
  fs::rename(file(), kept);
  server_.reset();
  fs::rename(kept, file());
  const auto answer = ask_supervisor(folder_, {{"command", "status"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, Status::kEnd);
  open();
  EXPECT_TRUE(Client(file()).connected());
}

TEST_F(Control, WhenNoneRunsTheMessageSaysHowToStartOne) {
  for (const fs::path& folder : {folder_, folder_ / "not there"}) {
    const auto answer = ask_supervisor(folder, {{"command", "status"}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().status, Status::kEnd);
    EXPECT_THAT(answer.error().message, HasSubstr(folder.string()));
    EXPECT_THAT(answer.error().message, HasSubstr("tqhost run-forever"));
  }
}

TEST_F(Control, ASocketThatWasDeletedIsMadeAnew) {
  open();
  EXPECT_FALSE(server_->renew().take());
  fs::remove(file());
  EXPECT_TRUE(server_->renew().take());
  EXPECT_TRUE(Client(file()).connected());
  EXPECT_FALSE(server_->renew().take());
}

TEST_F(Control, ASocketOfAnotherServerIsLeftWhenThisOneEnds) {
  open();
  const auto other = ControlServer::open(folder_);
  ASSERT_TRUE(other) << other.error().message;
  server_.reset();
  EXPECT_TRUE(Client(file()).connected());
}

TEST_F(Control, WhoHoldsTheLockIsThereThoughItsSocketIsNot) {
  const auto held = StateFolder::take(folder_);
  ASSERT_TRUE(held) << held.error().message;
  const auto answer = ask_supervisor(folder_, {{"command", "status"}}, 100);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, Status::kTransient);
  EXPECT_THAT(answer.error().message, HasSubstr("pid " + std::to_string(::getpid())));
  EXPECT_THAT(answer.error().message, HasSubstr("control.sock"));
}

TEST_F(Control, ASocketThatComesLateIsWaitedFor) {
  const auto held = StateFolder::take(folder_);
  ASSERT_TRUE(held) << held.error().message;
  std::thread late([this] {
    open();
    serve_on();
  });
  const auto answer = ask_supervisor(folder_, {{"command", "status"}}, 60'000);
  late.join();
  ASSERT_TRUE(answer) << answer.error().message;
}

TEST_F(Control, AFolderThatIsNotThereIsAnErrorOfTheServer) {
  const auto server = ControlServer::open(folder_ / "not there");
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("not there: No such file"));
}

TEST_F(Control, ForeignBytesAreToldSoAndDisturbNobody) {
  open();
  const Client foreign(file()), list(file()), good(file());
  ASSERT_TRUE(foreign.send("\x16\x03\x01\x02 GET / HTTP/1.1\r\n"));
  ASSERT_TRUE(list.send("[1, 2]\n"));
  ASSERT_TRUE(good.send("{\"command\": \"status\"}\n"));
  serve();
  EXPECT_THAT(foreign.receive(), HasSubstr("\"error\":"));
  EXPECT_THAT(list.receive(), HasSubstr("the request is no JSON object"));
  EXPECT_THAT(good.receive(), HasSubstr("\"ok\":true"));
  EXPECT_EQ(asked_, 1);
}

TEST_F(Control, HalfALineWaitsForItsOtherHalf) {
  open();
  const Client client(file());
  ASSERT_TRUE(client.send("{\"command\":"));
  serve();
  EXPECT_EQ(client.receive(), "");
  EXPECT_EQ(asked_, 0);
  ASSERT_TRUE(client.send("\"status\"}\n"));
  serve(later(1'000));
  EXPECT_THAT(client.receive(), HasSubstr("\"heard\":{\"command\":\"status\"}"));
  EXPECT_EQ(client.receive(), "gone");
}

TEST_F(Control, OneThatFallsSilentIsDroppedWhenItsTimeIsOver) {
  open();
  EXPECT_TRUE(server_->due().never());
  const Client silent(file()), half(file());
  ASSERT_TRUE(half.send("{\"command\":"));
  serve();
  EXPECT_EQ(server_->due(), Due::in(ControlServer::kClientMs, kStart));
  serve(later(ControlServer::kClientMs - 1));
  EXPECT_EQ(silent.receive(), "");
  serve(later(ControlServer::kClientMs));
  EXPECT_EQ(silent.receive(), "gone");
  EXPECT_EQ(half.receive(), "gone");
  EXPECT_TRUE(server_->due().never());
}

TEST_F(Control, OneThatNeverReadsItsAnswerHoldsNobodyUp) {
  const std::string much(8 << 20, 'x');
  handler_ = [&](const Json& request) -> Json {
    return request.contains("much") ? Json{{"much", much}} : Json{{"ok", true}};
  };
  open();
  const Client deaf(file());
  ASSERT_TRUE(deaf.send("{\"much\": true}\n"));
  serve();
  const Client next(file());
  ASSERT_TRUE(next.send("{}\n"));
  serve(later(1));
  EXPECT_THAT(next.receive(), HasSubstr("\"ok\":true"));
  EXPECT_FALSE(server_->due().never());
  serve(later(ControlServer::kClientMs));
  EXPECT_TRUE(server_->due().never());
}

TEST_F(Control, OneThatGoesAwayBeforeItsAnswerIsForgotten) {
  open();
  {
    const Client hasty(file());
    ASSERT_TRUE(hasty.send("{}\n"));
  }
  serve();
  EXPECT_TRUE(server_->due().never());
}

TEST_F(Control, ALargeAnswerArrivesWhole) {
  const std::string much(4 << 20, 'x');
  handler_ = [&](const Json&) -> Json { return {{"much", much}}; };
  open();
  serve_on();
  const auto answer = ask_supervisor(folder_, {{"command", "status"}}, 60'000);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("much").get<std::string>().size(), much.size());
}

TEST_F(Control, ARequestWithoutEndIsRefused) {
  open();
  const Client client(file());
  ASSERT_TRUE(client.send(std::string(ControlServer::kRequestBytesMost + 1, ' ')));
  serve();
  EXPECT_THAT(client.receive(), HasSubstr("the request is too long"));
  EXPECT_EQ(asked_, 0);
}

TEST_F(Control, AHundredClientsAtOnceAreAllAnswered) {
  open();
  serve_on();
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int number = 0; number < 100; ++number)
    clients.emplace_back([&, number] {
      const auto answer = ask_supervisor(folder_, {{"number", number}}, 30'000);
      if (answer && answer->at("heard").at("number") == number) ++right;
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 100);
}

TEST_F(Control, NoMoreThanSoManyAreHeldAndTheOthersComeAfterThem) {
  open();
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i <= ControlServer::kClientsMost; ++i)
    clients.push_back(std::make_unique<Client>(file()));
  serve();
  std::vector<pollfd> fds;
  server_->add_to(fds);
  EXPECT_EQ(fds.size(), ControlServer::kClientsMost);
  ASSERT_TRUE(clients.front()->send("{}\n"));
  ASSERT_TRUE(clients.back()->send("{}\n"));
  serve();  // answers the first one
  serve();  // has room for the last one
  EXPECT_THAT(clients.back()->receive(), HasSubstr("\"ok\":true"));
}

TEST_F(Control, ASupervisorThatHangsIsToldFromOneThatIsNotThere) {
  open();
  auto answer = ask_supervisor(folder_, {{"command", "status"}}, 100);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, Status::kTransient);
  EXPECT_THAT(answer.error().message, HasSubstr("does not answer in time"));
  // Also when so many wait that not even a connection can be made.
  std::vector<std::unique_ptr<Client>> waiting;
  do {
    waiting.push_back(std::make_unique<Client>(file()));
  } while (waiting.back()->connected());
  answer = ask_supervisor(folder_, {{"command", "status"}}, 100);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, Status::kTransient);
  EXPECT_THAT(answer.error().message, HasSubstr("does not answer in time"));
}

TEST_F(Control, AnotherUserIsToldWhoMay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  open();
  const auto ask_and_tell = [&] {
    const auto answer = ask_supervisor(folder_, {{"command", "status"}}, 1'000);
    if (answer || answer.error().status != Status::kConfig) return 1;
    return answer.error().message.find("or as root") == std::string::npos ? 2 : 0;
  };
  EXPECT_EQ(as_another_user(ask_and_tell), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(as_another_user(ask_and_tell), 0);
}

TEST_F(Control, AnotherUserIsNotServedEvenWhenItCouldConnect) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  open();
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(file().c_str(), 0666), 0);
  const int connected = as_another_user([&] {
    const Client other(file());
    return other.connected() && other.send("{\"command\": \"stop\"}\n") ? 0 : 1;
  });
  ASSERT_EQ(connected, 0);
  serve();
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(server_->due().never());
}

}  // namespace
}  // namespace tq
