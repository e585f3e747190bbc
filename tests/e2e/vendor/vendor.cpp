// SPDX-License-Identifier: Apache-2.0
// A plugin for tests whose settings have the names that tqhost once gave to its own secrets. Sends
// them all to its vendor, who answers well only if they are the vendor's.
#include <string>
#include <tqp/plugin.hpp>

namespace {

class Vendor {
 public:
  explicit Vendor(tqp::Host host) : host_(host) {}

  tqp::Result<void> run() {
    TQP_ASSIGN(const std::string fqdn, host_.config.text("/api_fqdn"));
    TQP_ASSIGN(tqp::Call answer,
               host_.http.send(tqp::Request::get("https://" + fqdn +
                                                 "/threathunter/feedmgr/v2/orgs/ABCD1234/feeds")
                                   .auth("vendor")));
    if (!answer.success())
      return tqp::Error{TQP_E_AUTH, "the vendor answers " + std::to_string(answer.status())};
    return {};
  }

 private:
  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Vendor);
