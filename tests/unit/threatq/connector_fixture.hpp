// SPDX-License-Identifier: Apache-2.0
// A connector over a client over FakeRecords, and a definition with two fields. One thread.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "threatq/client.hpp"
#include "threatq/connector.hpp"
#include "unit/threatq/fake_records.hpp"

namespace tq {

inline FormField field(const std::string& key, const std::string& label) {
  FormField made;
  made.key = key;
  made.label = label;
  return made;
}

class ConnectorTest : public testing::Test {
 protected:
  ConnectorTest() {
    wanted.name = "cb prod";
    wanted.name_space = "tqp.cb_edr";
    FormField secret = field("secret_key", "API Secret Key");
    secret.kind = FieldKind::kPassword;
    secret.mask = secret.required = true;
    wanted.form.fields = {field("fqdn", "API FQDN"), secret};
    wanted.initial = {{"fqdn", "defense.example.com"}, {"secret_key", "first-secret"}};
  }

  Result<std::string> ensure() { return connector->ensure(wanted); }
  std::string ensure_error() {
    auto id = ensure();
    if (id) return "made " + *id;
    EXPECT_THAT(id.error().message, testing::Not(testing::HasSubstr("secret")));
    return id.error().message;
  }
  // A record as ensure() makes it, with a person's values.
  std::string filled() {
    const std::string id = *ensure();
    records.record(id)["custom_fields"]["fqdn"]["value"] = "mine.example.com";
    records.record(id)["custom_fields"]["secret_key"]["value"] = "typed-secret";
    records.record(id)["is_active"] = "1";
    records.writes.clear();
    return id;
  }
  const Json& value_of(const std::string& id, const char* key) {
    return records.record(id)["custom_fields"][key]["value"];
  }

  FakeHttp http;
  FakeWorld world;
  FakeLog log;
  Cancel cancel;
  FakeRecords records{http};
  std::unique_ptr<ThreatqClient> client =
      ThreatqClient::create(password_options(), http, world, log, cancel);
  std::unique_ptr<Connector> connector = client->connector();
  ConnectorDefinition wanted;
};

}  // namespace tq
