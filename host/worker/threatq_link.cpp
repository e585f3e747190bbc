// SPDX-License-Identifier: Apache-2.0
#include "worker/threatq_link.hpp"

#include <map>
#include <utility>

#include "schema/own_secrets.hpp"
#include "schema/vault.hpp"
#include "services/origin_ways.hpp"

namespace tq {
namespace {

Error no_threatq(const Ground& ground) {
  return {Status::kConfig, ground.manifest.id +
                               " works with ThreatQ, and none is configured: set threatq.host, "
                               "threatq.client_id, threatq.username and threatq.password, or type: "
                               "tqhost configure " +
                               ground.instance.name};
}

// The pair that stands in the vault; empty members: none, or none of this owner that can be read.
OauthPair kept_pair(const Ground& ground, const std::string& owner) {
  const auto vault = Vault::open(vault_files(ground.config, ground.environment));
  if (!vault || !vault->has(oauth_id_secret(ground.instance.name))) return {};
  const auto kept_for = vault->get(oauth_owner_secret(ground.instance.name));
  if (!kept_for || kept_for->reveal() != owner) return {};
  auto id = vault->get(oauth_id_secret(ground.instance.name));
  auto key = vault->get(oauth_key_secret(ground.instance.name));
  if (!id || !key) return {};
  ground.log.redactor().add_value(id->reveal());
  ground.log.redactor().add_value(key->reveal());
  return {std::string(id->reveal()), key.take()};
}

void forget_pair(const Ground& ground) {
  auto vault = Vault::open(vault_files(ground.config, ground.environment));
  const std::string& name = ground.instance.name;
  auto done =
      vault
          ? vault->erase({oauth_id_secret(name), oauth_key_secret(name), oauth_owner_secret(name)})
          : Result<void>(vault.error());
  if (!done) ground.log.warning(Event::kThreatqLogin, done.error().message);
}

// As the configuration says.
Result<ThreatqOptions> configured_options(const Ground& ground) {
  const ThreatqConfig& config = *ground.instance.threatq;
  ThreatqOptions options;
  auto origin = parse_host(config.host, ground.config.allow_plain_http);
  if (!origin) return std::move(origin.error()).in("threatq.host");
  options.origin = origin.take();
  options.client_id = config.client_id;
  options.username = config.username;
  TQ_ASSIGN(options.password, hidden_secret(config.password, ground));
  TQ_ASSIGN(const Secret oauth_id, hidden_secret(config.oauth_id, ground));
  options.oauth_id = oauth_id.reveal();
  TQ_ASSIGN(options.oauth_secret, hidden_secret(config.oauth_secret, ground));
  return options;
}

}  // namespace

std::string pair_owner(const Origin& origin, const std::string& client_id,
                       const std::string& username) {
  return origin.text() + "\n" + client_id + "\n" + username;
}

std::map<std::string, Secret> pair_secrets(const std::string& instance, const OauthPair& pair,
                                           const std::string& owner) {
  return {{oauth_id_secret(instance), Secret(pair.id)},
          {oauth_key_secret(instance), pair.secret},
          {oauth_owner_secret(instance), Secret(owner)}};
}

std::string threatq_unverified(const HostConfig& config, const ThreatqConfig& threatq) {
  if (threatq.verify_tls) return {};
  const auto origin = parse_host(threatq.host, config.allow_plain_http);
  return origin && origin->tls
             ? unverified_note("ThreatQ at " + origin->text(), "threatq.verify_tls")
             : std::string();
}

Result<std::unique_ptr<ThreatqLink>> ThreatqLink::connect(const Ground& ground) {
  const auto& config = ground.instance.threatq;
  if (!config.has_value() || config->host.empty()) return no_threatq(ground);
  std::unique_ptr<ThreatqLink> out(new ThreatqLink);
  HttpOptions http = http_options(ground.config);
  http.ca_file = config->ca_file;
  http.verify_tls = config->verify_tls;
  if (config->use_proxy) http.proxy = ground.config.proxy_url;
  TQ_ASSIGN(out->http_, watched_client(http, ground));
  TQ_TRY(out->make_client(ground, /*with_kept_pair=*/true));
  if (const std::string note = threatq_unverified(ground.config, *config); !note.empty())
    ground.log.warning(Event::kConfigNote, note);
  return out;
}

Result<void> ThreatqLink::make_client(const Ground& ground, bool with_kept_pair) {
  TQ_ASSIGN(ThreatqOptions options, configured_options(ground));
  by_kept_pair_ = false;
  if (with_kept_pair && options.oauth_id.empty()) {
    OauthPair pair =
        kept_pair(ground, pair_owner(options.origin, options.client_id, options.username));
    by_kept_pair_ = !pair.id.empty();
    options.oauth_id = std::move(pair.id);
    options.oauth_secret = std::move(pair.secret);
  }
  link_base_ = options.origin.text() + "/indicators/";
  client_ = client_with(std::move(options), ground);
  return {};
}

std::unique_ptr<ThreatqClient> ThreatqLink::client_with(ThreatqOptions options,
                                                        const Ground& ground) {
  return ThreatqClient::create(std::move(options), *http_, ground.world, ground.log, ground.cancel);
}

Result<void> ThreatqLink::log_in(const Ground& ground) {
  auto done = client_->log_in();
  const bool refused = !done && done.error().status == Status::kAuth;
  if (!refused || !by_kept_pair_ || !ground.instance.threatq->password.set()) return done;
  ground.log.warning(Event::kThreatqLogin,
                     "ThreatQ refuses the private OAuth pair that was kept, so the password is "
                     "tried: " +
                         done.error().message);
  TQ_TRY(make_client(ground, /*with_kept_pair=*/false));
  TQ_TRY(client_->log_in());
  // Only now: with a password that is no good either, the pair is all there is.
  forget_pair(ground);
  return {};
}

Result<void> ThreatqLink::try_password(const Ground& ground) {
  if (!by_kept_pair_ || !ground.instance.threatq->password.set()) return {};
  TQ_ASSIGN(ThreatqOptions options, configured_options(ground));
  auto done = client_with(std::move(options), ground)->log_in();
  if (!done)
    done.error().message +=
        "; the password was tried, too, because the private OAuth pair that runs log in with can "
        "be "
        "withdrawn";
  return done;
}

void keep_pair(const Ground& ground, const OauthPair& pair) {
  ground.log.redactor().add_value(pair.id);
  ground.log.redactor().add_value(pair.secret.reveal());
  const auto keep = [&]() -> Result<void> {
    const ThreatqConfig& config = *ground.instance.threatq;
    TQ_ASSIGN(const Origin origin, parse_host(config.host, ground.config.allow_plain_http));
    TQ_ASSIGN(Vault vault, Vault::open(vault_files(ground.config, ground.environment)));
    return vault.set(pair_secrets(ground.instance.name, pair,
                                  pair_owner(origin, config.client_id, config.username)));
  };
  const auto done = keep();
  if (done) {
    ground.log.info(Event::kThreatqLogin,
                    "ThreatQ gave a private OAuth pair; later runs log in with it");
  } else {
    ground.log.warning(Event::kThreatqLogin,
                       "the private OAuth pair cannot be kept: " + done.error().message);
  }
}

}  // namespace tq
