// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_threatq.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "worker/confine.hpp"

namespace tq {
namespace {

constexpr uint64_t kReachMs = 20'000;
// Changes nothing, and no redirect of it is followed: a log-in page may lie on another host.
constexpr const char* kReachMethod = "OPTIONS";

// Which step it was, the message says by itself; what a person can do about it, only this knows.
Error not_reached(Error error, const Origin& origin) {
  // "OPTIONS https://...: " in front helps nobody who only typed a host.
  const std::string label = std::string(kReachMethod) + " " + origin.text() + "/: ";
  if (error.message.rfind(label, 0) == 0) error.message.erase(0, label.size());
  // There is a ca_file of the internet side, too.
  for (const std::string key : {"; set ca_file", "; ca_file"})
    if (const size_t at = error.message.find(key); at != std::string::npos)
      error.message.insert(at + key.size() - 7, "threatq.");
  if (error.status == Status::kTransient)
    error.message += "; check the address and the port, and that no firewall is in between";
  return error;
}

}  // namespace

Result<HttpClient*> ThreatqTrial::http() {
  if (http_ == nullptr) {
    TQ_ASSIGN(http_, HttpClient::create(options_, world_, log_));
  }
  return http_.get();
}

Result<void> ThreatqTrial::reach(const Origin& origin) {
  TQ_ASSIGN(HttpClient* const client, http());
  const SignalWatch watch(cancel_);
  HttpRequest request;
  request.method = kReachMethod;
  request.url = {origin, "/"};
  request.no_retry = true;
  request.timeout_ms = kReachMs;
  auto answer = client->send(request, cancel_);
  if (!answer) return not_reached(std::move(answer.error()), origin);
  return {};
}

Result<PeerCertificate> ThreatqTrial::untrusted_certificate(const Origin& origin) {
  const SignalWatch watch(cancel_);
  if (!origin.tls || !options_.verify_tls || !options_.proxy.empty())
    return Error{Status::kConfig, origin.text() + " is not asked for its certificate"};
  return fetch_certificate(origin, kReachMs, world_, cancel_);
}

// A client takes its CA from a file. Nothing is written anywhere before everything is known, so
// this one lies in memory, and its name is that of an open descriptor.
Result<void> ThreatqTrial::trust(const PeerCertificate& certificate) {
  UniqueFd file(::memfd_create("ca.pem", MFD_CLOEXEC));
  if (!file) return errno_error(Status::kTransient, "cannot make", "a file in memory", errno);
  TQ_TRY(write_all(file.get(), certificate.pem, "a file in memory"));
  options_.ca_file = "/proc/self/fd/" + std::to_string(file.get());
  trusted_ = std::move(file);
  trusted_pem_ = certificate.pem;
  connector_.reset();
  client_.reset();
  http_.reset();
  return {};
}

Result<void> ThreatqTrial::log_in(ThreatqOptions options) {
  connector_.reset();
  TQ_ASSIGN(HttpClient* const http_client, http());
  client_ = ThreatqClient::create(std::move(options), *http_client, world_, log_, cancel_);
  const SignalWatch watch(cancel_);
  return client_->log_in();
}

Result<std::vector<std::string>> ThreatqTrial::statuses() {
  const SignalWatch watch(cancel_);
  return client_->statuses();
}

Result<std::string> ThreatqTrial::ensure(const ConnectorDefinition& definition) {
  const SignalWatch watch(cancel_);
  connector_ = client_->connector();
  return connector_->ensure(definition);
}

Result<bool> ThreatqTrial::was_switched_on(const std::string& record) {
  if (!connector_->existed()) return false;
  const SignalWatch watch(cancel_);
  TQ_ASSIGN(const ConnectorState state, connector_->read(record));
  return state.enabled;
}

Result<std::optional<OauthPair>> ThreatqTrial::credentials(const std::string& record) {
  const SignalWatch watch(cancel_);
  return connector_->credentials(record);
}

}  // namespace tq
