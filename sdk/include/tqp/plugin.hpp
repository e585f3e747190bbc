// SPDX-License-Identifier: Apache-2.0
// The C++17 face of plugin.h, header-only and built on nothing else: results as values, RAII
// handles, a range over a collection, JSON, and one macro that exports the plugin. All of it lives
// inside the plugin: no type of the standard library crosses to the host.
//
//   class Example {
//    public:
//     static constexpr std::string_view kRequires[] = {TQP_THREATQ};   // optional
//     static tqp::Result<std::unique_ptr<Example>> create(tqp::Host host);
//     explicit Example(tqp::Host host);                                // one of these two
//     // Each of these that is there is a facet:
//     tqp::Result<void> run();
//     tqp::Result<void> serve();                                       // a listener
//     tqp::Result<void> check();
//     tqp::Result<std::string> explain(const tqp::ExplainQuery& query);
//     tqp::Result<void> purge();
//     tqp::Result<void> verify(const tqp::Findings& findings);
//   };
//   TQP_PLUGIN(Example);
//
// Home thread, but for Log, Run and what Metrics makes.
#pragma once

#include <tqp/manifest.h>
#include <tqp/acknowledge.hpp>
#include <tqp/host.hpp>
#include <tqp/http.hpp>
#include <tqp/json_reader.hpp>
#include <tqp/json_writer.hpp>
#include <tqp/metrics.hpp>
#include <tqp/retry_after.hpp>
#include <tqp/state.hpp>
#include <tqp/threatq.hpp>

#include <exception>

namespace tqp {

// The host's services, looked up once. Copy it; it lives as long as the instance. log, run, config
// and state are always there; http, threatq and metrics say whether they are: `if (host.http)`.
struct Host {
  Log log;
  Run run;
  Config config;
  State state;
  Http http;
  ThreatQ threatq;
  Metrics metrics;
  std::string_view name, version;

  // E_UNSUPPORTED, by name, when a needed service is missing.
  static Result<Host> find(const tqp_host* raw, const std::string_view* needed, size_t count,
                           Unclaimed* unclaimed) {
    if (!TQP_HAS(raw, service)) return Error{TQP_E_BUG, "the host's descriptor is too small"};
    for (size_t i = 0; i < count; ++i) {
      if (raw->service(raw->ctx, to_str(needed[i])) == nullptr) return missing(raw, needed[i]);
    }
    const auto* log = static_cast<const tqp_log*>(raw->service(raw->ctx, to_str(TQP_LOG)));
    const auto* run = static_cast<const tqp_run*>(raw->service(raw->ctx, to_str(TQP_RUN)));
    const auto* config = static_cast<const tqp_config*>(raw->service(raw->ctx, to_str(TQP_CONFIG)));
    const auto* state = static_cast<const tqp_state*>(raw->service(raw->ctx, to_str(TQP_STATE)));
    const auto* http = static_cast<const tqp_http*>(raw->service(raw->ctx, to_str(TQP_HTTP)));
    const auto* threatq =
        static_cast<const tqp_threatq*>(raw->service(raw->ctx, to_str(TQP_THREATQ)));
    const auto* metrics =
        static_cast<const tqp_metrics*>(raw->service(raw->ctx, to_str(TQP_METRICS)));
    // A table that does not reach this header's last function is of an older draft: as if missing.
    if (!TQP_HAS(log, write)) return missing(raw, TQP_LOG);
    if (!TQP_HAS(run, reject)) return missing(raw, TQP_RUN);
    if (!TQP_HAS(config, key)) return missing(raw, TQP_CONFIG);
    if (!TQP_HAS(state, rollback)) return missing(raw, TQP_STATE);
    if (http != nullptr && !TQP_HAS(http, close)) return missing(raw, TQP_HTTP);
    if (threatq != nullptr && !TQP_HAS(threatq, close)) return missing(raw, TQP_THREATQ);
    if (metrics != nullptr && !TQP_HAS(metrics, observe)) return missing(raw, TQP_METRICS);
    return Host{Log(raw->ctx, log),         Run(raw->ctx, run),
                Config(raw->ctx, config),   State(raw->ctx, state, unclaimed),
                Http(raw->ctx, http),       ThreatQ(raw->ctx, threatq, unclaimed),
                Metrics(raw->ctx, metrics), to_view(raw->name),
                to_view(raw->version)};
  }

 private:
  static Error missing(const tqp_host* raw, std::string_view id) {
    return Error{TQP_E_UNSUPPORTED, "this plugin needs the service " + std::string(id) +
                                        ", which " + std::string(to_view(raw->name)) + " " +
                                        std::string(to_view(raw->version)) + " does not offer"};
  }
};

// What a person asks about; views for the time of the call.
struct ExplainQuery {
  uint64_t id = 0;          // the indicator's in ThreatQ; 0: unknown
  std::string_view type{};  // empty: unknown
  std::string_view value{};
};

// What explain() found out. `lacks`: what it could not find out, and why; the text is shown all the
// same. A text alone is a whole explanation.
struct Explanation {
  Explanation(std::string found) : text(std::move(found)) {}
  std::string text;
  std::optional<Error> lacks{};
};

// Where verify() tells what it finds; for the time of the call.
class Findings {
 public:
  explicit Findings(const tqp_findings* table) : table_(table) {}

  void same(std::string_view type, uint64_t n = 1) const { tell(TQP_FOUND_SAME, n, type, {}, {}); }
  void missing(std::string_view type, std::string_view value, std::string_view detail) const {
    tell(TQP_FOUND_MISSING, 1, type, value, detail);
  }
  void different(std::string_view type, std::string_view value, std::string_view detail) const {
    tell(TQP_FOUND_DIFFERENT, 1, type, value, detail);
  }
  void foreign(std::string_view type, std::string_view value, std::string_view detail) const {
    tell(TQP_FOUND_FOREIGN, 1, type, value, detail);
  }

 private:
  void tell(int32_t how, uint64_t n, std::string_view type, std::string_view value,
            std::string_view detail) const {
    table_->found(table_->ctx, how, n, to_str(type), to_str(value), to_str(detail));
  }
  const tqp_findings* table_;
};

template <typename Plugin, typename = void>
struct HasRun : std::false_type {};
template <typename Plugin>
struct HasRun<Plugin, std::void_t<decltype(std::declval<Plugin&>().run())>> : std::true_type {};
template <typename Plugin, typename = void>
struct HasServe : std::false_type {};
template <typename Plugin>
struct HasServe<Plugin, std::void_t<decltype(std::declval<Plugin&>().serve())>> : std::true_type {};
template <typename Plugin, typename = void>
struct HasCheck : std::false_type {};
template <typename Plugin>
struct HasCheck<Plugin, std::void_t<decltype(std::declval<Plugin&>().check())>> : std::true_type {};
template <typename Plugin, typename = void>
struct HasExplain : std::false_type {};
template <typename Plugin>
struct HasExplain<
    Plugin, std::void_t<decltype(std::declval<Plugin&>().explain(std::declval<ExplainQuery>()))>>
    : std::true_type {};
template <typename Plugin, typename = void>
struct HasPurge : std::false_type {};
template <typename Plugin>
struct HasPurge<Plugin, std::void_t<decltype(std::declval<Plugin&>().purge())>> : std::true_type {};
template <typename Plugin, typename = void>
struct HasVerify : std::false_type {};
template <typename Plugin>
struct HasVerify<
    Plugin, std::void_t<decltype(std::declval<Plugin&>().verify(std::declval<const Findings&>()))>>
    : std::true_type {};
template <typename Plugin, typename = void>
struct HasCreate : std::false_type {};
template <typename Plugin>
struct HasCreate<Plugin, std::void_t<decltype(Plugin::create(std::declval<Host>()))>>
    : std::true_type {};
template <typename Plugin, typename = void>
struct HasRequires : std::false_type {};
template <typename Plugin>
struct HasRequires<Plugin, std::void_t<decltype(Plugin::kRequires)>> : std::true_type {};

// The C functions of one plugin class. Exceptions end here, as E_BUG.
template <typename Plugin>
class Export {
 public:
  static tqp_status create(const tqp_host* raw, tqp_instance** out, tqp_error* error) noexcept {
    return guard(error, [&]() -> Result<void> {
      auto instance = std::make_unique<Instance>();
      TQP_ASSIGN(Host host, find(raw, &instance->unclaimed));
      if constexpr (HasCreate<Plugin>::value) {
        TQP_ASSIGN(instance->plugin, Plugin::create(host));
      } else {
        instance->plugin = std::make_unique<Plugin>(host);
      }
      *out = reinterpret_cast<tqp_instance*>(instance.release());
      return {};
    });
  }
  static const void* facet(tqp_instance*, tqp_str id) noexcept {
    static constexpr tqp_job kJob = {sizeof kJob, 0, &job};
    static constexpr tqp_listener kListener = {sizeof kListener, 0, &serve};
    static constexpr tqp_check kCheck = {sizeof kCheck, 0, &check};
    static constexpr tqp_explain kExplain = {sizeof kExplain, 0, &explain};
    static constexpr tqp_purge kPurge = {sizeof kPurge, 0, &purge};
    static constexpr tqp_verify kVerify = {sizeof kVerify, 0, &verify};
    if (HasRun<Plugin>::value && to_view(id) == TQP_FACET_JOB) return &kJob;
    if (HasServe<Plugin>::value && to_view(id) == TQP_FACET_LISTENER) return &kListener;
    if (HasCheck<Plugin>::value && to_view(id) == TQP_FACET_CHECK) return &kCheck;
    if (HasExplain<Plugin>::value && to_view(id) == TQP_FACET_EXPLAIN) return &kExplain;
    if (HasPurge<Plugin>::value && to_view(id) == TQP_FACET_PURGE) return &kPurge;
    if (HasVerify<Plugin>::value && to_view(id) == TQP_FACET_VERIFY) return &kVerify;
    return nullptr;
  }
  static void destroy(tqp_instance* instance) noexcept { delete self(instance); }

 private:
  struct Instance {
    Unclaimed unclaimed;  // outlives the plugin, whose ranges point to it
    std::unique_ptr<Plugin> plugin;
  };
  static Instance* self(tqp_instance* instance) { return reinterpret_cast<Instance*>(instance); }

  static Result<Host> find(const tqp_host* raw, Unclaimed* unclaimed) {
    if constexpr (HasRequires<Plugin>::value) {
      return Host::find(raw, std::data(Plugin::kRequires), std::size(Plugin::kRequires), unclaimed);
    } else {
      return Host::find(raw, nullptr, 0, unclaimed);
    }
  }
  static tqp_status job(tqp_instance* instance, tqp_error* error) noexcept {
    if constexpr (HasRun<Plugin>::value) {
      return facet_call(instance, error, [](Plugin& plugin) { return plugin.run(); });
    }
    return TQP_E_UNSUPPORTED;
  }
  static tqp_status serve(tqp_instance* instance, tqp_error* error) noexcept {
    if constexpr (HasServe<Plugin>::value) {
      return facet_call(instance, error, [](Plugin& plugin) { return plugin.serve(); });
    }
    return TQP_E_UNSUPPORTED;
  }
  static tqp_status check(tqp_instance* instance, tqp_error* error) noexcept {
    if constexpr (HasCheck<Plugin>::value) {
      return facet_call(instance, error, [](Plugin& plugin) { return plugin.check(); });
    }
    return TQP_E_UNSUPPORTED;
  }
  static tqp_status explain(tqp_instance* instance, const tqp_explain_query* raw, tqp_sink text,
                            tqp_error* error) noexcept {
    if constexpr (HasExplain<Plugin>::value) {
      return facet_call(instance, error, [&](Plugin& plugin) -> Result<void> {
        if (!TQP_REACHES(raw, value)) return Error{TQP_E_BUG, "the host's query is too small"};
        auto answer =
            plugin.explain(ExplainQuery{raw->id, to_view(raw->type), to_view(raw->value)});
        if (!answer.ok()) return std::move(answer.error());
        const Explanation found(std::move(*answer));
        const tqp_status taken = text.put(text.ctx, found.text.data(), found.text.size());
        if (taken != TQP_OK) return Error{taken, "the host did not take the explanation"};
        if (found.lacks) return *found.lacks;
        return {};
      });
    }
    return TQP_E_UNSUPPORTED;
  }
  static tqp_status purge(tqp_instance* instance, tqp_error* error) noexcept {
    if constexpr (HasPurge<Plugin>::value) {
      return facet_call(instance, error, [](Plugin& plugin) { return plugin.purge(); });
    }
    return TQP_E_UNSUPPORTED;
  }
  static tqp_status verify(tqp_instance* instance, const tqp_findings* raw,
                           tqp_error* error) noexcept {
    if constexpr (HasVerify<Plugin>::value) {
      return facet_call(instance, error, [&](Plugin& plugin) -> Result<void> {
        if (!TQP_HAS(raw, found)) return Error{TQP_E_BUG, "the host takes no findings"};
        return plugin.verify(Findings(raw));
      });
    }
    return TQP_E_UNSUPPORTED;
  }
  template <typename Call>
  static tqp_status facet_call(tqp_instance* instance, tqp_error* error, Call call) noexcept {
    return guard(error, [&]() -> Result<void> {
      Instance& it = *self(instance);
      it.unclaimed.error.reset();
      TQP_TRY(call(*it.plugin));
      if (it.unclaimed.error.has_value()) return *std::move(it.unclaimed.error);
      return {};
    });
  }
  template <typename Call>
  static tqp_status guard(tqp_error* error, Call call) noexcept {
    try {
      const Result<void> result = call();
      if (result.ok()) return TQP_OK;
      result.error().store(error);
      return result.error().status;
    } catch (const std::exception& thrown) {
      return bug(error, thrown.what());
    } catch (...) {
      return bug(error, "an exception of no known type");
    }
  }
  static tqp_status bug(tqp_error* error, const char* what) noexcept {
    if (TQP_REACHES(error, message)) {
      constexpr std::string_view kThrew = "the plugin threw: ";
      copy_text(kThrew, error->message, sizeof error->message);
      copy_text(what, error->message + kThrew.size(), sizeof error->message - kThrew.size());
    }
    return TQP_E_BUG;
  }
};

}  // namespace tqp

// Exports the plugin: once, in one source file of a target made by tqp_add_plugin().
#define TQP_PLUGIN(Class)                                                                       \
  extern "C" TQP_EXPORT const tqp_plugin* tqp_entry_1(void) {                                   \
    static constexpr tqp_plugin kPlugin = TQP_DESCRIPTOR(                                       \
        &tqp::Export<Class>::create, &tqp::Export<Class>::facet, &tqp::Export<Class>::destroy); \
    return &kPlugin;                                                                            \
  }                                                                                             \
  static_assert(true, "a semicolon may follow")
