// SPDX-License-Identifier: Apache-2.0
// cb_edr: exports ThreatQ data collections into a feed of VMware Carbon Black Cloud Enterprise EDR.
#include <tqp/plugin.hpp>

#include "explain.hpp"
#include "export.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "purge.hpp"
#include "settings.hpp"
#include "verify.hpp"

namespace cb_edr {
namespace {

class Plugin {
 public:
  static constexpr std::string_view kRequires[] = {TQP_HTTP, TQP_THREATQ};

  explicit Plugin(tqp::Host host) : host_(host) {}

  tqp::Result<void> run() {
    TQP_ASSIGN(Settings settings, Settings::read(host_.config, host_.run.instance()));
    TQP_ASSIGN(Ledger ledger, Ledger::load(host_.state));
    return Export(host_, std::move(settings), std::move(ledger)).run();
  }

  // Reads the list of feeds and finds each collection. The permissions to write cannot be proven
  // without writing.
  tqp::Result<void> check() {
    TQP_ASSIGN(Settings settings, Settings::read(host_.config, host_.run.instance()));
    TQP_ASSIGN(Ledger ledger, Ledger::load(host_.state));
    Feed feed(host_, settings);
    TQP_TRY(feed.find(ledger));
    host_.log.info(
        "Carbon Black Cloud: org.feeds READ is proven; CREATE, UPDATE and DELETE are not proven "
        "without writing");
    std::optional<tqp::Error> failure;
    for (const std::string& name : settings.collections) {
      auto collection = Collection::open(host_, settings, name);
      if (collection.ok()) {
        host_.log.info("data collection \"" + name + "\" is there",
                       {{"indicators", collection->total()}});
        continue;
      }
      host_.log.error(collection.error().message);
      if (!failure) failure = std::move(collection.error());
    }
    if (failure) return std::move(*failure);
    return {};
  }

  tqp::Result<tqp::Explanation> explain(const tqp::ExplainQuery& query) {
    TQP_ASSIGN(const Settings settings, Settings::read(host_.config, host_.run.instance()));
    TQP_ASSIGN(const Ledger ledger, Ledger::load(host_.state));
    return Explain(host_, settings, ledger).answer(query);
  }

  tqp::Result<void> verify(const tqp::Findings& findings) {
    TQP_ASSIGN(const Settings settings, Settings::read(host_.config, host_.run.instance()));
    TQP_ASSIGN(Ledger ledger, Ledger::load(host_.state));
    return Verify(host_, settings, ledger, findings).run();
  }

  tqp::Result<void> purge() {
    TQP_ASSIGN(const Settings settings, Settings::read(host_.config, host_.run.instance()));
    TQP_ASSIGN(Ledger ledger, Ledger::load(host_.state));
    return Purge(host_, settings, ledger).run();
  }

 private:
  tqp::Host host_;
};

}  // namespace
}  // namespace cb_edr

TQP_PLUGIN(cb_edr::Plugin);
