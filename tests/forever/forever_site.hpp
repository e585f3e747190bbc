// SPDX-License-Identifier: Apache-2.0
// ForeverSite: a place where `tqhost run-forever` runs, with the plugins of these tests. What is
// started is ended with it. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "e2e/process.hpp"

namespace forever {

using Json = nlohmann::ordered_json;

class ForeverSite {
 public:
  ForeverSite();
  ~ForeverSite();

  // An instance of "unruly" that does this, or of "steady"; on this schedule (empty: none).
  void add(const std::string& name, const std::string& does, const std::string& schedule,
           int64_t work_ms = 0);
  void add_listener(const std::string& name, const std::string& does = "listen");
  void add_hostile(const std::string& name, const std::string& does);
  Json& instance(const std::string& name);
  Json config;
  void write_config();

  // Drops a plugin into the folder, as a rename.
  void drop(const std::string& plugin);       // "unruly", "steady", "mirror", "keen"
  void drop_next(const std::string& plugin);  // the next version of it

  // `before`: what a shell does before it becomes the supervisor by exec.
  void start(const std::vector<std::string>& more = {}, const e2e::Variables& variables = {},
             const std::string& before = {});
  // Asks it to end, and waits.
  e2e::Ended stop();
  e2e::Ended wait_for_end(int seconds);  // when it was asked before
  void kill_supervisor();                // SIGKILL, and waits
  bool running() const { return supervisor_ != nullptr; }
  e2e::Running& supervisor() { return *supervisor_; }

  // Where its console goes; made when it is missing.
  std::filesystem::path console;

  e2e::Ended tqhost(const std::vector<std::string>& arguments, int seconds = 60,
                    const std::string& input = {});
  // The same by a shell that does `first` before: "ulimit -f 0" or "exec >/dev/full".
  e2e::Ended tqhost_after(const std::string& first, const std::vector<std::string>& arguments);
  // What the supervisor answers over its socket; null when it does not.
  Json ask(const Json& request) const;
  // What `status --json` says of the instance, and of all.
  Json status(const std::string& name);
  Json statuses();
  // Waits until it is so; false after a time that is far more than enough.
  static bool eventually(const std::function<bool()>& holds, int seconds = 90);
  bool comes_to(const std::string& name, const std::string& state, int seconds = 90);

  // The lines of an instance's journal, each "word version pid".
  std::vector<std::string> journal(const std::string& name) const;
  size_t count(const std::string& name, const std::string& word) const;

  // Processes of this site: the supervisor, its workers and whatever they started.
  std::vector<pid_t> processes() const;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path plugins() const { return folder_ / "plugins"; }
  std::filesystem::path state() const { return folder_ / "state"; }
  std::string log(const std::string& name) const;

 private:
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;

  std::filesystem::path folder_;
  std::unique_ptr<e2e::Running> supervisor_;
};

std::string plugin_file(const std::string& plugin, bool next);

}  // namespace forever
