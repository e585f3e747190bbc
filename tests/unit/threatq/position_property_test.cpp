// SPDX-License-Identifier: Apache-2.0
// Thousands of reads of servers that are made up from a seed. A server may cap its total, have it
// flap between two replicas or told too large, give fewer rows than were asked for, and lose or
// gain rows while it is read. A spoiled one also hides the rows behind a window, has rows without a
// usable id, and answers wrongly up to three times in a row. Whatever it does: the end is only
// reported when every row that was there all the time was given, and the asking ends. An honest one
// is always read whole. TQ_HISTORIES in the environment: how many, in place of the usual number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "threatq/position.hpp"

namespace tq {
namespace {

constexpr int kMostRequests = 20'000;
constexpr uint32_t kLeastLimit = 4;

uint64_t histories() {
  const char* const wanted = std::getenv("TQ_HISTORIES");
  return wanted == nullptr ? 2'000 : std::stoull(wanted);
}

enum class Total { kRight, kNone, kCapped, kFlapping, kTooLarge };
enum class Moves { kBoth, kLeave, kJoin };
enum class Fault { kNone, kEmpty, kShort, kMarkStays, kNoMark, kRepeated, kFallenTotal };
constexpr uint64_t kFaults = 6;

struct Traits {
  bool cursor = true;
  Total total = Total::kRight;
  uint64_t cap = 0, flap = 0;
  uint64_t too_large = 0;      // percent
  size_t window = SIZE_MAX;    // rows behind it are never sent by offset or mark
  uint64_t unusable_each = 0;  // ids that it divides are none; 0: all are ids
  uint64_t fault_most = 1;     // answers in a row
  double halving = 0;          // how often the reader asks for half as many rows from then on
  size_t page_most = 0;        // rows, whatever was asked for
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

  // Rows with an id that were there from the first request on.
  std::set<uint64_t> stable() const {
    std::set<uint64_t> usable;
    for (const uint64_t id : stable_)
      if (is_usable(id)) usable.insert(usable.end(), id);
    return usable;
  }

  Page answer(const std::string& query, std::optional<uint64_t> after) {
    if (chance(traits_.moving)) move();
    const Fault fault = choose_fault();
    const size_t limit = std::min<size_t>(std::stoul(parameter(query, "limit")), traits_.page_most);
    const std::string offset = parameter(query, "offset");
    const std::string mark = parameter(query, "cursorMark");
    const bool by_mark = traits_.cursor && offset.empty();
    if (parameter(query, "sort") == "-id") return last_rows(limit, after, fault);
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
    const auto window = traits_.window < rows_.size()
                            ? std::next(rows_.begin(), static_cast<std::ptrdiff_t>(traits_.window))
                            : rows_.end();
    const bool inside = window == rows_.end() || (at != rows_.end() && *at < *window);
    for (; inside && at != window && page.size() < limit; ++at) page.push_back(*at);
    if (fault == Fault::kEmpty) page.clear();
    if (fault == Fault::kShort && page.size() > 1) page.resize(1 + draw(page.size() - 1));
    repeat_from_ = marked;
    return {usable(page), facts_of(page, after, fault, by_mark, mark)};
  }

 private:
  bool is_usable(uint64_t id) const {
    return traits_.unusable_each == 0 || id % traits_.unusable_each != 0;
  }
  std::vector<uint64_t> usable(std::vector<uint64_t> page) const {
    std::erase_if(page, [this](uint64_t id) { return !is_usable(id); });
    return page;
  }

  // What sort=-id answers; there is nothing a mark or a window could do to it.
  Page last_rows(size_t limit, std::optional<uint64_t> after, Fault fault) {
    std::vector<uint64_t> page;
    for (auto at = rows_.rbegin(); at != rows_.rend() && page.size() < limit; ++at)
      page.push_back(*at);
    std::reverse(page.begin(), page.end());
    if (fault == Fault::kEmpty) page.clear();
    return {usable(page), facts_of(page, after, fault, false, {})};
  }

  uint64_t draw(uint64_t below) { return random_() % below; }
  bool chance(double part) { return static_cast<double>(random_() % 10'000) < part * 10'000; }

  Fault choose_fault() {
    if (fault_left_ > 0) {
      --fault_left_;
      return fault_;
    }
    const bool spoiled_before = std::exchange(fault_, Fault::kNone) != Fault::kNone;
    if (spoiled_before || !chance(traits_.spoiled)) return Fault::kNone;
    fault_left_ = draw(traits_.fault_most);
    fault_ = static_cast<Fault>(1 + draw(kFaults));
    return fault_;
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
        return right + 10 + right * traits_.too_large / 100;
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
    for (const uint64_t id : page) {
      if (!is_usable(id)) {
        ++facts.unusable;
        ++facts.unusable_behind;
        continue;
      }
      facts.fresh += !after || id > *after ? 1 : 0;
      facts.unusable_behind = 0;
      if (!facts.first_id) facts.first_id = id;
      facts.last_id = id;
    }
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
  Fault fault_ = Fault::kNone;
  uint64_t fault_left_ = 0;
};

struct Outcome {
  bool ended = false;
  int requests = 0;
  std::string failure;
  std::set<uint64_t> given;
};

Outcome read(Server& server, uint32_t limit, double halving, std::mt19937_64& random) {
  Position position;
  Outcome out;
  while (out.requests < kMostRequests) {
    ++out.requests;
    if (halving > 0 && static_cast<double>(random() % 10'000) < halving * 10'000)
      limit = std::max(limit / 2, std::min(limit, kLeastLimit));
    const std::optional<uint64_t> after = position.last_id();
    const Page page = server.answer(position.query(limit), after);
    const auto step = position.advance(page.facts, limit);
    if (!step) {
      out.failure = step.error().message;
      return out;
    }
    if (*step == Position::Step::kTake)
      for (const uint64_t id : page.ids)
        if (!after || id > *after) out.given.insert(id);
    out.ended = *step == Position::Step::kEnd;
    if (out.ended) return out;
  }
  out.failure = "never came to an end";
  return out;
}

std::string told(const Traits& traits, uint64_t seed) {
  return "seed " + std::to_string(seed) + (traits.cursor ? ", by cursor" : ", by offset") +
         ", total of kind " + std::to_string(static_cast<int>(traits.total)) + ", cap " +
         std::to_string(traits.cap) + ", flap " + std::to_string(traits.flap) + ", pages of " +
         std::to_string(traits.page_most) + ", window " + std::to_string(traits.window) +
         ", unusable " + std::to_string(traits.unusable_each) + ", faults of up to " +
         std::to_string(traits.fault_most);
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
  made.traits.too_large = random() % 100;
  return made;
}

// Now and then a collection is large enough for many pages.
void make_large(Case* made, std::mt19937_64& random) {
  if (random() % 50 == 0) made->rows = 150 + random() % 4'850;
}

void spoil(Case* made, std::mt19937_64& random) {
  Traits& traits = made->traits;
  traits.spoiled = 0.02 + 0.01 * static_cast<double>(random() % 50);
  traits.moving = random() % 2 == 0 ? 0 : 0.01 * static_cast<double>(random() % 30);
  traits.fault_most = 1 + random() % 3;
  if (random() % 3 == 0) traits.halving = 0.02;
  if (random() % 4 == 0) traits.unusable_each = 5 + random() % 20;
  // A window at which the total is capped, too, is the one that deceives.
  if (random() % 3 == 0)
    traits.window = random() % 2 == 0 ? traits.cap : 1 + random() % (made->rows + 10);
}

bool gave_all(const Server& server, const Outcome& outcome) {
  const std::set<uint64_t> stable = server.stable();
  return std::includes(outcome.given.begin(), outcome.given.end(), stable.begin(), stable.end());
}

TEST(PositionProperty, AnEndMeansThatEverythingWasGiven) {
  uint64_t ended = 0;
  for (uint64_t seed = 1; seed <= histories(); ++seed) {
    std::mt19937_64 random(seed);
    Case made = make_case(random);
    make_large(&made, random);
    spoil(&made, random);
    Server server(made.traits, made.rows, random);
    const Outcome outcome = read(server, made.limit, made.traits.halving, random);
    ASSERT_LT(outcome.requests, kMostRequests) << told(made.traits, seed);
    ended += outcome.ended ? 1 : 0;
    ASSERT_TRUE(!outcome.ended || gave_all(server, outcome))
        << told(made.traits, seed) << ": " << outcome.given.size() << " rows of " << made.rows;
  }
  EXPECT_GT(ended, histories() / 5) << "the servers are too bad to show anything";
}

TEST(PositionProperty, AnHonestServerIsAlwaysReadToItsEnd) {
  for (uint64_t seed = 1; seed <= histories(); ++seed) {
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
    } else {
      make_large(&made, random);
      if (random() % 3 == 0) made.traits.halving = 0.02;
    }
    Server server(made.traits, made.rows, random);
    const Outcome outcome = read(server, made.limit, made.traits.halving, random);
    ASSERT_TRUE(outcome.ended) << told(made.traits, seed) << ": " << outcome.failure;
    ASSERT_TRUE(gave_all(server, outcome)) << told(made.traits, seed);
    const size_t least =
        made.traits.halving > 0 ? kLeastLimit : std::min<size_t>(made.limit, made.traits.page_most);
    const size_t pages = made.rows / (least - 1);
    ASSERT_LT(outcome.requests, static_cast<int>(2 * pages) + 16) << told(made.traits, seed);
  }
}

}  // namespace
}  // namespace tq
