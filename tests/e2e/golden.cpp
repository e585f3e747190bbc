// SPDX-License-Identifier: Apache-2.0
#include "e2e/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "e2e/site.hpp"

namespace e2e {

std::string masked(std::string text, const Masks& masks) {
  for (const auto& [from, to] : masks)
    for (size_t at = 0; !from.empty() && (at = text.find(from, at)) != std::string::npos;
         at += to.size())
      text.replace(at, from.size(), to);
  const std::pair<const char*, const char*> varying[] = {
      {R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)", "TIME"},
      {R"(127\.0\.0\.1:\d+)", "127.0.0.1:PORT"},
      {R"(\bpid \d+)", "pid PID"},
      {R"(this clock is 4\d\d s)", "this clock is 4xx s"}};
  for (const auto& [form, name] : varying) text = std::regex_replace(text, std::regex(form), name);
  return text;
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file =
      std::filesystem::path(TQ_SOURCE_DIR) / "tests" / "golden" / name;
  if (std::getenv("TQ_GOLDEN_UPDATE") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text, read_text(file))
      << "tests/golden/" << name << "; with TQ_GOLDEN_UPDATE=1 it is written anew";
}

}  // namespace e2e
