// SPDX-License-Identifier: Apache-2.0
// What the services of the core stand on in these tests: a world whose clock the test moves, a log
// and a listener that keep what they are told, a store in memory that can be made to fail.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "services/host_ctx.hpp"
#include "services/log_service.hpp"
#include "services/run_service.hpp"
#include "services/state_service.hpp"

namespace tq {

class TestWorld : public World {
 public:
  int64_t now_ms() const override { return 1'700'000'000'000 + static_cast<int64_t>(mono); }
  uint64_t mono_ms() const override { return mono; }
  void random(void* out, size_t size) override { std::fill_n(static_cast<char*>(out), size, 'r'); }
  bool sleep_ms(uint64_t ms, const Cancel& cancel) override {
    mono += ms;
    return cancel.cancelled();
  }
  void reach(std::string_view point) override { points.emplace_back(point); }

  uint64_t mono = 1000;
  std::vector<std::string> points;
};

class KeptLog : public Log {
 public:
  struct Line {
    Level level;
    Event event;
    std::string text;
    std::map<std::string, std::string> fields;
  };

  bool enabled(Level level) const override { return level >= least; }
  void write(Level level, Event event, std::string_view text,
             std::span<const Field> fields) override {
    Line line{level, event, std::string(text), {}};
    for (const Field& field : fields) line.fields[std::string(field.key)] = field.value;
    lines.push_back(std::move(line));
  }
  void flush() override {}
  Redactor& redactor() override { return redactor_; }

  std::vector<Line> lines;
  Level least = Level::kInfo;

 private:
  Redactor redactor_;
};

class KeptListener : public RunListener {
 public:
  void progress(uint64_t done, uint64_t, std::string_view) override { told.push_back(done); }
  void effect(std::string_view what) override { effects.emplace_back(what); }

  void ready() override { listens = true; }

  bool listens = false;
  std::vector<uint64_t> told;
  std::vector<std::string> effects;
};

class MapStore : public Store {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  const std::string& instance() const override { return name; }
  int64_t schema() const override { return 1; }
  Result<std::optional<std::string>> get(std::string_view key) override {
    if (throws) throw std::runtime_error("thrown by the store");
    const auto found = open.find(key);
    return found == open.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> put(std::string_view key, std::string_view value) override {
    open[std::string(key)] = value;
    return {};
  }
  Result<void> erase(std::string_view key) override {
    open.erase(std::string(key));
    return {};
  }
  Result<void> scan(std::string_view prefix, std::string_view after, size_t limit,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (failure) return *failure;
    largest_page = std::max(largest_page, limit);
    for (const auto& [key, value] : Map(open)) {
      if (key.compare(0, prefix.size(), prefix) != 0 || (!after.empty() && key <= after)) continue;
      if (limit-- == 0 || !visit(key, value)) break;
    }
    return {};
  }
  Result<void> commit() override {
    if (failure) return *failure;
    durable = open;
    for (const int64_t id : settled)
      std::erase_if(letters, [id](const DeadLetter& letter) { return letter.id == id; });
    settled.clear();
    letters.insert(letters.end(), pending_letters.begin(), pending_letters.end());
    pending_letters.clear();
    for (const auto& item : resolved)
      std::erase_if(letters, [&](const DeadLetter& letter) {
        return letter.type == item.first && letter.value == item.second;
      });
    resolved.clear();
    relearn_durable = relearn_open;
    ++commits;
    return {};
  }
  void rollback() override {
    open = durable;
    relearn_open = relearn_durable;
    settled.clear();
  }
  Relearn relearn() const override { return relearn_open; }
  Result<void> set_relearn(Relearn why) override {
    relearn_open = why;
    return {};
  }
  Result<void> resolve_dead_letter(std::string_view type, std::string_view value) override {
    resolved.emplace_back(type, value);
    return {};
  }
  void drop_resolved() override { resolved.clear(); }
  Result<void> add_dead_letter(const DeadLetter& letter) override {
    pending_letters.push_back(letter);
    return {};
  }
  Result<uint64_t> count_dead_letters() override { return letters.size(); }
  Result<void> scan_dead_letters(const std::function<bool(const DeadLetter&)>& visit) override {
    if (letters_failure) return *letters_failure;
    for (auto letter = letters.rbegin(); letter != letters.rend() && visit(*letter);) ++letter;
    return {};
  }
  Result<bool> mark_dead_letter(int64_t) override { return false; }
  Result<bool> drop_dead_letter(int64_t) override { return false; }
  Result<void> settle_dead_letter(int64_t id) override {
    settled.push_back(id);
    return {};
  }
  Result<void> backup(const std::filesystem::path&) override { return {}; }
  Result<void> reset() override { return {}; }

  const std::string name = "cb-prod";
  Map open, durable;
  std::vector<DeadLetter> pending_letters, letters;
  std::vector<int64_t> settled;
  std::vector<std::pair<std::string, std::string>> resolved;
  Relearn relearn_open = Relearn::kNo, relearn_durable = Relearn::kNo;
  std::optional<Error> failure, letters_failure;
  bool throws = false;
  size_t largest_page = 0;
  int commits = 0;
};

// The services of one run with these flags, and the context that the tables get.
struct Core {
  explicit Core(uint32_t flags = 0, bool listens = false)
      : run({flags, 1'700'000'000'000, std::nullopt, "cb-prod", "run-1", listens}, world, cancel,
            log, listener),
        state(store, run, log),
        plugin_log(log) {
    ctx.home = std::this_thread::get_id();
    ctx.log = &plugin_log;
    ctx.run = &run;
    ctx.state = &state;
  }

  TestWorld world;
  Cancel cancel;
  KeptLog log;
  KeptListener listener;
  MapStore store;
  RunService run;
  StateService state;
  LogService plugin_log;
  tqp_host_ctx ctx;
  HomeContext home{&ctx};
};

inline tqp_status take_text(void* out, const void* bytes, size_t n) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), n);
  return TQP_OK;
}
inline tqp_sink sink_to(std::string& out) { return {&out, &take_text}; }

inline tqp_error empty_error() {
  tqp_error error{};
  error.size = sizeof error;
  return error;
}

}  // namespace tq
