// SPDX-License-Identifier: Apache-2.0
// HttpConnector: the record of a connector over ThreatQ's REST API. Finding, reading and switching
// records is seen in public clients; making them, their fields and the OAuth pair are a form of our
// own (docs/threatq.md), and all of it is in the files of this class and connector_record. Errors
// name the record and what was done with it, never a value of the form. One thread.
#pragma once

#include <map>
#include <string>

#include "core/world.hpp"
#include "threatq/api.hpp"
#include "threatq/connector.hpp"
#include "threatq/connector_record.hpp"
#include "threatq/names.hpp"

namespace tq {

class HttpConnector : public Connector {
 public:
  // Everything outlives this.
  HttpConnector(Api& api, Names& names, World& world, Log& log, const Cancel& cancel)
      : api_(api), names_(names), world_(world), log_(log), cancel_(cancel) {}

  // As long as values of renamed fields are not moved in the record, read() gives them under both
  // names.
  Result<std::string> ensure(const ConnectorDefinition& definition) override;
  bool existed() const override { return existed_; }
  std::string shortfall() const override { return shortfall_; }
  Result<ConnectorState> read(const std::string& record) override;
  // A record has a place for the last good run only: nothing is told of one that failed.
  Result<void> report(const std::string& record, const LastRun& run) override;
  Result<std::optional<OauthPair>> credentials(const std::string& record) override;

 private:
  Result<std::optional<Json>> find(const std::string& name);
  Result<std::string> make(const ConnectorDefinition& definition);
  Result<std::string> update(const ConnectorDefinition& definition, const Json& record);
  Result<FormChanges> look_at(const Json& record, const ConnectorDefinition& definition);
  Result<void> bring_up_to_date(const std::string& id, const ConnectorDefinition& definition);
  Result<void> check_form(const std::string& id, const ConnectorDefinition& definition,
                          const Json& body, const std::string& doubt);
  Result<void> put_right(const std::string& id, const Json& before, const FormChanges& changes,
                         const Form& form);
  Result<Json> record_with_fields(const Json& found);
  Result<Json> get(const std::string& record, const std::string& what);
  // What the answer does not show is in its doubt. Of a PUT it has to be of the same record.
  Result<Written> write(std::string_view method, const std::string& target, const Json& body,
                        const std::string& what, std::string_view right);
  void note_settled(const std::string& what, const std::string& doubt);
  Result<uint64_t> status_id(const std::string& name);
  void fall_short(const std::string& id, const std::string& why);
  void note_unknown(const std::vector<std::string>& keys);
  std::string title(const std::string& record) const;

  Api& api_;
  Names& names_;
  World& world_;
  Log& log_;
  const Cancel& cancel_;
  std::string name_;                          // of the record that was ensured; empty: none yet
  std::map<std::string, std::string> moved_;  // new key -> old, still to be moved
  bool existed_ = false;
  std::string shortfall_;
  bool noted_ = false;
};

}  // namespace tq
