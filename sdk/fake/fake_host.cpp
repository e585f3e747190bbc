// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <ostream>

#include "world.hpp"

namespace tqp::fake {
namespace {

const void* service(tqp_host_ctx* ctx, tqp_str id) {
  const std::string name(to_view(id));
  if (World::of(ctx).setup().withheld.count(name) != 0) return nullptr;
  if (name == TQP_LOG) return log_table();
  if (name == TQP_RUN) return run_table();
  if (name == TQP_CONFIG) return config_table();
  if (name == TQP_STATE) return state_table();
  if (name == TQP_HTTP) return http_table();
  if (name == TQP_THREATQ) return threatq_table();
  if (name == TQP_METRICS) return metrics_table();
  return nullptr;
}

Outcome outcome_of(tqp_status status, const tqp_error& error) {
  return {status, error.message, error.field, error.http_status, error.retry_after_ms};
}

Outcome refusal(std::string message) { return {TQP_E_UNSUPPORTED, std::move(message)}; }

// Calls the one function of a facet's table, if the table reaches it.
template <typename Table>
auto run_of(World& world) {
  return [&world](const void* raw, tqp_error* error) -> std::optional<tqp_status> {
    const auto* const table = static_cast<const Table*>(raw);
    if (!TQP_HAS(table, run)) return std::nullopt;
    return table->run(world.instance, error);
  };
}

class WithFlag {
 public:
  WithFlag(Setup& setup, uint32_t flag) : setup_(setup), before_(setup.flags) {
    setup.flags |= flag;
  }
  WithFlag(const WithFlag&) = delete;
  WithFlag& operator=(const WithFlag&) = delete;
  ~WithFlag() { setup_.flags = before_; }

 private:
  Setup& setup_;
  uint32_t before_;
};

std::string names_of(const std::vector<std::string>& threads) {
  std::string out;
  for (const std::string& name : threads) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// What a person should know of a call that broke no rule of a single function.
void warn(World& world, const char* what, const std::set<int>& threads_before) {
  auto& warnings = world.seen().warnings;
  if (const auto left = threads_left(threads_before); !left.empty())
    warnings.push_back(std::string(what) + ": a thread was left running: " + names_of(left));
  if (!world.pending.empty() && !world.commits_off() && !world.seen().crashed)
    warnings.push_back(std::string(what) +
                       ": what was put or erased was not committed, and is lost");
}

// An end that only a stop allows, and a stop that nobody asked for.
tqp_status only_when_asked(World& world, const char* id, tqp_status status, tqp_error* error) {
  const bool asked = world.seen().polls >= world.setup().cancel_at || world.is_broken();
  if (asked || world.seen().crashed) return status;
  if (status == TQP_CANCELLED)
    return world.bug(error, std::string(id) + ": ended with TQP_CANCELLED though nobody had asked");
  if (status != TQP_OK || std::string_view(id) != TQP_FACET_LISTENER) return status;
  const std::string what = std::string(id) + ": returned though nobody had asked it to stop";
  world.violation(what);
  return world.fail(error, {TQP_E_TRANSIENT, what});
}

}  // namespace

uint64_t Seen::count(int32_t what) const {
  uint64_t sum = 0;
  for (const auto& [key, n] : counts) sum += key.first == what ? n : 0;
  return sum;
}

uint64_t Seen::count(int32_t what, const std::string& reason) const {
  const auto found = counts.find({what, reason});
  return found == counts.end() ? 0 : found->second;
}

uint64_t Verified::count(int32_t how) const {
  uint64_t sum = 0;
  for (const Finding& finding : findings) sum += finding.how == how ? finding.n : 0;
  return sum;
}

bool Seen::logged(const std::string& part_of_text) const {
  for (const LogLine& line : log) {
    if (line.text.find(part_of_text) != std::string::npos) return true;
  }
  return false;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << "status " << outcome.status << " \"" << outcome.message << "\" field \""
             << outcome.field << "\"";
}

FakeHost::FakeHost(const tqp_plugin* plugin) : world_(std::make_unique<World>()) {
  world_->host = this;
  world_->plugin = plugin;
  tqp_host& table = world_->table;
  table.size = sizeof table;
  table.abi_major = TQP_ABI_MAJOR;
  table.abi_minor = TQP_ABI_MINOR;
  table.name = to_str("tqp_fake");
  table.version = to_str("1.0.0");
  table.ctx = world_->ctx();
  table.service = &service;
}

FakeHost::~FakeHost() { destroy(); }

Result<const tqp_plugin*> FakeHost::load(const std::string& path) {
  void* const file = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) return Error{TQP_E_CONFIG, std::string("cannot load: ") + dlerror()};
  void* const symbol = dlsym(file, "tqp_entry_1");
  if (symbol == nullptr) return Error{TQP_E_CONFIG, path + ": no symbol tqp_entry_1"};
  return reinterpret_cast<const tqp_plugin* (*)()>(symbol)();
}

void FakeHost::answer(const std::string& method, const std::string& url_regex, Respond respond,
                      uint64_t times) {
  world_->routes.push_back({method, std::regex(url_regex), std::move(respond), times});
}

void FakeHost::answer(const std::string& method, const std::string& url_regex, const Answer& answer,
                      uint64_t times) {
  this->answer(
      method, url_regex, [answer](const Sent&) { return answer; }, times);
}

void FakeHost::forget_answers() { world_->routes.clear(); }

const tqp_host* FakeHost::raw() const { return &world_->table; }

Outcome FakeHost::create() {
  World& world = *world_;
  if (world.instance != nullptr) return {};
  if (world.plugin == nullptr || world.plugin->abi_major != TQP_ABI_MAJOR) {
    return refusal("the plugin is built for another major of the ABI");
  }
  for (const std::string& id : required_services(world.plugin)) {
    if (service(world.ctx(), to_str(id)) == nullptr) {
      return refusal("the plugin needs " + id + ", which this host does not offer");
    }
  }
  world.home = std::this_thread::get_id();
  world.random = setup.seed;
  world.settings = read_settings(world);
  tqp_error error{};
  error.size = sizeof error;
  world.breach.reset();
  const std::set<int> threads = threads_now();
  tqp_status status = TQP_OK;
  {
    const Calling calling(world);
    status = world.plugin->create(&world.table, &world.instance, &error);
  }
  if (status != TQP_OK) world.instance = nullptr;  // nothing more is called on it
  if (status == TQP_OK && world.instance == nullptr) world.broken("create: OK without an instance");
  warn(world, "create", threads);
  if (world.breach.has_value()) destroy();
  return judged(status, error);
}

// Asks for the facet and has `call` do something with its table.
template <typename Call>
Outcome FakeHost::facet(const char* id, Call call) {
  World& world = *world_;
  if (Outcome created = create(); !created.ok()) return created;
  const void* const table = world.plugin->facet(world.instance, to_str(id));
  if (table == nullptr) return refusal(std::string("the plugin has no facet ") + id);
  world.settings = read_settings(world);
  tqp_error error{};
  error.size = sizeof error;
  world.breach.reset();
  const std::set<int> threads = threads_now();
  std::optional<tqp_status> status;
  {
    const Calling calling(world);
    status = call(table, &error);
    if (status) status = only_when_asked(world, id, *status, &error);
  }
  if (!status) return refusal(std::string("the table of ") + id + " is too small");
  if (*status != TQP_OK) world.pending.clear();  // a run that failed has not forgotten a commit
  warn(world, id, threads);
  world.pending.clear();
  world.accepted.clear();
  if (*status >= TQP_E_CONFIG && error.message[0] == '\0') {
    world.violation(std::string(id) + ": failed without a message");
  }
  return judged(*status, error);
}

Outcome FakeHost::judged(tqp_status status, const tqp_error& error) const {
  if (!world_->breach.has_value()) return outcome_of(status, error);
  return {TQP_E_BUG, "the plugin broke the contract: " + *world_->breach};
}

Outcome FakeHost::serve() {
  seen.ready = false;
  const Outcome outcome = facet(
      TQP_FACET_LISTENER, [this](const void* raw, tqp_error* error) -> std::optional<tqp_status> {
        const auto* const table = static_cast<const tqp_listener*>(raw);
        if (!TQP_HAS(table, serve)) return std::nullopt;
        return table->serve(world_->instance, error);
      });
  if (outcome.status < TQP_E_CONFIG && !seen.ready)
    seen.warnings.push_back(TQP_FACET_LISTENER ": it never said that it listens (run.ready)");
  return outcome;
}

Outcome FakeHost::run_job() { return facet(TQP_FACET_JOB, run_of<tqp_job>(*world_)); }

Outcome FakeHost::check() {
  const WithFlag check(setup, TQP_RUN_CHECK);
  return facet(TQP_FACET_CHECK, run_of<tqp_check>(*world_));
}

Explained FakeHost::explain(const std::string& type, const std::string& value, uint64_t id) {
  const WithFlag check(setup, TQP_RUN_CHECK);
  tqp_explain_query query{};
  query.size = sizeof query;
  query.id = id;
  query.type = to_str(type);
  query.value = to_str(value);
  Explained out;
  out.outcome =
      facet(TQP_FACET_EXPLAIN, [&](const void* raw, tqp_error* error) -> std::optional<tqp_status> {
        const auto* const table = static_cast<const tqp_explain*>(raw);
        if (!TQP_HAS(table, explain)) return std::nullopt;
        return table->explain(world_->instance, &query, sink_to(out.text), error);
      });
  return out;
}

Outcome FakeHost::purge() { return facet(TQP_FACET_PURGE, run_of<tqp_purge>(*world_)); }

Verified FakeHost::verify(bool repair) {
  const WithFlag check(setup, repair ? TQP_RUN_REPAIR : TQP_RUN_CHECK);
  Verified out;
  tqp_findings findings{};
  findings.size = sizeof findings;
  std::pair<World*, std::vector<Finding>*> told{world_.get(), &out.findings};
  findings.ctx = &told;
  findings.found = [](void* ctx, int32_t how, uint64_t n, tqp_str type, tqp_str value,
                      tqp_str detail) {
    const auto& [world, list] = *static_cast<decltype(told)*>(ctx);
    if (!world->at_home("findings.found")) return;
    if (!all_given(type, value, detail)) {
      world->null_argument("findings.found", nullptr);
    } else if (how < TQP_FOUND_SAME || how > TQP_FOUND_FOREIGN) {
      world->broken("findings.found: no such kind: " + std::to_string(how));
    } else {
      list->push_back({how, n, std::string(to_view(type)), std::string(to_view(value)),
                       std::string(to_view(detail))});
    }
  };
  out.outcome =
      facet(TQP_FACET_VERIFY, [&](const void* raw, tqp_error* error) -> std::optional<tqp_status> {
        const auto* const table = static_cast<const tqp_verify*>(raw);
        if (!TQP_HAS(table, run)) return std::nullopt;
        return table->run(world_->instance, &findings, error);
      });
  return out;
}

void FakeHost::destroy() {
  World& world = *world_;
  if (world.instance != nullptr && world.plugin->destroy != nullptr) {
    world.plugin->destroy(world.instance);
  }
  world.instance = nullptr;
  for (const auto& handle : world.handles) {
    if (handle->open) world.violation(std::string("destroy: a ") + handle->kind + " is still open");
  }
  world.handles.clear();
  world.metrics.clear();
  world.pending.clear();
  world.accepted.clear();
}

void FakeHost::restart() {
  destroy();
  setup.crash_at = setup.cancel_at = kNever;
  seen.crashed = false;
  seen.points = seen.polls = 0;
  world_->retries_told = 0;
}

}  // namespace tqp::fake
