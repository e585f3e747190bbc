// SPDX-License-Identifier: Apache-2.0
#include "lab/lab_process.hpp"

#include <fcntl.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartTime{
    60};  // loading a million indicators under a sanitizer takes its time
constexpr std::chrono::seconds kStopTime{10};
constexpr int kCallSeconds = 60;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return {ends[0], ends[1]};
}

// The child gets the two pipe ends and standard error, and the signals as they are by default.
pid_t spawn(const std::vector<std::string>& words, int input, int output) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::runtime_error("cannot start " + words[0] + ": " + std::strerror(error));
  return pid;
}

std::unique_ptr<Poco::Net::HTTPClientSession> session(const std::string& url,
                                                      const std::string& ca_file) {
  const Poco::URI uri(url);
  if (ca_file.empty())
    return std::make_unique<Poco::Net::HTTPClientSession>(uri.getHost(), uri.getPort());
  Poco::Net::initializeSSL();
  const Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file,
                             Poco::Net::Context::VERIFY_STRICT, 9, false);
  return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
}

}  // namespace

LabProcess::LabProcess(std::vector<std::string> arguments) {
  name_ = "tqlab " + (arguments.empty() ? std::string() : arguments.front());
  arguments.insert(arguments.begin(), TQLAB_PATH);
  arguments.emplace_back("--exit-with-stdin");
  try {
    start(arguments);
    read_announcement();
  } catch (...) {
    stop();
    throw;
  }
}

LabProcess::~LabProcess() { stop(); }

void LabProcess::start(const std::vector<std::string>& arguments) {
  const Pipe in = make_pipe();
  const Pipe out = make_pipe();
  input_ = in.write_end;
  output_ = out.read_end;
  try {
    pid_ = spawn(arguments, in.read_end, out.write_end);
  } catch (...) {
    ::close(in.read_end);
    ::close(out.write_end);
    throw;
  }
  ::close(in.read_end);
  ::close(out.write_end);
}

void LabProcess::read_announcement() {
  std::string line;
  const auto end = Clock::now() + kStartTime;
  while (line.empty() || line.back() != '\n') {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd watched{output_, POLLIN, 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) {
      throw std::runtime_error(name_ + " did not say that it listens within a minute");
    }
    char c = 0;
    const ssize_t got = ::read(output_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw std::runtime_error(name_ + " ended before it listened; see its standard error");
    line += c;
  }
  const auto announced = nlohmann::json::parse(line);
  url_ = announced.at("url").get<std::string>();
  socks_ = announced.value("socks", "");
  if (!announced.at("ca_file").is_null()) ca_file_ = announced.at("ca_file").get<std::string>();
}

std::string LabProcess::host_and_port() const { return url_.substr(url_.find("://") + 3); }

LabAnswer LabProcess::call(const std::string& method, const std::string& path_and_query,
                           const std::string& body,
                           const std::vector<std::pair<std::string, std::string>>& headers) try {
  const auto connection = session(url_, ca_file_);
  connection->setTimeout(Poco::Timespan(kCallSeconds, 0));
  Poco::Net::HTTPRequest request(method, path_and_query, Poco::Net::HTTPMessage::HTTP_1_1);
  for (const auto& [name, value] : headers) request.set(name, value);
  const bool has_body = !body.empty() || method == "POST" || method == "PUT";
  if (has_body) request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  auto& stream = connection->sendRequest(request);
  if (has_body) stream.write(body.data(), static_cast<std::streamsize>(body.size()));
  Poco::Net::HTTPResponse response;
  LabAnswer answer;
  Poco::StreamCopier::copyToString(connection->receiveResponse(response), answer.body);
  answer.status = response.getStatus();
  return answer;
} catch (const Poco::Exception& error) {
  throw std::runtime_error(name_ + ": " + method + ' ' + path_and_query + ": " +
                           error.displayText());
}

std::string LabProcess::control(const std::string& method, const std::string& path,
                                const std::string& body) {
  LabAnswer answer = call(method, path, body);
  if (answer.status != 200) {
    throw std::runtime_error(name_ + ": " + method + ' ' + path + " answered " +
                             std::to_string(answer.status) + ' ' + answer.body);
  }
  return std::move(answer.body);
}

void LabProcess::fault(const std::string& rule) { control("POST", "/__lab/fault", rule); }
std::string LabProcess::fault_state() { return control("GET", "/__lab/fault"); }
void LabProcess::clear_faults() { control("DELETE", "/__lab/fault"); }
std::string LabProcess::dump(const std::string& query) {
  return control("GET", query.empty() ? "/__lab/dump" : "/__lab/dump?" + query);
}
std::string LabProcess::change(const std::string& what) {
  return control("POST", "/__lab/change", what);
}
std::string LabProcess::requests() { return control("GET", "/__lab/requests"); }
void LabProcess::reset_requests() { control("DELETE", "/__lab/requests"); }

int LabProcess::stop() {
  if (input_ >= 0) ::close(input_);
  if (output_ >= 0) ::close(output_);
  input_ = output_ = -1;
  if (pid_ <= 0) return -1;
  ::kill(pid_, SIGTERM);
  int status = 0;
  const auto end = Clock::now() + kStopTime;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > end) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace lab
