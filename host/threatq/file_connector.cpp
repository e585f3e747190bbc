// SPDX-License-Identifier: Apache-2.0
#include "schema/config.hpp"
#include "threatq/connector.hpp"

namespace tq {
namespace {

class FileConnector : public Connector {
 public:
  explicit FileConnector(const InstanceConfig& instance) : instance_(instance) {}

  Result<std::string> ensure(const ConnectorDefinition&) override { return std::string(); }

  Result<ConnectorState> read(const std::string&) override {
    ConnectorState state;
    state.enabled = instance_.enabled;
    for (const auto& [key, value] : instance_.config.items()) state.values[key] = value;
    state.default_status = instance_.default_status;
    return state;
  }

  Result<void> report(const std::string&, const LastRun&) override { return {}; }

  Result<std::optional<OauthPair>> credentials(const std::string&) override {
    return std::optional<OauthPair>();
  }

 private:
  const InstanceConfig& instance_;
};

}  // namespace

std::unique_ptr<Connector> file_connector(const InstanceConfig& instance) {
  return std::make_unique<FileConnector>(instance);
}

}  // namespace tq
