// SPDX-License-Identifier: Apache-2.0
// A plugin for the tests of plugin.hpp and of the fake host: each action is one small use of the
// C++ face.
#include <stdexcept>
#include <thread>
#include <tqp/plugin.hpp>

namespace {

class Probe {
 public:
  static constexpr std::string_view kRequires[] = {TQP_HTTP};

  static tqp::Result<std::unique_ptr<Probe>> create(tqp::Host host) {
    TQP_ASSIGN(const std::string what, host.config.text("/do", "nothing"));
    if (what == "refuse") return tqp::Error{TQP_E_CONFIG, "this setting is refused", "/do"};
    if (what == "throw in create") throw std::runtime_error("from create");
    return std::make_unique<Probe>(host);
  }
  explicit Probe(const tqp::Host& host) : host_(host) {}

  tqp::Result<void> check() {
    if (!host_.run.dry()) return tqp::Error{TQP_E_BUG, "a check is not dry"};
    TQP_ASSIGN(tqp::Call call, host_.http.send(tqp::Request::get(url("/ping")).auth("remote")));
    if (call.success()) return {};
    tqp::Error error{TQP_E_AUTH, "the key is refused", "/key"};
    error.http_status = call.status();
    return error;
  }

  tqp::Result<std::string> explain(const tqp::ExplainQuery& query) {
    if (!host_.run.dry()) return tqp::Error{TQP_E_BUG, "an explanation is not dry"};
    if (query.value == "throw") throw std::runtime_error("from explain");
    if (query.value == "refuse") return tqp::Error{TQP_E_CONFIG, "nothing to say", "/do"};
    TQP_TRY(host_.state.put("k", "v"));
    TQP_TRY(host_.state.commit());
    std::string rows;
    TQP_ASSIGN(tqp::Cursor cursor, host_.threatq.open("all", {"value"}, std::nullopt, query.value));
    for (tqp::Indicator row : cursor) rows += " " + std::to_string(row.id());
    if (query.id != 7) TQP_TRY(cursor.result());
    return std::string(query.type) + "/" + std::string(query.value) + ":" + rows + "\n";
  }

  tqp::Result<void> purge() {
    if (host_.run.dry()) return tqp::Error{TQP_E_BUG, "a purge is dry"};
    TQP_TRY(host_.http.send(tqp::Request::del(url("/all")).auth("remote")));
    TQP_TRY(host_.state.erase("k"));
    return host_.state.commit();
  }

  tqp::Result<void> run() {
    TQP_ASSIGN(const std::string what, host_.config.text("/do"));
    if (what == "settings") return settings();
    if (what == "state") return state();
    if (what == "read") return read(true);
    if (what == "read and forget") return read(false);
    if (what == "scan and forget") return scan_and_forget();
    if (what == "parallel") return parallel();
    if (what == "export") return send_items();
    if (what == "merge") return merge();
    if (what == "throw") throw std::runtime_error("caf\xC3\xA9 " + std::string(600, 'x'));
    if (what == "throw an int") throw 7;
    if (what == "wait") return wait();
    if (what == "thread") return other_thread();
    if (what == "measure") return measure();
    if (what == "measure wrongly") return measure_wrongly();
    if (what == "retries") return retries();
    return tqp::Error{TQP_E_CONFIG, "unknown action " + what, "/do"};
  }

 private:
  std::string url(std::string_view path) const {
    return "https://remote.example" + std::string(path);
  }

  tqp::Result<void> settings() {
    TQP_ASSIGN(const int64_t limit, host_.config.integer("/limit"));
    TQP_ASSIGN(const bool loud, host_.config.boolean("/loud", true));
    TQP_ASSIGN(const std::vector<std::string> names, host_.config.list("/names"));
    TQP_ASSIGN(const std::vector<std::string> keys, host_.config.keys("/map"));
    std::string all;
    for (const std::string& name : names) all += name + ";";
    for (const std::string& key : keys) all += key + "!";
    host_.log.info("settings", {{"limit", limit}, {"loud", loud}, {"all", all}, {"pi", 0.5}});
    TQP_ASSIGN(const std::string key, host_.config.text("/key"));  // a secret: refused
    host_.log.error(key);
    return {};
  }

  tqp::Result<void> state() {
    TQP_TRY(host_.state.put("a/2", "two"));
    TQP_TRY(host_.state.put("a/1", "one"));
    TQP_TRY(host_.state.put("b", "x"));
    TQP_TRY(host_.state.erase("gone"));
    std::string seen;
    {
      TQP_ASSIGN(tqp::Scan scan, host_.state.scan("a/"));
      while (scan.next()) seen.append(scan.key()).append("=").append(scan.value()).append(" ");
      TQP_TRY(scan.result());
    }
    TQP_ASSIGN(const auto missing, host_.state.get("gone"));
    host_.log.info(seen, {{"gone", missing.has_value()}});
    TQP_TRY(host_.state.commit());
    return host_.state.put("uncommitted", "lost");
  }

  tqp::Result<void> read(bool ask) {
    TQP_ASSIGN(tqp::Cursor cursor, host_.threatq.open("all", {"value", "type", "score"}));
    std::string rows;
    for (tqp::Indicator row : cursor) {
      rows.append(cursor.type_name(row.type())).append(":").append(row.value());
      rows.append("=").append(std::to_string(row.score())).append(" ");
    }
    host_.log.info(rows, {{"whole", cursor.whole()}});
    if (ask) TQP_TRY(cursor.result());
    return {};
  }

  tqp::Result<void> scan_and_forget() {
    TQP_ASSIGN(tqp::Scan scan, host_.state.scan("a"));
    host_.http.start(tqp::Request::post(url("/die"))).ok();  // the fake dies here
    while (scan.next()) host_.log.info(scan.key());
    return {};
  }

  tqp::Result<void> parallel() {
    std::vector<tqp::Call> calls;
    for (const char* path : {"/slow", "/quick", "/down"}) {
      TQP_ASSIGN(tqp::Call call, host_.http.start(tqp::Request::get(url(path))));
      calls.push_back(std::move(call));
    }
    while (!calls.empty()) {
      TQP_ASSIGN(const auto ready, host_.http.wait(calls));
      tqp::Call& call = calls[ready.index];
      if (!ready.answered.ok()) {
        host_.log.warning(ready.answered.error().message, {{"status", call.status()}});
      } else {
        TQP_ASSIGN(const std::string text, call.text(100));
        host_.log.info(text, {{"at_ms", host_.run.mono_ms()}, {"etag", call.header("ETAG")}});
      }
      std::swap(calls[ready.index], calls.back());
      calls.pop_back();
    }
    return {};
  }

  // One PUT and one commit an item: the shape of an export that survives a crash anywhere.
  tqp::Result<void> send_items() {
    for (const char* item : {"1", "2", "3"}) {
      TQP_ASSIGN(const auto sent, host_.state.get(item));
      if (sent.has_value()) continue;
      tqp::Result<tqp::Call> call = host_.http.send(tqp::Request::put(url("/items/") + item)
                                                        .auth("remote")
                                                        .text(std::string("body ") + item));
      if (!call.ok() && call.error().skipped()) continue;
      TQP_TRY(call);
      TQP_TRY(host_.state.put(item, "sent"));
      TQP_TRY(host_.state.commit());
    }
    return {};
  }

  tqp::Result<void> merge() {
    TQP_ASSIGN(tqp::Body all, host_.http.body());
    TQP_TRY(all.write("["));
    for (const char* part : {"1", "2"}) {
      TQP_ASSIGN(tqp::Body one, host_.http.body());
      TQP_TRY(one.write(part));
      TQP_TRY(all.append(one));
      TQP_TRY(all.write(part[0] == '1' ? "," : "]"));
    }
    host_.log.info("merged", {{"bytes", all.size()}});
    TQP_TRY(host_.http.send(tqp::Request::post(url("/all")).header("X-A", "b").body(all)));
    return {};
  }

  tqp::Result<void> wait() {
    TQP_TRY(host_.run.sleep_ms(500));
    TQP_TRY(host_.run.go_on());
    return host_.run.sleep_ms(500);
  }

  tqp::Result<void> measure() {
    TQP_ASSIGN(const tqp::Counter sent,
               host_.metrics.counter("probe_sent_total", "items", {{"to", "x"}, {"by", "y"}}));
    TQP_ASSIGN(const tqp::Gauge waiting, host_.metrics.gauge("probe_waiting", "items"));
    TQP_ASSIGN(const tqp::Histogram bytes,
               host_.metrics.histogram("probe_bytes", "of an item", {10, 100}));
    sent.add();
    std::thread([&] { sent.add(2); }).join();
    waiting.set(5);
    waiting.add(-1);
    for (const double size : {10.0, 11.0, 1000.0}) bytes.observe(size);
    host_.log.info("measured", {{"offered", bool(host_.metrics)}});
    return {};
  }

  tqp::Result<void> measure_wrongly() {
    TQP_ASSIGN(const tqp::Counter sent, host_.metrics.counter("probe_sent_total", "items"));
    sent.add(-1);
    TQP_TRY(host_.metrics.gauge("probe sent", ""));
    return {};
  }

  tqp::Result<void> retries() {
    TQP_ASSIGN(const auto first, host_.run.next_retry());
    if (!first.has_value()) return tqp::Error{TQP_E_CONFIG, "nothing to do"};
    host_.log.info(first->type + " " + first->value);
    TQP_TRY(host_.run.take_all_retries());
    return host_.state.commit();
  }

  tqp::Result<void> other_thread() {
    tqp::Result<void> result;
    std::thread([&] {
      host_.log.info("logged elsewhere");  // any thread may
      result = host_.state.put("k", "v");
    }).join();
    return result;
  }

  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Probe);
