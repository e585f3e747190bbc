// SPDX-License-Identifier: Apache-2.0
#include "cli/deadletter.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "core/json.hpp"
#include "store/store.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

class DeadLetterCommand : public testing::Test {
 protected:
  DeadLetterCommand() {
    std::string pattern = testing::TempDir() + "tq-letters-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const Json config = {{"plugins_dir", folder_.string()},
                         {"state_dir", folder_.string()},
                         {"instances", {{{"name", "cb-prod"}, {"plugin", "cb_edr"}}}}};
    std::ofstream(folder_ / "tqhost.json") << config.dump();
    context_.sources.file = folder_ / "tqhost.json";
  }
  ~DeadLetterCommand() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() {
    std::filesystem::create_directory(folder_ / "cb-prod");
    StoreOptions options;
    options.file = folder_ / "cb-prod" / "state.db";
    options.instance = "cb-prod";
    options.schema = 3;  // of a plugin that is not there
    auto store = Store::open(options);
    if (!store) throw std::runtime_error(store.error().message);
    return store.take();
  }
  // Numbers 1 and 2; the newest is 2.
  void reject_two() {
    const auto store = open();
    ASSERT_TRUE(store->add_dead_letter({"report", "r1", "400: a bad\nline\x1b[2J", 1000}));
    ASSERT_TRUE(store->add_dead_letter({"report", "r2", "422", 2000}));
    ASSERT_TRUE(store->commit());
  }

  Exit command(const std::string& action, const std::vector<std::string>& ids = {},
               bool all = false, bool json = false) {
    out_.str("");
    err_.str("");
    return deadletter_command(context_, action, "cb-prod", ids, all, json);
  }
  Json listed() {
    EXPECT_EQ(command("ls", {}, false, true), Exit::kDone) << err_.str();
    return Json::parse(out_.str()).at("dead_letters");
  }

  std::filesystem::path folder_;
  std::ostringstream out_, err_;
  CommandContext context_{{}, Level::kInfo, false, out_, err_};
};

TEST_F(DeadLetterCommand, AnInstanceThatNeverRanHasNone) {
  EXPECT_EQ(command("ls"), Exit::kDone);
  EXPECT_EQ(out_.str(), "cb-prod has no dead letters\n");
  EXPECT_EQ(listed(), Json::array());
  EXPECT_EQ(command("drop", {"1"}), Exit::kUsage);
  EXPECT_EQ(deadletter_command(context_, "ls", "cb-test", {}, false, false), Exit::kUsage);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cb-prod"));
}

TEST_F(DeadLetterCommand, ShowsThemBesideARun) {
  reject_two();
  const auto running = open();
  EXPECT_EQ(command("ls"), Exit::kDone) << err_.str();
  EXPECT_LT(out_.str().find("report r2: 422"), out_.str().find("report r1: 400: a bad?line?[2J"));
  EXPECT_EQ(command("show", {"1"}), Exit::kDone);
  EXPECT_THAT(out_.str(), HasSubstr("reason  400: a bad?line?[2J\n"));
  EXPECT_THAT(out_.str(), HasSubstr("first   1970-01-01T00:00:01.000Z"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("r2")));
  const Json letters = listed();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[1].at("id"), 1);
  EXPECT_EQ(letters[1].at("tries"), 1);
  EXPECT_EQ(letters[1].at("retry"), false);
}

TEST_F(DeadLetterCommand, ChangesNothingWhileARunGoesOn) {
  reject_two();
  const auto running = open();
  for (const char* action : {"retry", "drop"}) {
    EXPECT_EQ(command(action, {}, true), Exit::kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("cb-prod is in use by another process"));
    EXPECT_THAT(err_.str(), HasSubstr("tqhost stop cb-prod"));
  }
  EXPECT_EQ(listed().size(), 2u);
}

TEST_F(DeadLetterCommand, MarksAndDropsAndLeavesTheStateAsItIs) {
  reject_two();
  EXPECT_EQ(command("retry", {"1", "1"}), Exit::kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("1 dead letter of cb-prod will be offered again"));
  EXPECT_EQ(listed().at(1).at("retry"), true);
  EXPECT_EQ(command("ls"), Exit::kDone);
  EXPECT_THAT(out_.str(), HasSubstr("retry  report r1"));
  EXPECT_EQ(command("drop", {"2"}), Exit::kDone);
  EXPECT_EQ(listed().size(), 1u);
  EXPECT_EQ(command("drop", {}, true), Exit::kDone);
  EXPECT_EQ(listed().size(), 0u);
  EXPECT_EQ(open()->schema(), 3) << "the plugin's";
}

TEST_F(DeadLetterCommand, OneThatIsNotThereChangesNothing) {
  reject_two();
  EXPECT_EQ(command("drop", {"1", "7"}), Exit::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("cb-prod has no dead letter 7"));
  EXPECT_EQ(listed().size(), 2u);
  EXPECT_EQ(command("show", {"7"}), Exit::kUsage);
}

TEST_F(DeadLetterCommand, TakesNumbersOrAll) {
  reject_two();
  EXPECT_EQ(command("drop"), Exit::kUsage);
  EXPECT_EQ(command("drop", {"1"}, true), Exit::kUsage);
  EXPECT_EQ(command("drop", {"1x"}), Exit::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("\"1x\" is no number"));
  EXPECT_EQ(command("ls", {"1"}), Exit::kUsage);
  EXPECT_EQ(listed().size(), 2u);
}

}  // namespace
}  // namespace tq
