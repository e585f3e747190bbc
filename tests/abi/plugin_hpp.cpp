// SPDX-License-Identifier: Apache-2.0
// plugin.hpp alone, with every member that a plugin may have.
#include <tqp/plugin.hpp>

class Example {
 public:
  static constexpr std::string_view kRequires[] = {TQP_THREATQ};
  explicit Example(const tqp::Host& host) : host_(host) {}
  tqp::Result<void> run() {
    TQP_ASSIGN(tqp::Cursor cursor, host_.threatq.open("all", {"value"}));
    for (tqp::Indicator indicator : cursor) host_.log.debug(indicator.value());
    return cursor.result();
  }
  tqp::Result<void> check() {
    TQP_ASSIGN(tqp::Call call, host_.http.send(tqp::Request::get("https://x.example/").auth("x")));
    tqp::JsonReader reader(call);
    TQP_TRY(reader.skip());
    return reader.finish();
  }
  tqp::Result<std::string> explain(const tqp::ExplainQuery& query) {
    TQP_ASSIGN(tqp::Cursor cursor, host_.threatq.open("all", {"value"}, std::nullopt, query.value));
    TQP_TRY(cursor.result());
    return std::string(query.type) + std::to_string(query.id);
  }
  tqp::Result<void> purge() { return host_.state.commit(); }

 private:
  tqp::Host host_;
};

TQP_PLUGIN(Example);
