// SPDX-License-Identifier: Apache-2.0
#include "log/redactor.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "log/key_values.hpp"
#include "log/patterns.hpp"

namespace tq {
namespace {

constexpr std::string_view kMask = "***";
constexpr size_t kRetiredMost = 8;        // passing secrets that are over and still hidden
constexpr size_t kShortestCutBytes = 64;  // nobody cuts a text to less than that
// A text is cut for good before it is cleaned only where it is much longer than what will be shown:
// masks make it shorter.
constexpr size_t kRoomForMasksBytes = 4096;

struct Known {
  Secret value;
  std::shared_ptr<const ValuePatterns> patterns;
  bool for_good = false;
  size_t holders = 0;
};

}  // namespace

struct Redactor::Lists {
  // Whoever cleans works on a set of patterns that does not change.
  std::shared_ptr<const Patterns> current() const {
    const std::shared_lock lock(mutex);
    return patterns;
  }

  Known& entry(std::string_view value) {
    for (Known& each : known)
      if (each.value.reveal() == value) return each;
    known.push_back({Secret(value), patterns_of(value)});
    std::vector<std::shared_ptr<const ValuePatterns>> all;
    for (const Known& each : known) all.push_back(each.patterns);
    patterns = std::make_shared<const Patterns>(std::move(all));
    return known.back();
  }

  void drop_unheld() {
    const size_t before = known.size();
    std::erase_if(known, [](const Known& each) { return !each.for_good && each.holders == 0; });
    if (known.size() == before) return;
    std::vector<std::shared_ptr<const ValuePatterns>> all;
    for (const Known& each : known) all.push_back(each.patterns);
    patterns = std::make_shared<const Patterns>(std::move(all));
  }

  void let_go(std::string_view value) {
    for (Known& each : known)
      if (each.value.reveal() == value && each.holders > 0) --each.holders;
    drop_unheld();
  }

  mutable std::shared_mutex mutex;
  std::vector<Known> known;
  std::deque<Secret> retired;  // each one holds its value
  std::shared_ptr<const Patterns> patterns =
      std::make_shared<const Patterns>(std::vector<std::shared_ptr<const ValuePatterns>>());
  std::vector<std::string> keys = {
      "authorization", "proxy-authorization", "x-auth-token", "x-api-key",
      "cookie",        "set-cookie",          "password",     "passwd",
      "secret",        "client_secret",       "access_token", "refresh_token",
      "api_key",       "api_secret_key",      "secret_key",   "token"};
};

Redactor::Redactor() : lists_(std::make_unique<Lists>()) {}
Redactor::~Redactor() = default;

void Redactor::add_value(std::string_view secret) {
  const std::unique_lock lock(lists_->mutex);
  lists_->entry(secret).for_good = true;
  // Whoever is sent a key with a blank at its end may answer without.
  const std::string_view bare = trim(secret);
  if (bare != secret) lists_->entry(bare).for_good = true;
}

void Redactor::add_pair(std::string_view user, std::string_view password) {
  if (password.empty()) return;
  if (user.empty()) return add_value(password);
  std::string pair(user);
  pair += ':';
  pair += password;
  add_value(pair);
  wipe(pair);
  add_value(password);
}

void Redactor::add_key(std::string_view key) {
  const std::unique_lock lock(lists_->mutex);
  lists_->keys.push_back(to_lower(key));
}

bool Redactor::is_secret_key(std::string_view key) const {
  const std::string lower = to_lower(key);
  const std::shared_lock lock(lists_->mutex);
  return std::find(lists_->keys.begin(), lists_->keys.end(), lower) != lists_->keys.end();
}

std::string Redactor::clean(std::string_view text, Cut cut) const {
  Patterns::Ends ends;
  ends.head_cut = cut == Cut::kHead || cut == Cut::kBoth;
  ends.tail_cut = cut == Cut::kTail || cut == Cut::kBoth;
  ends.tail_open = text.size() >= kShortestCutBytes;
  const auto patterns = lists_->current();
  std::string out;
  size_t done = 0;
  for (const Span& span : patterns->find(text, ends)) {
    out += text.substr(done, span.begin - done);
    out += kMask;
    done = span.end;
  }
  out += text.substr(done);
  return mask_key_values(std::move(out),
                         [this](std::string_view key) { return is_secret_key(key); });
}

std::string Redactor::clean_cut(std::string_view text, size_t limit, Cut cut) const {
  const size_t most = limit > SIZE_MAX / 4 ? limit : 2 * limit + kRoomForMasksBytes;
  const std::string_view looked_at = utf8_cut(text, most);
  if (looked_at.size() < text.size())
    cut = cut == Cut::kHead || cut == Cut::kBoth ? Cut::kBoth : Cut::kTail;
  std::string out = clean(looked_at, cut);
  out.resize(utf8_cut(out, limit).size());
  return out;
}

std::string Redactor::clean_printable(std::string_view text, size_t limit, Cut cut) const {
  // One byte more tells printable() that there was more.
  const size_t with_more = limit == SIZE_MAX ? limit : limit + 4;
  return printable(clean_cut(text, with_more, cut), limit);
}

void Redactor::hold(std::string_view secret) {
  const std::unique_lock lock(lists_->mutex);
  ++lists_->entry(secret).holders;
}

void Redactor::let_go(std::string_view secret) {
  const std::unique_lock lock(lists_->mutex);
  lists_->let_go(secret);
}

void Redactor::retire(std::string_view secret) {
  const std::unique_lock lock(lists_->mutex);
  lists_->retired.emplace_back(secret);
  if (lists_->retired.size() <= kRetiredMost) return;
  const Secret oldest = lists_->retired.front();
  lists_->retired.pop_front();
  lists_->let_go(oldest.reveal());
}

PassingSecret::~PassingSecret() {
  for (const Secret* each : {&before_, &now_})
    if (!each->empty()) redactor_.retire(each->reveal());
}

void PassingSecret::replace(std::string_view secret) {
  if (secret == now_.reveal()) return;
  if (!secret.empty()) redactor_.hold(secret);
  if (!before_.empty()) redactor_.let_go(before_.reveal());
  before_ = std::move(now_);
  now_ = Secret(secret);
}

}  // namespace tq
