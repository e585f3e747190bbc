// SPDX-License-Identifier: Apache-2.0
#include "forever/forever_site.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace forever {
namespace fs = std::filesystem;
namespace {

std::string read_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void replace(const fs::path& from, const fs::path& to) {
  const fs::path draft = to.string() + ".draft";
  fs::copy_file(from, draft, fs::copy_options::overwrite_existing);
  fs::rename(draft, to);
}

}  // namespace

std::string plugin_file(const std::string& plugin, bool next) {
  if (plugin == "unruly") return next ? UNRULY_NEXT_PATH : UNRULY_PATH;
  if (plugin == "mirror") return MIRROR_PATH;
  if (plugin == "hostile") return HOSTILE_PATH;
  if (plugin == "keen") return KEEN_PATH;
  return next ? STEADY_NEXT_PATH : STEADY_PATH;
}

ForeverSite::ForeverSite() {
  std::string name = (fs::temp_directory_path() / "forever-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  console = folder_ / "console";
  fs::create_directory(plugins());
  fs::permissions(plugins(), fs::perms::owner_all);
  config = {{"plugins_dir", plugins().string()},
            {"state_dir", state().string()},
            {"instances", Json::array()}};
}

ForeverSite::~ForeverSite() {
  if (running()) {
    kill_supervisor();
    // Its workers end with it.
    eventually([this] { return processes().empty(); });
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void ForeverSite::add(const std::string& name, const std::string& does, const std::string& schedule,
                      int64_t work_ms) {
  Json instance = {{"name", name},
                   {"plugin", "unruly"},
                   {"config",
                    {{"journal", (folder_ / (name + ".journal")).string()},
                     {"does", does},
                     {"work_ms", work_ms}}}};
  if (!schedule.empty()) instance["schedule"] = schedule;
  config["instances"].push_back(std::move(instance));
}

void ForeverSite::add_hostile(const std::string& name, const std::string& does) {
  config["instances"].push_back(
      {{"name", name},
       {"plugin", "hostile"},
       {"config", {{"journal", (folder_ / (name + ".journal")).string()}, {"does", does}}}});
}

void ForeverSite::add_listener(const std::string& name, const std::string& does) {
  config["instances"].push_back(
      {{"name", name},
       {"plugin", "steady"},
       {"config", {{"journal", (folder_ / (name + ".journal")).string()}, {"does", does}}}});
}

Json& ForeverSite::instance(const std::string& name) {
  for (Json& one : config["instances"])
    if (one["name"] == name) return one;
  throw std::runtime_error("no instance " + name);
}

void ForeverSite::write_config() {
  const fs::path file = folder_ / "tqhost.json";
  const fs::path draft = folder_ / "draft.json";
  std::ofstream(draft) << config.dump(2);
  fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(draft, file);
}

void ForeverSite::drop(const std::string& plugin) {
  replace(plugin_file(plugin, false), plugins() / (plugin + ".so"));
}

void ForeverSite::drop_next(const std::string& plugin) {
  replace(plugin_file(plugin, true), plugins() / (plugin + ".so"));
}

std::vector<std::string> ForeverSite::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {TQHOST_PATH, "--config", (folder_ / "tqhost.json").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

void ForeverSite::start(const std::vector<std::string>& more, const e2e::Variables& variables,
                        const std::string& before) {
  std::vector<std::string> arguments = {"run-forever"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  // Into a file, because nobody reads a pipe meanwhile.
  std::vector<std::string> words = {"/bin/sh", "-c",
                                    before + "exec \"$@\" >>" + console.string() + " 2>&1", "sh"};
  for (const std::string& word : command(arguments)) words.push_back(word);
  supervisor_ = std::make_unique<e2e::Running>(words, variables);
  if (!eventually([this] { return fs::exists(state() / "control.sock"); }))
    throw std::runtime_error("the supervisor does not come up: " + read_whole(console));
}

e2e::Ended ForeverSite::stop() {
  supervisor_->send_signal(SIGTERM);
  return wait_for_end(90);
}

e2e::Ended ForeverSite::wait_for_end(int seconds) {
  e2e::Ended ended = supervisor_->wait(seconds);
  supervisor_.reset();
  return ended;
}

void ForeverSite::kill_supervisor() {
  supervisor_->send_signal(SIGKILL);
  supervisor_->wait(10);
  supervisor_.reset();
}

e2e::Ended ForeverSite::tqhost(const std::vector<std::string>& arguments, int seconds,
                               const std::string& input) {
  return e2e::run_program(command(arguments), {}, seconds, input);
}

e2e::Ended ForeverSite::tqhost_after(const std::string& first,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"/bin/sh", "-c", first + "; exec \"$@\"", "sh"};
  for (const std::string& word : command(arguments)) words.push_back(word);
  return e2e::run_program(words);
}

Json ForeverSite::ask(const Json& request) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (state() / "control.sock").string();
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string line = request.dump() + "\n";
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
    char buffer[16 * 1024];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<size_t>(got));
  }
  ::close(fd);
  return Json::parse(answer, nullptr, false).is_object() ? Json::parse(answer) : Json();
}

Json ForeverSite::statuses() {
  const e2e::Ended ended = tqhost({"status", "--json"});
  const Json all = Json::parse(ended.out, nullptr, false);
  return all.is_object() && all.contains("instances") ? all["instances"] : Json::array();
}

Json ForeverSite::status(const std::string& name) {
  for (const Json& one : statuses())
    if (one["instance"] == name) return one;
  return Json::object();
}

bool ForeverSite::eventually(const std::function<bool()>& holds, int seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

bool ForeverSite::comes_to(const std::string& name, const std::string& state, int seconds) {
  return eventually([&] { return status(name).value("state", "") == state; }, seconds);
}

std::vector<std::string> ForeverSite::journal(const std::string& name) const {
  std::istringstream lines(read_whole(folder_ / (name + ".journal")));
  std::vector<std::string> out;
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  return out;
}

size_t ForeverSite::count(const std::string& name, const std::string& word) const {
  const auto lines = journal(name);
  return static_cast<size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.starts_with(word + " "); }));
}

// A process belongs here when it has a file of the site open.
std::vector<pid_t> ForeverSite::processes() const {
  std::vector<pid_t> out;
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string name = process.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code gone;
    for (fs::directory_iterator at(process.path() / "fd", gone), end; !gone && at != end;
         at.increment(gone)) {
      std::error_code unread;
      const std::string target = fs::read_symlink(at->path(), unread).string();
      if (!unread && target.starts_with(folder_.string())) {
        out.push_back(std::stoi(name));
        break;
      }
    }
  }
  return out;
}

std::string ForeverSite::log(const std::string& name) const {
  return read_whole(state() / "logs" / (name + ".log"));
}

}  // namespace forever
