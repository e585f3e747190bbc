// SPDX-License-Identifier: Apache-2.0
#include "schedule/host_plan.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

HostConfig two_instances() {
  HostConfig config;
  InstanceConfig one;
  one.name = "one";
  one.config = {{"url", "https://a.example"}, {"auth", {{"key", {{"secret", "vendor"}}}}}};
  InstanceConfig two;
  two.name = "two";
  two.threatq = ThreatqConfig();
  two.threatq->password.value = {{"secret", "tq"}};
  two.config = Json::object();
  config.instances = {one, two};
  return config;
}

TEST(HostPlan, ASecretThatWasSetAnewIsAChangeOfWhoNamesIt) {
  const HostConfig config = two_instances();
  const auto before = host_plan(config, {{"vendor", "monday"}, {"tq", "monday"}}).instances;
  const auto vendor = host_plan(config, {{"vendor", "tuesday"}, {"tq", "monday"}}).instances;
  EXPECT_NE(before[0].digest, vendor[0].digest);
  EXPECT_EQ(before[1].digest, vendor[1].digest);
  const auto tq = host_plan(config, {{"vendor", "monday"}, {"tq", "tuesday"}}).instances;
  EXPECT_EQ(before[0].digest, tq[0].digest);
  EXPECT_NE(before[1].digest, tq[1].digest);
}

TEST(HostPlan, ASecretThatNobodyNamesChangesNothing) {
  const HostConfig config = two_instances();
  const auto before = host_plan(config, {}).instances;
  const auto after = host_plan(config, {{"one/oauth_secret", "tuesday"}}).instances;
  EXPECT_EQ(before[0].digest, after[0].digest);
  EXPECT_EQ(before[1].digest, after[1].digest);
}

}  // namespace
}  // namespace tq
