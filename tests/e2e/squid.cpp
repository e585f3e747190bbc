// SPDX-License-Identifier: Apache-2.0
#include "e2e/squid.hpp"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "/usr/sbin/squid";
constexpr std::chrono::seconds kStartTime{60};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(port);
  return out;
}

// Free now; whoever takes it in between makes the start fail.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port on loopback");
  return ntohs(address.sin_port);
}

bool takes_connections(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool taken =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return taken;
}

// As root it becomes this user, which has to reach its files then.
void hand_over(const fs::path& folder) {
  const passwd* const user = ::geteuid() == 0 ? ::getpwnam("proxy") : nullptr;
  if (user == nullptr) return;
  const auto give = [&](const fs::path& path) {
    if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("cannot give " + path.string() + " to the user proxy");
  };
  give(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) give(entry.path());
}

}  // namespace

std::string Squid::missing() {
  for (const char* file : {kProgram, "/usr/lib/squid/basic_ncsa_auth",
                           "/usr/lib/squid/digest_file_auth", "/usr/lib/squid/ntlm_fake_auth"})
    if (::access(file, X_OK) != 0)
      return std::string(file) + " is missing; scripts/setup installs it";
  return {};
}

Squid::Squid(const SquidOptions& options)
    : folder_(options.folder), http_port_(free_port()), https_port_(free_port()) {
  write_files(options);
  running_.emplace(
      std::vector<std::string>{kProgram, "-N", "-f", (folder_ / "squid.conf").string()},
      Variables{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}});
  const auto end = std::chrono::steady_clock::now() + kStartTime;
  while (!listens()) {
    if (std::chrono::steady_clock::now() > end || ::kill(running_->pid(), 0) != 0)
      throw std::runtime_error("squid does not listen: " + read_text(folder_ / "cache.log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Squid::~Squid() {
  running_->send_signal(SIGTERM);
  running_->wait(30);
}

bool Squid::listens() const {
  return takes_connections(http_port_) && takes_connections(https_port_);
}

void Squid::write_files(const SquidOptions& options) {
  fs::create_directory(folder_);
  fs::copy_file(options.certificate, folder_ / "certificate.pem");
  fs::copy_file(options.key, folder_ / "key.pem");
  std::ofstream hosts(folder_ / "hosts");
  for (const std::string& name : options.names) hosts << "127.0.0.1 " << name << '\n';
  std::ofstream conf(folder_ / "squid.conf");
  const auto file = [this](const char* name) { return (folder_ / name).string(); };
  conf << "http_port " << http() << "\nhttps_port " << https()
       << " tls-cert=" << file("certificate.pem") << " tls-key=" << file("key.pem")
       << "\nvisible_hostname tqsquid\n"
       << "pid_filename " << file("squid.pid") << "\naccess_log stdio:" << file("access.log")
       << "\ncache_log " << file("cache.log") << "\ncoredump_dir " << folder_.string()
       << "\nhosts_file " << file("hosts")
       << "\ndns_nameservers 127.0.0.1\ncache deny all\ncache_mem 8 MB\npinger_enable off\n"
          "netdb_filename none\nshutdown_lifetime 0 seconds\nbuffered_logs off\n";
  for (const std::string& line : options.log_in) conf << line << '\n';
  conf << "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n";
  hosts.close();
  conf.close();
  hand_over(folder_);
}

std::string Squid::access_log() const { return read_text(folder_ / "access.log"); }

}  // namespace e2e
