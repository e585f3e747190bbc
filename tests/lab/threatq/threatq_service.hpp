// SPDX-License-Identifier: Apache-2.0
// The service behind `tqlab threatq`: who may ask, which call it is, and the control routes. Locks
// for itself.
#pragma once

#include "lab/threatq/routes.hpp"
#include "lab/threatq/state.hpp"

namespace lab::threatq {

class ThreatqService : public Service {
 public:
  explicit ThreatqService(const ThreatqOptions& options) : state_(options) {}

  Response handle(const Request& request) override;
  std::string dump(const Request& request) override;
  Response change(const Json& what) override;
  bool fault(const Json& what) override;
  std::string route(const Request& request) const override;

 private:
  Response answer(const Request& request);
  const Account* admit(const Request& request, Needs needs);

  State state_;
};

}  // namespace lab::threatq
