// SPDX-License-Identifier: Apache-2.0
// Named pipes, links and hostile texts where the host reads: it ends by itself, changes nothing
// behind a link, and shows nothing that a terminal obeys.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kGenerousSeconds = 120;  // a command that waits for a pipe takes for ever

// Something else stands under a file's name, as long as it lives.
class Planted {
 public:
  explicit Planted(fs::path file) : file_(std::move(file)) {
    if (fs::exists(fs::symlink_status(file_))) fs::rename(file_, aside());
    fs::create_directories(file_.parent_path());
    EXPECT_EQ(::mkfifo(file_.c_str(), 0600), 0) << file_;
  }
  ~Planted() {
    fs::remove(file_);
    if (fs::exists(aside())) fs::rename(aside(), file_);
  }
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;

 private:
  fs::path aside() const { return file_.string() + ".aside"; }

  fs::path file_;
};

class PlantedFiles : public testing::Test {
 protected:
  PlantedFiles() {
    site_.config["threatq"]["password"] = {{"file", "password"}};
    site_.settings()["api_secret_key"] = {{"secret", "cb-prod/api_secret_key"}};
    site_.write_config();
    std::ofstream(site_.folder() / "password") << kPassword;
    ::chmod((site_.folder() / "password").c_str(), 0600);
    EXPECT_EQ(
        run_program(site_.command({"secret", "set", "cb-prod/api_secret_key"}), {}, 60, kApiSecret)
            .exit_status,
        0);
    const Ended first = site_.tqhost({"run-once"});
    EXPECT_EQ(first.exit_status, 0) << first.err;
  }

  void expect_nobody_waits(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) {
      const Planted pipe(file);
      for (const std::vector<std::string>& command : {std::vector<std::string>{"run-once"},
                                                      {"status", "cb-prod"},
                                                      {"logs", "cb-prod"},
                                                      {"secret", "check"},
                                                      {"deadletter", "ls", "cb-prod"},
                                                      {"list"}}) {
        const Ended ended = site_.tqhost(command, {}, kGenerousSeconds);
        EXPECT_EQ(ended.signal, 0) << command[0] << " waits for " << file;
        EXPECT_GE(ended.exit_status, 0) << command[0] << " waits for " << file;
      }
    }
    const Ended good = site_.tqhost({"run-once"});
    EXPECT_EQ(good.exit_status, 0) << good.err;
  }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "10", "--collection", "Crimeware"};
    return options;
  }()};
};

TEST_F(PlantedFiles, ANamedPipeInPlaceOfConfigurationOrSecretHoldsNobodyUp) {
  expect_nobody_waits({site_.folder() / "tqhost.json", site_.folder() / "tqhost.key",
                       site_.folder() / "password", site_.folder() / "instances.d/other.json",
                       fs::path(site_.threatq().ca_file()), site_.state() / "secrets.json",
                       site_.state() / "secrets.lock"});
}

TEST_F(PlantedFiles, ANamedPipeInPlaceOfARecordHoldsNobodyUp) {
  std::vector<fs::path> files;
  for (const char* name :
       {"run.json", "instance.json", "metrics.json", "verify.json", "lineage.json", "form.sealed"})
    files.push_back(site_.state() / "cb-prod" / name);
  expect_nobody_waits(files);
}

TEST_F(PlantedFiles, ANamedPipeInPlaceOfTheStateHoldsNobodyUp) {
  std::vector<fs::path> files;
  for (const char* name :
       {"state.db", "state.db-wal", "state.db-shm", "state.db-journal", "state.db.lock"})
    files.push_back(site_.state() / "cb-prod" / name);
  expect_nobody_waits(files);
}

TEST_F(PlantedFiles, ANamedPipeInPlaceOfALogARateOrAPluginHoldsNobodyUp) {
  std::vector<fs::path> files = {site_.plugins() / "cb_edr.so", site_.plugins() / "other.so"};
  for (const char* folder : {"rate", "plugins", "logs"}) {
    ASSERT_FALSE(fs::is_empty(site_.state() / folder)) << folder;
    for (const auto& entry : fs::directory_iterator(site_.state() / folder))
      files.push_back(entry.path());
  }
  expect_nobody_waits(files);
}

TEST_F(PlantedFiles, ALinkedStateIsRefusedAndWhatItLeadsToStaysAsItIs) {
  const fs::path state = site_.state() / "cb-prod/state.db", elsewhere = site_.folder() / "other";
  fs::rename(state, elsewhere);
  ::chmod(elsewhere.c_str(), 0644);
  fs::create_symlink(elsewhere, state);
  const Ended ended = site_.tqhost({"run-once"});
  EXPECT_EQ(ended.exit_status, 2) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("state.db"), HasSubstr("but a link")));
  struct stat info {};
  ASSERT_EQ(::stat(elsewhere.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

// One of each kind that a terminal obeys, and what would forge a row.
const std::string kHostile =
    "x\x1b[31m\x1b]0;t\a\r\xc2\x9b"
    "2J\xe2\x80\xae\xe2\x81\xa6\x9b\xff\x7f\nforged row";

class HostileTexts : public testing::Test {
 protected:
  static void expect_harmless(const Ended& ended) {
    for (const std::string& text : {ended.out, ended.err}) {
      EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\a")), Not(HasSubstr("\r")),
                              Not(HasSubstr("\x7f")), Not(HasSubstr("\xc2\x9b")),
                              Not(HasSubstr("\xe2\x80\xae")), Not(HasSubstr("\xe2\x81\xa6")),
                              Not(HasSubstr("\xff")), Not(HasSubstr("\nforged"))));
      EXPECT_NO_THROW(static_cast<void>(Json(text).dump())) << "it is UTF-8";
    }
  }
  Ended run(const std::vector<std::string>& arguments) {
    const Ended ended = site_.tqhost(arguments);
    SCOPED_TRACE(arguments[0]);
    expect_harmless(ended);
    return ended;
  }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "10", "--collection", "Crimeware"};
    return options;
  }()};
};

TEST_F(HostileTexts, AreHarmlessInFileNamesKeysAndArguments) {
  std::ofstream(site_.plugins() / (kHostile + ".so")) << "no plugin";
  const Ended list = run({"list"});
  EXPECT_THAT(list.out, HasSubstr("x?[31m"));
  const Ended json = run({"list", "--json"});
  EXPECT_EQ(Json::parse(json.out).at("refused").size(), 1u);
  for (const char* command : {"status", "logs", "check", "describe", "run-once"})
    run({command, kHostile});
  for (const char* action : {"ls", "show"}) run({"deadletter", action, "cb-prod", kHostile});
  run({"why", "cb-prod", kHostile});
  run({"config", "show", kHostile});
  run({kHostile});
  run({"list", "--" + kHostile});
  run({"state", "get", "cb-prod", kHostile});
  run({"secret", "set", kHostile});

  fs::create_directory(site_.folder() / "instances.d");
  std::ofstream(site_.folder() / "instances.d" / (kHostile + ".json")) << "{\"plugin\": 1}";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"list"}, {"status"}, {"config", "show"}, {"check"}})
    run(command);
  fs::remove_all(site_.folder() / "instances.d");

  const std::string key = "x\x1b[31m\xe2\x80\xae\nforged row";
  site_.config[key] = 1;
  site_.settings()[key] = key;
  site_.instance()["record_name"] = key;
  site_.write_config();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"list"}, {"status"}, {"config", "show"}, {"check"}, {"run-once"}})
    EXPECT_THAT(run(command).err, HasSubstr("x?[31m?"));
}

TEST_F(HostileTexts, AreHarmlessInRecordsAndLogs) {
  ASSERT_EQ(run({"run-once"}).exit_status, 0);
  const fs::path record = site_.state() / "cb-prod/run.json";
  Json json = Json::parse(read_text(record));
  const std::string text =
      "x\x1b[31m\a\r\xc2\x9b"
      "2J\xe2\x80\xae\x7f\nforged row";
  const std::string log = json.at("log");
  json["state"] = "failed";
  json["plugin"] = json["version"] = json["run_id"] = text;
  json["error"] = {{"status", "E_CONFIG"}, {"message", text}, {"field", text}};
  json["counts"][text] = 7;
  json["skipped"][text] = 7;
  std::ofstream(record) << json.dump();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status"}, {"status", "cb-prod"}, {"status", "--json"}})
    run(command);
  // As a plugin writes that has the file, which it may.
  std::ofstream(log, std::ios::app) << "x\x1b[31m\a\xc2\x9b"
                                       "2J\xe2\x80\xae\xff\x7f\n";
  EXPECT_THAT(run({"logs", "cb-prod", "-n", "1"}).out, HasSubstr("x?[31m"));
}

}  // namespace
}  // namespace e2e
