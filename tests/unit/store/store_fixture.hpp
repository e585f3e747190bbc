// SPDX-License-Identifier: Apache-2.0
// A folder with one instance's state, for the tests of the store.
#pragma once

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace tq {

class StateFolder : public testing::Test {
 protected:
  StateFolder() {
    std::string pattern = testing::TempDir() + "tq-store-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.file = folder_ / "state.db";
    options_.instance = "cb-prod";
  }
  ~StateFolder() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() {
    auto store = Store::open(options_);
    if (!store) throw std::runtime_error(store.error().message);
    return store.take();
  }

  std::unique_ptr<Store> open_to_read() {
    StoreOptions options = options_;
    options.read_only = true;
    auto store = Store::open(options);
    if (!store) throw std::runtime_error(store.error().message);
    return store.take();
  }

  // Why the state cannot be opened.
  Error refusal() {
    const auto store = Store::open(options_);
    return store ? Error{Status::kOk, "opened"} : store.error();
  }

  // The wait status of a child that does this and, unless it is killed, ends with its answer.
  static int in_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }

  std::filesystem::path folder_;
  StoreOptions options_;
};

inline std::map<std::string, std::string> all_of(Store& store, const std::string& prefix = {}) {
  std::map<std::string, std::string> out;
  const auto done =
      store.scan(prefix, "", SIZE_MAX, [&](std::string_view key, std::string_view value) {
        out.emplace(key, value);
        return true;
      });
  EXPECT_TRUE(done) << done.error().message;
  return out;
}

}  // namespace tq
