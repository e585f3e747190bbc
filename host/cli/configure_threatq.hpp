// SPDX-License-Identifier: Apache-2.0
// ThreatqTrial: tries what was entered at the real ThreatQ, step by step: is it there, whom does it
// trust, does it take the log-in, which statuses has it. Control-C ends a step with E_CANCELLED.
// One thread, which holds the signals that end a program (HeldSignals).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/file.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "net/http.hpp"
#include "net/peer_certificate.hpp"
#include "threatq/client.hpp"

namespace tq {

class ThreatqTrial {
 public:
  // World and log outlive it.
  ThreatqTrial(HttpOptions options, World& world, Log& log)
      : options_(std::move(options)), world_(world), log_(log) {}

  // Any answer is good. The message says which step failed, the name, the connection or TLS, and
  // what to do.
  Result<void> reach(const Origin& origin);

  // After reach() failed with E_CONFIG. E_CONFIG: the server shows none, or none to decide about.
  Result<PeerCertificate> untrusted_certificate(const Origin& origin);
  // From now on this certificate is what ThreatQ has to show.
  Result<void> trust(const PeerCertificate& certificate);
  const std::string& trusted_pem() const { return trusted_pem_; }  // empty: nothing new

  Result<void> log_in(ThreatqOptions options);

  // REQUIRES: log_in() was good.
  Result<std::vector<std::string>> statuses();
  // The id of the record, and a private OAuth pair when this ThreatQ gives one.
  Result<std::string> ensure(const ConnectorDefinition& definition);
  // REQUIRES: ensure() was good. What of the record could not be brought up to date, for people.
  std::string shortfall() const { return connector_->shortfall(); }
  // REQUIRES: ensure() was good. Whether the record was there before, and is switched on.
  Result<bool> was_switched_on(const std::string& record);
  Result<std::optional<OauthPair>> credentials(const std::string& record);

 private:
  Result<HttpClient*> http();

  HttpOptions options_;
  World& world_;
  Log& log_;
  Cancel cancel_;
  UniqueFd trusted_;  // the certificate, as a file that has no name
  std::string trusted_pem_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<ThreatqClient> client_;
  std::unique_ptr<Connector> connector_;
};

}  // namespace tq
