// SPDX-License-Identifier: Apache-2.0
#include "worker/kept_form.hpp"

#include "core/file.hpp"
#include "schema/vault.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

constexpr size_t kFormBytesMost = 8 << 20;

}  // namespace

bool KeptForm::same_as(const KeptForm& other) const {
  return enabled == other.enabled && config == other.config && record == other.record;
}

bool has_kept_form(const HostConfig& config, const std::string& instance) {
  std::error_code ignored;
  return std::filesystem::exists(form_file(config, instance), ignored);
}

Result<KeptForm> read_kept_form(const HostConfig& config, const Environment& environment,
                                const std::string& instance) {
  TQ_ASSIGN(const std::string sealed, read_file(form_file(config, instance), kFormBytesMost));
  TQ_ASSIGN(const Vault vault, Vault::open(vault_files(config, environment)));
  TQ_ASSIGN(const Secret text, vault.unseal_text(form_context(instance), sealed));
  TQ_ASSIGN(const Json json, parse_json(text.reveal(), "the form's last good values"));
  const Json* const values = json_at(json, "/config");
  const Json* const enabled = json_at(json, "/enabled");
  const Json* const taken = json_at(json, "/taken_ms");
  const std::string record = text_at(json, "record");
  const bool whole = !record.empty() && values != nullptr && values->is_object() &&
                     enabled != nullptr && enabled->is_boolean() && taken != nullptr &&
                     taken->is_number_integer();
  if (!whole) return Error{Status::kData, "the form's last good values are not what was kept"};
  return KeptForm{taken->get<int64_t>(), enabled->get<bool>(), *values, record};
}

Result<void> write_kept_form(const HostConfig& config, const Environment& environment,
                             const std::string& instance, const KeptForm& form) {
  const Json json = {{"taken_ms", form.taken_ms},
                     {"enabled", form.enabled},
                     {"config", form.config},
                     {"record", form.record}};
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config, environment)));
  TQ_ASSIGN(const std::string sealed, vault.seal_text(form_context(instance), dump_json(json)));
  return write_file_atomically(form_file(config, instance), sealed);
}

}  // namespace tq
