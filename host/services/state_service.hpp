// SPDX-License-Identifier: Apache-2.0
// StateService: behind tqp.state/1: transactions over the instance's Store, with the run's dead
// letters in the commit. Home thread. Owns the scans that the plugin has open.
#pragma once

#include <tqp/plugin.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "log/log.hpp"
#include "services/handles.hpp"
#include "services/run_service.hpp"
#include "store/store.hpp"

namespace tq {

struct StateRow {
  std::string key, value;
};

}  // namespace tq

// What a plugin's scan points to: one page of rows and where the next one begins.
struct tqp_scan {
  tqp_host_ctx* host;
  std::string prefix;
  std::vector<tq::StateRow> page{};
  size_t at = 0;                       // of the next row in the page
  bool last_page = false;              // nothing comes after this page
  std::optional<tq::Error> failure{};  // of a page; ends the scan for good
};

namespace tq {

class StateService {
 public:
  StateService(Store& store, RunService& run, Log& log);

  Result<std::optional<std::string>> get(std::string_view key);
  Result<void> put(std::string_view key, std::string_view value);
  Result<void> erase(std::string_view key);
  // Everything since the last commit, and the dead letters, become durable together. In runs that
  // record nothing it rolls back.
  Result<void> commit();
  void rollback();

  // Puts and erases of the plugin that no commit has made durable yet.
  uint64_t uncommitted() const { return uncommitted_; }

  // After the facet call: what was not committed is rolled back, what was rejected is kept, what
  // was accepted without a commit is not.
  Result<void> end_facet();

  // Tells the run which items have a dead letter; before the plugin is called.
  Result<void> learn_letters();

  // The next dead letter that a person wants offered again, or null. It goes with the commit that
  // follows, unless the item is rejected again; after a rollback it is there for the next run.
  Result<const DeadLetter*> next_retry();

  tqp_scan* open_scan(tqp_host_ctx* host, std::string_view prefix);
  // The next row, or null at the end. Valid until the next call on the scan.
  Result<const StateRow*> next(tqp_scan& scan);
  void close_scan(tqp_scan& scan) { scans_.close(&scan); }

  bool is_open(const tqp_scan* scan) const { return scans_.has(scan); }
  size_t open_handles() const { return scans_.size(); }  // scans that were not closed

 private:
  enum class Accepted { kWith, kDropped };
  Result<void> make_durable(std::string_view what, Accepted accepted);
  void after_commit(std::string_view what, size_t letters, size_t resolved);
  Result<void> read_page(tqp_scan& scan);

  Store& store_;
  RunService& run_;
  Log& log_;
  uint64_t changes_ = 0;      // puts and erases of the open transaction, tried ones too
  uint64_t uncommitted_ = 0;  // of them, those that the plugin asked for
  bool owed_ = false;         // the store keeps changes of dead letters from a commit that failed
  std::optional<std::vector<DeadLetter>> retries_;  // as they were when the first was asked for
  size_t retries_told_ = 0;
  Handles<tqp_scan> scans_;
};

}  // namespace tq
