// SPDX-License-Identifier: Apache-2.0
// Read once for all tests by builds with precompiled headers. No file includes it: each includes
// what it uses. Only headers of other projects, so that a change of ours costs no whole build.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// The comparisons that most tests make, so that their templates are compiled once too.
namespace precompiled {

template <class Json>
void compare(const Json& json) {
  EXPECT_EQ(json, json);
  EXPECT_EQ(json, "text");
  EXPECT_EQ(json, std::string());
  EXPECT_EQ(json, 1);
  EXPECT_EQ(json, 1u);
  EXPECT_EQ(json, true);
  EXPECT_NE(json, json);
  EXPECT_THAT(json, testing::IsEmpty());
  EXPECT_TRUE(json.empty() || json.contains("key") || json.at("key").is_null());
  EXPECT_EQ(json.dump(), json.template get<std::string>());
  EXPECT_EQ(json.template get<int>(), json.template get<int64_t>());
  EXPECT_EQ(Json::parse(std::string()), Json::object());
}

inline void compare_all() {
  compare(nlohmann::json());
  compare(nlohmann::ordered_json());
  EXPECT_EQ(std::string(), "text");
  EXPECT_EQ(std::string(), std::string());
  EXPECT_EQ(std::string_view(), "text");
  EXPECT_EQ(std::vector<std::string>(), std::vector<std::string>());
  EXPECT_EQ(1, 1);
  EXPECT_EQ(size_t{1}, 1u);
  EXPECT_EQ(size_t{1}, size_t{1});
  EXPECT_EQ(int64_t{1}, 1);
  EXPECT_EQ(uint64_t{1}, 1u);
  EXPECT_LT(size_t{1}, size_t{2});
  EXPECT_THAT(std::string(), testing::HasSubstr("text"));
  EXPECT_THAT(std::string(), testing::Not(testing::HasSubstr("text")));
  EXPECT_THAT(std::string(), testing::StartsWith("text"));
  EXPECT_THAT(std::string(), testing::IsEmpty());
}

}  // namespace precompiled
