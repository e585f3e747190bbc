// SPDX-License-Identifier: Apache-2.0
// A plugin for tests: keeps items at a remote, which is a file, and verifies them. Not for real
// plugins, which reach a remote through the host.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

namespace {

using tqp::Error;
using tqp::Result;

class Mirror {
 public:
  explicit Mirror(tqp::Host host) : host_(host) {}

  Result<void> run() {
    TQP_ASSIGN(const std::vector<std::string> items, host_.config.list("/items"));
    TQP_ASSIGN(const std::string does, host_.config.text("/does"));
    TQP_ASSIGN(std::set<std::string> remote, read_remote());
    if (does == "refuse") return Error{TQP_E_TRANSIENT, "the remote is away, on purpose"};
    if (does == "slow") TQP_TRY(host_.run.sleep_ms(600'000));
    for (const std::string& item : items) {
      TQP_ASSIGN(const auto known, host_.state.get(item));
      host_.run.count(known ? TQP_COUNT_UNCHANGED : TQP_COUNT_SENT);
      if (known) continue;
      remote.insert(item);
      TQP_TRY(host_.state.put(item, "stands"));
    }
    std::ofstream out(remote_, std::ios::trunc);
    for (const std::string& item : remote) out << item << '\n';
    return host_.state.commit();
  }

  Result<void> verify(const tqp::Findings& findings) {
    TQP_ASSIGN(const std::string does, host_.config.text("/does"));
    TQP_ASSIGN(std::set<std::string> remote, read_remote());
    if (does == "die") std::abort();
    if (does == "fail") return Error{TQP_E_TRANSIENT, "the remote cannot be read, on purpose"};
    if (does == "slow") TQP_TRY(host_.run.sleep_ms(600'000));
    std::vector<std::string> missing;
    TQP_ASSIGN(tqp::Scan scan, host_.state.scan(""));
    while (scan.next()) {
      if (remote.erase(std::string(scan.key())) != 0) {
        findings.same("item");
      } else {
        missing.emplace_back(scan.key());
      }
    }
    TQP_TRY(scan.result());
    for (const std::string& item : missing) {
      findings.missing("item", item, "not in the \x1b[31mfile\nany more");
      if (host_.run.repair()) TQP_TRY(host_.state.erase(item));
    }
    for (const std::string& item : remote) findings.foreign("item", item, "nobody knows it");
    return host_.state.commit();
  }

 private:
  Result<std::set<std::string>> read_remote() {
    TQP_ASSIGN(remote_, host_.config.text("/remote"));
    std::ifstream in(remote_);
    std::set<std::string> out;
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  }

  tqp::Host host_;
  std::string remote_;
};

}  // namespace

TQP_PLUGIN(Mirror);
