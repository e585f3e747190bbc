// SPDX-License-Identifier: Apache-2.0
// A tqlab child process for tests: starts it, talks to its control routes, ends it. Used from one
// thread; the child dies with the test. Everything throws std::runtime_error with what was tried
// and what came back.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lab {

struct LabAnswer {
  int status = 0;
  std::string body;
};

class LabProcess {
 public:
  // Starts `tqlab ARGUMENTS...` and waits until it listens. --exit-with-stdin is added.
  explicit LabProcess(std::vector<std::string> arguments);
  ~LabProcess();
  LabProcess(const LabProcess&) = delete;
  LabProcess& operator=(const LabProcess&) = delete;

  const std::string& url() const { return url_; }          // without a slash at the end
  const std::string& ca_file() const { return ca_file_; }  // empty when plain
  std::string host_and_port() const;
  const std::string& socks() const { return socks_; }  // host and port; empty: no such service
  pid_t pid() const { return pid_; }

  // Sets a fault rule, given as JSON. The answer of all control calls must be 200.
  void fault(const std::string& rule);
  std::string fault_state();
  void clear_faults();

  // JSON texts. The query is like "summary=1".
  std::string dump(const std::string& query = "");
  std::string change(const std::string& what);
  std::string requests();
  void reset_requests();

  // Any request to the process, for what the above do not cover.
  LabAnswer call(const std::string& method, const std::string& path_and_query,
                 const std::string& body = "",
                 const std::vector<std::pair<std::string, std::string>>& headers = {});

  // Ends the child now; the destructor does so otherwise. Its exit status, or -1 when a signal
  // ended it.
  int stop();

 private:
  void start(const std::vector<std::string>& arguments);
  void read_announcement();
  std::string control(const std::string& method, const std::string& path,
                      const std::string& body = "");

  std::string name_;
  std::string url_;
  std::string ca_file_;
  std::string socks_;
  pid_t pid_ = -1;
  int input_ = -1;   // the child's standard input: its life line
  int output_ = -1;  // its standard output
};

}  // namespace lab
