// SPDX-License-Identifier: Apache-2.0
// Thousands of reads of servers that are made up from a seed. A server may cap its total, have it
// flap between two replicas, give fewer rows than were asked for, and lose or gain rows while it is
// read. A spoiled one also answers wrongly, but never twice in a row, for a fault that stays is
// what the server has to say. Whatever it does: the end is only reported when every row that was
// there all the time was given, and the asking ends. An honest one is always read whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "threatq/position.hpp"

namespace tq {
namespace {

constexpr int kHistories = 20'000;
constexpr int kMostRequests = 5'000;

enum class Total { kRight, kNone, kCapped, kFlapping, kTooLarge };
enum class Moves { kBoth, kLeave, kJoin };
enum class Fault { kNone, kEmpty, kShort, kMarkStays, kNoMark, kRepeated, kFallenTotal };
constexpr uint64_t kFaults = 6;

struct Traits {
  bool cursor = true;
  Total total = Total::kRight;
  uint64_t cap = 0, flap = 0;
  size_t page_most = 0;  // rows, whatever was asked for
  Moves moves = Moves::kBoth;
  double moving = 0;   // how often rows come or go before an answer
  double spoiled = 0;  // how often an answer is wrong
};

std::string parameter(const std::string& query, const std::string& name) {
  const size_t at = ("&" + query).find("&" + name + "=");
  if (at == std::string::npos) return {};
  const size_t from = at + name.size() + 1;
  return query.substr(from, query.find('&', from) - from);
}

struct Page {
  std::vector<uint64_t> ids;
  PageFacts facts;
};

class Server {
 public:
  Server(const Traits& traits, size_t rows, std::mt19937_64& random)
      : traits_(traits), random_(random) {
    uint64_t id = 100;
    for (size_t i = 0; i < rows; ++i) rows_.insert(id += 1 + draw(3));
    stable_ = rows_;
  }

  // Rows that were there from the first request on.
  const std::set<uint64_t>& stable() const { return stable_; }

  Page answer(const std::string& query, std::optional<uint64_t> after) {
    if (chance(traits_.moving)) move();
    const Fault fault = choose_fault();
    const size_t limit = std::min<size_t>(std::stoul(parameter(query, "limit")), traits_.page_most);
    const std::string offset = parameter(query, "offset");
    const std::string mark = parameter(query, "cursorMark");
    const bool by_mark = traits_.cursor && offset.empty();
    auto at = rows_.begin();
    uint64_t marked = 0;
    if (by_mark && mark != "%2A") {
      marked = std::stoull(mark);
      at = rows_.upper_bound(fault == Fault::kRepeated ? std::min(marked, repeat_from_) : marked);
    } else if (!offset.empty()) {
      const size_t begin = std::stoul(offset);
      const size_t back = fault == Fault::kRepeated ? std::min(begin, limit) : 0;
      std::advance(at, std::min(begin - back, rows_.size()));
    }
    std::vector<uint64_t> page;
    for (; at != rows_.end() && page.size() < limit; ++at) page.push_back(*at);
    if (fault == Fault::kEmpty) page.clear();
    if (fault == Fault::kShort && page.size() > 1) page.resize(1 + draw(page.size() - 1));
    repeat_from_ = marked;
    return {page, facts_of(page, after, fault, by_mark, mark)};
  }

 private:
  uint64_t draw(uint64_t below) { return random_() % below; }
  bool chance(double part) { return static_cast<double>(random_() % 10'000) < part * 10'000; }

  Fault choose_fault() {
    if (spoiled_before_ || !chance(traits_.spoiled)) {
      spoiled_before_ = false;
      return Fault::kNone;
    }
    spoiled_before_ = true;
    return static_cast<Fault>(1 + draw(kFaults));
  }

  void move() {
    const bool leaves =
        traits_.moves == Moves::kBoth ? draw(2) == 0 : traits_.moves == Moves::kLeave;
    if (leaves && !rows_.empty()) {
      const auto gone = std::next(rows_.begin(), static_cast<std::ptrdiff_t>(draw(rows_.size())));
      stable_.erase(*gone);
      rows_.erase(gone);
    } else if (!leaves) {
      rows_.insert(draw(2) == 0 || rows_.empty() ? draw(100) : *rows_.rbegin() + 1);
    }
  }

  std::optional<uint64_t> told_total(Fault fault) {
    const uint64_t right = rows_.size();
    if (traits_.total == Total::kNone) return {};
    if (fault == Fault::kFallenTotal) return right / 2;
    if (fault == Fault::kEmpty && draw(2) == 0) return 0;
    switch (traits_.total) {
      case Total::kCapped:
        return std::min(right, traits_.cap);
      case Total::kFlapping:
        return draw(2) == 0 ? right : right - std::min(right, traits_.flap);
      case Total::kTooLarge:
        return right + 10;
      case Total::kRight:
      case Total::kNone:
        break;
    }
    return right;
  }

  PageFacts facts_of(const std::vector<uint64_t>& page, std::optional<uint64_t> after, Fault fault,
                     bool by_mark, const std::string& asked) {
    PageFacts facts;
    facts.rows = page.size();
    for (const uint64_t id : page) facts.fresh += !after || id > *after ? 1 : 0;
    if (!page.empty()) facts.first_id = page.front();
    if (!page.empty()) facts.last_id = page.back();
    facts.total = told_total(fault);
    if (!by_mark || fault == Fault::kNoMark) return facts;
    const bool stays = page.empty() || fault == Fault::kMarkStays;
    facts.next_mark = !stays ? std::to_string(page.back()) : asked == "%2A" ? "*" : asked;
    if (fault == Fault::kRepeated && facts.fresh == 0 && draw(2) == 0)
      facts.next_mark = "1000000";  // it moves all the same
    return facts;
  }

  const Traits traits_;
  std::mt19937_64& random_;
  std::set<uint64_t> rows_, stable_;
  uint64_t repeat_from_ = 0;
  bool spoiled_before_ = false;
};

struct Outcome {
  bool ended = false;
  int requests = 0;
  std::string failure;
  std::set<uint64_t> given;
};

Outcome read(Server& server, uint32_t limit) {
  Position position;
  Outcome out;
  while (out.requests < kMostRequests) {
    ++out.requests;
    const std::optional<uint64_t> after = position.last_id();
    const Page page = server.answer(position.query(limit), after);
    const auto step = position.advance(page.facts, limit);
    if (!step) {
      out.failure = step.error().message;
      return out;
    }
    if (*step == Position::Step::kTake || *step == Position::Step::kTakeAndEnd)
      for (const uint64_t id : page.ids)
        if (!after || id > *after) out.given.insert(id);
    out.ended = *step == Position::Step::kEnd || *step == Position::Step::kTakeAndEnd;
    if (out.ended) return out;
  }
  out.failure = "never came to an end";
  return out;
}

std::string told(const Traits& traits, uint64_t seed) {
  return "seed " + std::to_string(seed) + (traits.cursor ? ", by cursor" : ", by offset") +
         ", total of kind " + std::to_string(static_cast<int>(traits.total)) + ", cap " +
         std::to_string(traits.cap) + ", flap " + std::to_string(traits.flap) + ", pages of " +
         std::to_string(traits.page_most);
}

struct Case {
  Traits traits;
  uint32_t limit = 0;
  size_t rows = 0;
};

Case make_case(std::mt19937_64& random) {
  Case made;
  made.traits.cursor = random() % 2 == 0;
  made.traits.total = static_cast<Total>(random() % 5);
  made.limit = static_cast<uint32_t>(8 + random() % 20);
  made.traits.page_most = random() % 2 == 0 ? made.limit : 8 + random() % 30;
  made.rows = random() % 150;
  // A cap that the last row of a page meets is the one that deceives.
  made.traits.cap = random() % 2 == 0
                        ? 1 + random() % 100
                        : std::min<size_t>(made.limit, made.traits.page_most) * (1 + random() % 5);
  made.traits.flap = 1 + random() % 40;
  return made;
}

bool gave_all(const Server& server, const Outcome& outcome) {
  return std::includes(outcome.given.begin(), outcome.given.end(), server.stable().begin(),
                       server.stable().end());
}

TEST(PositionProperty, AnEndMeansThatEverythingWasGiven) {
  int ended = 0;
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    std::mt19937_64 random(seed);
    Case made = make_case(random);
    made.traits.spoiled = 0.02 + 0.01 * static_cast<double>(random() % 50);
    made.traits.moving = random() % 2 == 0 ? 0 : 0.01 * static_cast<double>(random() % 30);
    Server server(made.traits, made.rows, random);
    const Outcome outcome = read(server, made.limit);
    ASSERT_LT(outcome.requests, kMostRequests) << told(made.traits, seed);
    ended += outcome.ended ? 1 : 0;
    ASSERT_TRUE(!outcome.ended || gave_all(server, outcome))
        << told(made.traits, seed) << ": " << outcome.given.size() << " rows of " << made.rows;
  }
  EXPECT_GT(ended, kHistories / 4) << "the servers are too bad to show anything";
}

TEST(PositionProperty, AnHonestServerIsAlwaysReadToItsEnd) {
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    std::mt19937_64 random(seed);
    Case made = make_case(random);
    // Nothing shows that a total is too large when there is not even one row to count from.
    if (made.traits.total == Total::kTooLarge) ++made.rows;
    // With a total that is wrong, only counting proves the end, and rows that leave spoil that.
    const bool moves =
        made.traits.total != Total::kTooLarge && made.traits.total != Total::kFlapping;
    if (moves && random() % 2 == 0) {
      made.traits.moving = 0.1;
      // One that leaves and one that joins behind the read leave the total as it was, and the row
      // that was not sent looks like one that the server lost.
      if (made.traits.cursor) made.traits.moves = random() % 2 == 0 ? Moves::kLeave : Moves::kJoin;
      made.rows += 20;  // of a handful of rows each one that moves is half a page
    }
    Server server(made.traits, made.rows, random);
    const Outcome outcome = read(server, made.limit);
    ASSERT_TRUE(outcome.ended) << told(made.traits, seed) << ": " << outcome.failure;
    ASSERT_TRUE(gave_all(server, outcome)) << told(made.traits, seed);
    const size_t pages = made.rows / (std::min<size_t>(made.limit, made.traits.page_most) - 1);
    ASSERT_LT(outcome.requests, static_cast<int>(2 * pages) + 16) << told(made.traits, seed);
  }
}

}  // namespace
}  // namespace tq
