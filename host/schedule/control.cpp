// SPDX-License-Identifier: Apache-2.0
#include "schedule/control.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/world.hpp"
#include "schedule/state_folder.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

constexpr const char* kName = "control.sock";
constexpr int kBacklog = 64;
constexpr size_t kAnswerBytesMost = 64 << 20;

// The name of a socket is short and that of a folder may not be: the folder is gone through by its
// descriptor.
struct SocketPlace {
  UniqueFd folder;
  sockaddr_un address{};
};

Result<SocketPlace> place_in(const std::filesystem::path& state_dir) {
  SocketPlace place;
  place.folder = UniqueFd(::open(state_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.folder) return errno_error(Status::kConfig, "cannot open", state_dir, errno);
  const std::string path =
      "/proc/self/fd/" + std::to_string(place.folder.get()) + "/" + std::string(kName);
  place.address.sun_family = AF_UNIX;
  std::memcpy(place.address.sun_path, path.c_str(), path.size() + 1);
  return place;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd make_socket(int more_flags) {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | more_flags, 0));
}

bool is_allowed(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

}  // namespace

struct ControlServer::Client {
  UniqueFd fd;
  Due due;
  std::string request;
  std::string answer;  // what is still to be sent; empty: the request is not whole yet
  size_t sent = 0;

  bool answering() const { return !answer.empty(); }
};

ControlServer::ControlServer(std::filesystem::path state_dir)
    : state_dir_(std::move(state_dir)), file_(state_dir_ / kName) {}

ControlServer::~ControlServer() {
  if (is_there()) ::unlink(file_.c_str());
}

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::filesystem::path& state_dir) {
  std::unique_ptr<ControlServer> out(new ControlServer(state_dir));
  TQ_TRY(out->listen());
  return out;
}

Result<void> ControlServer::listen() {
  TQ_ASSIGN(const SocketPlace place, place_in(state_dir_));
  ::unlink(file_.c_str());
  UniqueFd listener = make_socket(SOCK_NONBLOCK);
  struct stat info {};
  // The file gets the socket's mode; by its name, another file's would be changed.
  if (!listener || ::fchmod(listener.get(), 0600) != 0 ||
      ::bind(listener.get(), generic(place.address), sizeof place.address) != 0 ||
      ::lstat(file_.c_str(), &info) != 0 || ::listen(listener.get(), kBacklog) != 0)
    return errno_error(Status::kConfig, "cannot listen at", file_, errno);
  listener_ = std::move(listener);
  device_ = info.st_dev;
  inode_ = info.st_ino;
  return {};
}

bool ControlServer::is_there() const {
  struct stat info {};
  return listener_ && ::lstat(file_.c_str(), &info) == 0 && info.st_dev == device_ &&
         info.st_ino == inode_;
}

Result<bool> ControlServer::renew() {
  if (is_there()) return false;
  TQ_TRY(listen());
  return true;
}

void ControlServer::add_to(std::vector<pollfd>& fds) const {
  if (clients_.size() < kClientsMost) fds.push_back({listener_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    const short events = client->answering() ? POLLOUT : POLLIN;
    fds.push_back({client->fd.get(), events, 0});
  }
}

Due ControlServer::due() const {
  Due first;
  for (const auto& client : clients_) first.mono_ms = std::min(first.mono_ms, client->due.mono_ms);
  return first;
}

void ControlServer::serve(Moment now, const Handler& handler) {
  while (clients_.size() < kClientsMost) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) break;
    if (!is_allowed(fd.get())) continue;
    clients_.push_back(
        std::make_unique<Client>(Client{std::move(fd), Due::in(kClientMs, now), {}, {}, 0}));
  }
  std::erase_if(clients_, [&](const auto& client) {
    if (!client->answering() && !read_request(*client, handler)) return true;
    if (client->answering() && send_answer(*client)) return true;
    return client->due.reached(now);
  });
}

// False: it went away, or has too much to say.
bool ControlServer::read_request(Client& client, const Handler& handler) {
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(client.fd.get(), buffer, sizeof buffer);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    client.request.append(buffer, static_cast<size_t>(got));
    const size_t end = client.request.find('\n');
    if (end == std::string::npos && client.request.size() <= kRequestBytesMost) continue;
    const auto request = end == std::string::npos
                             ? Result<Json>(Error{Status::kData, "the request is too long"})
                             : parse_json(client.request.substr(0, end), "the request");
    Json answer;
    if (request && request->is_object()) {
      answer = handler(*request);
    } else {
      answer = {{"error", request ? "the request is no JSON object" : request.error().message},
                {"status", "config"}};
    }
    client.answer = dump_json(answer) + "\n";
    return true;
  }
}

// True: nothing more is to be done.
bool ControlServer::send_answer(Client& client) {
  while (client.sent < client.answer.size()) {
    const ssize_t sent = ::send(client.fd.get(), client.answer.data() + client.sent,
                                client.answer.size() - client.sent, MSG_NOSIGNAL);
    if (sent < 0) return errno != EAGAIN && errno != EINTR;
    client.sent += static_cast<size_t>(sent);
  }
  return true;
}

namespace {

Error nobody(const std::filesystem::path& state_dir) {
  return {Status::kEnd, "no supervisor runs on the state folder " + state_dir.string() +
                            "; start one with: tqhost run-forever"};
}

Error silent(const std::filesystem::path& state_dir) {
  return {Status::kTransient, "the supervisor at " + (state_dir / kName).string() +
                                  " does not answer in time; look at tqhost.log"};
}

Error forbidden(const std::filesystem::path& file) {
  return {Status::kConfig, file.string() + ": " + user_name() +
                               " may not use it; run the command as the user that the supervisor "
                               "runs as, or as root"};
}

// kEnd: nobody listens there.
Result<UniqueFd> connect_to(const std::filesystem::path& state_dir, uint64_t timeout_ms) {
  const std::filesystem::path file = state_dir / kName;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return nobody(state_dir);
  TQ_ASSIGN(const SocketPlace place, place_in(state_dir));
  UniqueFd fd = make_socket(0);
  if (!fd) return errno_error(Status::kTransient, "cannot open", "a socket", errno);
  const timeval limit{static_cast<time_t>(timeout_ms / 1000),
                      static_cast<suseconds_t>(timeout_ms % 1000 * 1000)};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), generic(place.address), sizeof place.address) == 0) return fd;
  if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTSOCK) return nobody(state_dir);
  if (errno == EAGAIN) return silent(state_dir);  // as many wait already as may
  if (errno == EACCES) return forbidden(file);
  return errno_error(Status::kTransient, "cannot reach the supervisor at", file, errno);
}

// A socket that is not there says little: somebody may have deleted it, or the supervisor may be
// starting. Who holds the lock is there, and listens again in a moment.
Result<UniqueFd> reach_supervisor(const std::filesystem::path& state_dir, uint64_t timeout_ms) {
  constexpr useconds_t kLookEveryUs = 20'000;
  const uint64_t end_ms = RealWorld().mono_ms() + timeout_ms;
  while (true) {
    auto fd = connect_to(state_dir, timeout_ms);
    if (fd || fd.error().status != Status::kEnd) return fd;
    const auto holder = supervisor_of(state_dir);
    if (!holder)
      return holder.error().status == Status::kConfig ? forbidden(supervisor_lock_file(state_dir))
                                                      : holder.error();
    if (holder->empty()) return fd;
    if (RealWorld().mono_ms() >= end_ms)
      return Error{Status::kTransient, "a supervisor (" + *holder + ") runs on the state folder " +
                                           state_dir.string() + ", but nobody listens at " +
                                           (state_dir / kName).string() +
                                           "; look at tqhost.log, or restart it"};
    ::usleep(kLookEveryUs);
  }
}

}  // namespace

Result<Json> ask_supervisor(const std::filesystem::path& state_dir, const Json& request,
                            uint64_t timeout_ms) {
  TQ_ASSIGN(const UniqueFd fd, reach_supervisor(state_dir, timeout_ms));
  const std::string line = dump_json(request) + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return silent(state_dir);
  const uint64_t end_ms = RealWorld().mono_ms() + timeout_ms;
  std::string answer;
  char buffer[16 * 1024];
  while (!answer.ends_with('\n') && answer.size() < kAnswerBytesMost &&
         RealWorld().mono_ms() < end_ms) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return silent(state_dir);
    answer.append(buffer, static_cast<size_t>(got));
  }
  if (!answer.ends_with('\n')) return silent(state_dir);
  return parse_json(answer, "the supervisor's answer");
}

}  // namespace tq
