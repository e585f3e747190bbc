// SPDX-License-Identifier: Apache-2.0
#include "schema/host_fields.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

// CB-25 to CB-30: the guides' labels and help, word for word.
TEST(HostFields, AreTheGuidesPrompts) {
  const struct {
    const char *key, *title, *help;
  } table[] = {
      {"threatq.host", "ThreatQ Host",
       "This is the host of the ThreatQ instance, either the IP Address or Hostname as resolvable "
       "by ThreatQ."},
      {"threatq.client_id", "ThreatQ Client ID",
       "This is the OAuth id that can be found at Settings Gear → User Management → API details "
       "within the user's details."},
      {"threatq.username", "ThreatQ Username",
       "This is the Email Address of the user in the ThreatQ System for integrations."},
      {"threatq.password", "ThreatQ Password", "The password for the above ThreatQ account."},
      {"default_status", "Status",
       "This is the default status for objects that are created by this Integration."},
  };
  for (const auto& [key, title, help] : table) {
    EXPECT_EQ(host_field(key).title, title);
    EXPECT_EQ(host_field(key).help.rfind(help, 0), 0u) << host_field(key).help;
  }
}

TEST(HostFields, AnUnknownKeyIsItsOwnTitle) {
  EXPECT_EQ(host_field("threatq.nothing").title, "threatq.nothing");
  EXPECT_EQ(host_field("threatq.nothing").help, "");
  EXPECT_EQ(host_field("").title, "");
}

}  // namespace
}  // namespace tq
