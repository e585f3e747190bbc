// SPDX-License-Identifier: Apache-2.0
// The host dies at each of its crash points, and stop is asked for at each poll: the next run makes
// up for it. At most what was not committed is sent again, with equal bytes.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::IsEmpty;

class Crash : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    cloud_.thorough = false;
    settings_["data_collections"] = {"Crimeware", "Phishing"};
    fill("Crimeware", 1, 1200, "17");
    fill("Phishing", 1, 150, "18");
  }
  // Between two runs: splits, joins, a report that goes, new ones.
  void change() {
    auto& rows = crimeware().rows;
    std::erase_if(rows, [](const auto& row) { return row.id == 143 || row.id == 582; });
    std::erase_if(rows, [](const auto& row) { return row.id > 880 && row.id < 1164; });
    const auto added = Edr::rows(1201, 1250);
    rows.insert(rows.end(), added.begin(), added.end());
  }
  // Each request of the interrupted run that is made again has the same bytes.
  void expect_equal_repeats(size_t first, size_t second) {
    std::map<std::string, std::string> bodies;
    const auto& all = host_.seen.requests;
    for (size_t i = first; i < second; ++i)
      if (all[i].method == "PUT") bodies[all[i].url] = all[i].body;
    size_t repeated = 0;
    for (size_t i = second; i < all.size(); ++i) {
      const auto before = bodies.find(all[i].url);
      if (all[i].method != "PUT" || before == bodies.end()) continue;
      EXPECT_EQ(all[i].body, before->second);
      ++repeated;
    }
    EXPECT_LE(repeated, 1u) << "each report is committed";
  }
  struct World {
    Cloud cloud;
    std::map<std::string, std::string> state;
  };
  World save() { return {cloud_, host_.state}; }
  void load(const World& world) {
    cloud_ = world.cloud;
    host_.state = world.state;
    host_.restart();
    host_.seen.requests.clear();
    host_.seen.log.clear();
  }

  // Runs until interrupted at its n-th point, then again, for every n. `interrupt` says how.
  template <typename Interrupt>
  void sweep(uint32_t flags, Interrupt interrupt) {
    const World start = save();
    for (uint64_t n = 1;; ++n) {
      load(start);
      watch();
      interrupt(n);
      const Outcome outcome = run(flags);
      const bool interrupted = !outcome.ok();
      const size_t requests = host_.seen.requests.size();
      host_.restart();
      ASSERT_TRUE(run(flags).ok()) << n;
      ASSERT_EQ(content(), wanted()) << n;
      ASSERT_EQ(cloud_.feeds.size(), 1u) << n;
      ASSERT_THAT(cloud_.complaints, IsEmpty()) << n;
      expect_equal_repeats(0, requests);
      const size_t settled = host_.seen.requests.size();
      ASSERT_TRUE(run().ok()) << n;
      for (size_t i = settled; i < host_.seen.requests.size(); ++i)
        ASSERT_EQ(host_.seen.requests[i].method, "GET") << n;
      if (!interrupted) {
        EXPECT_GT(n, 3u);
        return;
      }
    }
  }
  void crash_sweep(uint32_t flags = 0) {
    sweep(flags, [this](uint64_t n) { host_.setup.crash_at = n; });
  }
  void cancel_sweep(uint32_t flags = 0) {
    sweep(flags, [this](uint64_t n) { host_.setup.cancel_at = n; });
  }
};

TEST_F(Crash, InTheFirstRun) { crash_sweep(); }

TEST_F(Crash, InTheFirstRunReportByReport) {
  host_.state["feed/bulk_refused"] = "1";
  crash_sweep();
}

TEST_F(Crash, InARunWithChanges) {
  host_.state["feed/bulk_refused"] = "1";
  ASSERT_TRUE(run().ok());
  change();
  crash_sweep();
}

TEST_F(Crash, InAWriteOfEverythingInOnePiece) {
  ASSERT_TRUE(run().ok());
  change();
  settings_["report_tags"] = {"new"};
  crash_sweep();
}

TEST_F(Crash, WhileOneSeverityBecomesMany) {
  host_.state["feed/bulk_refused"] = "1";
  fill("Crimeware", 1, 150, "17");
  ASSERT_TRUE(run().ok());
  settings_["severity"] = "from_score";
  crash_sweep();
}

TEST_F(Crash, WhileAdopting) {
  cloud_.add_feed("ThreatQ", "of somebody else", 4);
  host_.state["feed/bulk_refused"] = "1";
  crash_sweep(TQP_RUN_ADOPT);
}

TEST_F(Crash, WhileAVanishedFeedIsMadeAnew) {
  settings_["create_watchlist"] = true;
  ASSERT_TRUE(run().ok());
  cloud_.feeds.clear();
  crash_sweep();
}

TEST_F(Crash, AndThenTheCollectionChanges) {
  host_.state["feed/bulk_refused"] = "1";
  ASSERT_TRUE(run().ok());
  const auto rows = crimeware().rows;
  const World start = save();
  for (uint64_t n = 1;; ++n) {
    load(start);
    crimeware().rows = rows;
    change();
    host_.setup.crash_at = n;
    const bool crashed = !run().ok();
    host_.restart();
    crimeware().rows = rows;  // what the crashed run wrote is no longer wanted
    std::erase_if(crimeware().rows, [](const auto& row) { return row.id == 861; });
    watch();
    ASSERT_TRUE(run().ok()) << n;
    ASSERT_EQ(content(), wanted()) << n;
    ASSERT_THAT(host_.seen.rejected, IsEmpty()) << n;
    ASSERT_THAT(cloud_.complaints, IsEmpty()) << n << ": a timestamp with another content";
    if (!crashed) return;
  }
}

TEST_F(Crash, NotButStoppedAtEachPoll) { cancel_sweep(); }

TEST_F(Crash, NotButStoppedAtEachPollReportByReport) {
  host_.state["feed/bulk_refused"] = "1";
  ASSERT_TRUE(run().ok());
  change();
  cancel_sweep();
}

}  // namespace
}  // namespace cb_edr
