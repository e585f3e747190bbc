// SPDX-License-Identifier: Apache-2.0
// FakeHost: the whole host in memory, for unit tests of plugins. A test sets the world up (`setup`,
// `answer`), runs facets, and looks at what was seen. It is strict: what the contract forbids lands
// in seen.violations, which a test asserts to be empty. One thread, but for what the contract
// allows on any; owns the instance.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <tqp/host.hpp>
#include <utility>
#include <vector>

namespace tqp::fake {

inline constexpr uint64_t kNever = UINT64_MAX;
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Row {
  uint64_t id = 0;
  std::string type, value;
  std::string status = "Active";
  int16_t score = -1;
  int64_t updated_ms = INT64_MIN;
  std::string raw = "{}";
};

struct Collection {
  std::vector<Row> rows;
  std::string id = "1";  // of the saved search
  size_t batch_rows = 1000;
  uint64_t fail_after_rows = kNever;
  Error failure{TQP_E_TRANSIENT, "ThreatQ: the connection was reset"};
};

struct Sent {
  std::string method, url, auth, body;
  Pairs headers{};
  uint32_t flags = 0;
  uint64_t timeout_ms = 0, max_response_bytes = 0;
  bool skipped = false;     // an effect in a dry run or a check: listed, not done
  bool redirected = false;  // the host's own, because an answer before it has redirected
};

struct Answer {
  int32_t status = 200;
  std::string body{};
  Pairs headers{};
  std::optional<Error> failure{};  // not answered at all: status and the rest do not count
  bool cut = false;                // the body ends with E_TRANSIENT instead of END
  uint64_t after_ms = 0;           // on the virtual clock
};
using Respond = std::function<Answer(const Sent&)>;

// What a test decides. Change it between calls as you like.
struct Setup {
  std::string config = "{}";  // the instance's settings, JSON
  std::string schema{};  // the plugin's schema: defaults, secrets, which settings exist; empty: any
  std::map<std::string, Collection> collections{};
  std::set<std::string> withheld{};  // ids of services that this host does not offer
  std::string link_base = "https://tq.example/indicators/";

  uint32_t flags = 0;  // TQP_RUN_DRY and so on
  std::string instance = "test", run_id = "run-1";
  int64_t now_ms = 1'700'000'000'000;  // wall clock; sleeping and waiting move it
  int64_t historical_ms = INT64_MIN;
  uint64_t seed = 1;                   // of tqp_run.random
  std::vector<RefusedItem> retries{};  // what a person wants offered again: tqp_run.next_retry

  size_t metrics_most = 200;              // then tqp_metrics.create answers E_LIMITED
  size_t read_piece_bytes = 16 * 1024;    // at most so many bytes from one tqp_http.read
  std::optional<Error> commit_failure{};  // of every commit while set
  // Stop is asked for at the n-th call that polls or waits (from 1).
  uint64_t cancel_at = kNever;
  // The host dies at the n-th crash point (from 1): each HTTP effect and each commit has one before
  // and one after it. From there on every call fails and nothing has any effect; what was committed
  // stays.
  uint64_t crash_at = kNever;
};

struct LogLine {
  int32_t level;
  std::string text;
  Pairs fields;
};
struct Progress {
  uint64_t done = 0, total = 0;
  std::string text;
};
struct Rejected {
  std::string type, value, reason;
};
// What a verification told, with the counts of `same` under an empty value.
struct Finding {
  int32_t how = 0;  // TQP_FOUND_SAME and so on
  uint64_t n = 0;
  std::string type{}, value{}, detail{};
};
struct Figure {
  int32_t kind = 0;  // TQP_METRIC_COUNTER and so on
  std::string help{};
  double value = 0;                 // a histogram's sum
  std::vector<double> bounds{};     // of a histogram
  std::vector<uint64_t> buckets{};  // likewise: one more than bounds, each on its own
};

// What the plugin did.
struct Seen {
  std::vector<LogLine> log{};
  std::vector<Sent> requests{};  // in the order of start
  std::map<std::pair<int32_t, std::string>, uint64_t> counts{};
  std::vector<Progress> progress{};
  std::vector<Rejected> rejected{};
  std::vector<RefusedItem> accepted{};  // and not rejected after that, by the commit that followed
  std::map<std::string, Figure> metrics{};  // by `name` or `name{key="value",key="value"}`
  std::vector<std::string> violations{};
  std::vector<std::string> warnings{};  // what the host would tell, though it breaks no rule
  uint64_t commits = 0;                 // that made something durable
  uint64_t polls = 0;                   // calls that poll or wait
  uint64_t points = 0;                  // crash points passed
  bool crashed = false;
  bool ready = false;

  uint64_t count(int32_t what) const;  // over all reasons
  uint64_t count(int32_t what, const std::string& reason) const;
  bool logged(const std::string& part_of_text) const;
};

struct Outcome {
  tqp_status status = TQP_OK;
  std::string message{}, field{};
  int32_t http_status = 0;
  uint64_t retry_after_ms = 0;
  bool ok() const { return status == TQP_OK; }
};
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

struct Explained {
  Outcome outcome{};
  std::string text{};
};

struct Verified {
  Outcome outcome{};
  std::vector<Finding> findings{};
  uint64_t count(int32_t how) const;
};

struct World;

class FakeHost {
 public:
  explicit FakeHost(const tqp_plugin* plugin);
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  // The descriptor of a plugin file; it stays loaded.
  static Result<const tqp_plugin*> load(const std::string& path);

  Setup setup;
  Seen seen;
  std::map<std::string, std::string> state;  // what is committed

  // Answers requests of that method ("*": any) whose URL has a match of the expression; the first
  // that fits and is not used up answers. A request that nothing fits is a violation. An answer
  // that redirects is followed as the host does it, unless the request has TQP_HTTP_NO_REDIRECT.
  void answer(const std::string& method, const std::string& url_regex, Respond respond,
              uint64_t times = kNever);
  void answer(const std::string& method, const std::string& url_regex, const Answer& answer,
              uint64_t times = kNever);
  void forget_answers();

  Outcome create();  // refuses, as the host does, before it calls a plugin that it cannot serve
  // Each of these fails with TQP_E_BUG, whatever the plugin returns, when it broke the contract on
  // the way; what it did until then is not committed.
  Outcome run_job();  // creates first when there is no instance
  Outcome serve();    // likewise; set setup.cancel_at, for a listener ends when stop is asked for
  Outcome check();    // likewise, with TQP_RUN_CHECK set
  Explained explain(const std::string& type, const std::string& value, uint64_t id = 0);  // too
  Outcome purge();  // as run_job()
  // As check(); with `repair` its commits count.
  Verified verify(bool repair = false);
  void destroy();

  // After a crash, or to try a second run: destroys the instance, forgets the crash and the
  // counters of polls and points. State, requests, answers and the clock stay.
  void restart();

  // The host's side of the contract, for tests of the tables themselves.
  const tqp_host* raw() const;

 private:
  template <typename Call>
  Outcome facet(const char* id, Call call);
  Outcome judged(tqp_status status, const tqp_error& error) const;

  std::unique_ptr<World> world_;
};

}  // namespace tqp::fake
