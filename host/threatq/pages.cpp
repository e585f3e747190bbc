// SPDX-License-Identifier: Apache-2.0
#include "threatq/pages.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

const std::string kPath = "/api/indicators/query?";
constexpr size_t kPageLimit = 256 << 20;
// A cut, malformed or missing answer: the HTTP client has tried each several times.
constexpr uint32_t kMaxUnanswered = 3;
constexpr uint64_t kPauseMs = 1000;  // before what may be a passing fault is asked for again

}  // namespace

class Pages::Lookup : public NameLookup {
 public:
  Lookup(Names& names, const Cancel& cancel) : names_(names), cancel_(cancel) {}
  Result<std::string> name(NameKind kind, uint64_t id) override {
    auto name = names_.name(kind, id, cancel_);
    failed_ = !name;
    return name;
  }
  // Since it was last asked: it is not the page's fault then.
  bool take_failed() { return std::exchange(failed_, false); }

 private:
  bool failed_ = false;
  Names& names_;
  const Cancel& cancel_;
};

Pages::Pages(SearchSpec spec, Api& api, Names& names, World& world, Log& log, const Cancel& cancel)
    : spec_(std::move(spec)),
      api_(api),
      world_(world),
      log_(log),
      cancel_(cancel),
      what_("reading data collection \"" + printable(spec_.collection) + "\""),
      body_(text_body(spec_.body)),
      lookup_(std::make_unique<Lookup>(names, cancel)),
      parser_(spec_.columns, types_, statuses_, *lookup_, log.redactor()),
      limit_(std::max(spec_.page_rows, 2U)) {}

Pages::~Pages() = default;

void Pages::read_ahead(bool on) {
  ahead_.reset();
  if (!on) return;
  ahead_.emplace([this](const std::string& target, const Cancel& stop,
                        PageBuffer* page) { return download(target, stop, page); },
                 cancel_);
}

void Pages::free_memory() {
  ahead_.reset();
  buffer_ = PageBuffer();
  parser_.free_memory();
}

Result<bool> Pages::read(PageRows* out) {
  while (!ended_) {
    const uint64_t begun_ms = world_.mono_ms();
    TQ_ASSIGN(const PageFacts facts, fetch(out));
    note(facts, begun_ms);
    auto step = position_.advance(facts, limit_);
    if (!step) return api_.failure(step.error().status, what_, step.error().message);
    ended_ = *step == Position::Step::kEnd || *step == Position::Step::kTakeAndEnd;
    if (*step == Position::Step::kTake || *step == Position::Step::kTakeAndEnd) return true;
    out->clear();
    // Where no total can be believed two answers have to agree, and not those of one bad moment.
    const bool of_a_moment = !ended_ && facts.rows == 0 && !position_.total();
    if (of_a_moment && world_.sleep_ms(kPauseMs + world_.jitter(kPauseMs), cancel_))
      return cancelled();
  }
  return false;
}

Result<PageFacts> Pages::fetch(PageRows* out) {
  while (true) {
    if (cancel_.cancelled()) return cancelled();
    auto facts = fetch_once(out);
    if (facts) {
      unanswered_ = 0;
      return facts;
    }
    if (lookup_->take_failed() || !shrink(facts.error())) return facts;
    log_.info(Event::kThreatqPage, "a page failed and is asked for with fewer rows",
              {{"rows", std::to_string(limit_)}, {"reason", facts.error().message}});
  }
}

// Any thread.
Result<void> Pages::download(const std::string& target, const Cancel& cancel, PageBuffer* out) {
  TQ_ASSIGN(const auto response, api_.send({"POST", target, body_, what_}, cancel));
  if (response->status() < 200 || response->status() >= 300)
    return api_.refused(*response, what_, "read indicators in the Threat Library");
  auto filled = out->fill(*response, kPageLimit);
  if (filled || filled.error().status == Status::kCancelled) return filled;
  return api_.failure(filled.error().status, what_, filled.error().message);
}

Result<PageFacts> Pages::fetch_once(PageRows* out) {
  const std::string target = kPath + position_.query(limit_);
  auto ready = ahead_ ? ahead_->take(target, &buffer_) : std::nullopt;
  TQ_TRY(ready ? std::move(*ready) : download(target, cancel_, &buffer_));
  if (ahead_)
    if (const auto next = position_.query_after(guess_next_mark(buffer_.view()), limit_))
      ahead_->begin(kPath + *next);
  auto facts = parser_.parse(buffer_, position_.last_id(), out);
  // A page that is not one is told like an answer that failed; other errors are those of calls.
  if (!facts && facts.error().http_status == 0 && facts.error().status == Status::kTransient)
    return api_.failure(Status::kTransient, what_, facts.error().message);
  return facts;
}

// True: the page is worth another request, and the limit is now lower if it can be.
bool Pages::shrink(const Error& error) {
  const int status = error.http_status;
  if (status == 0) {
    if (error.status != Status::kTransient && error.status != Status::kData) return false;
    if (++unanswered_ >= kMaxUnanswered) return false;
  } else {
    const bool may_be_size = status == 400 || status == 413 || status >= 500;
    if (!may_be_size || error.status == Status::kLimited || limit_ <= kSmallestPage) return false;
  }
  limit_ = std::min(limit_, std::max(limit_ / 2, kSmallestPage));
  return true;
}

void Pages::note(const PageFacts& facts, uint64_t begun_ms) {
  if (facts.unusable > 0)
    log_.warning(Event::kThreatqRow, "rows without a usable id were left out",
                 {{"collection", spec_.collection}, {"rows", std::to_string(facts.unusable)}});
  if (facts.without_value > 0)
    log_.debug(Event::kThreatqRow, "rows have no value",
               {{"collection", spec_.collection}, {"rows", std::to_string(facts.without_value)}});
  if (!log_.enabled(Level::kDebug)) return;
  log_.debug(Event::kThreatqPage, "a page was read",
             {{"collection", spec_.collection},
              {"rows", std::to_string(facts.rows)},
              {"new", std::to_string(facts.fresh)},
              {"bytes", std::to_string(buffer_.size())},
              {"limit", std::to_string(limit_)},
              {"total", facts.total ? std::to_string(*facts.total) : "unknown"},
              {"ms", std::to_string(world_.mono_ms() - begun_ms)}});
}

}  // namespace tq
