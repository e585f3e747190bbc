// SPDX-License-Identifier: Apache-2.0
#include "worker/findings.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "services/guard.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

// What is kept of a text.
constexpr size_t kTypeBytesMost = 80;
constexpr size_t kValueBytesMost = 256;
constexpr size_t kDetailBytesMost = 512;

void add(uint64_t& sum, uint64_t n) {
  sum = n > std::numeric_limits<uint64_t>::max() - sum ? std::numeric_limits<uint64_t>::max()
                                                       : sum + n;
}

}  // namespace

Findings::Findings(Log& log) : log_(log) {
  table_.size = sizeof table_;
  table_.ctx = this;
  table_.found = &Findings::found;
}

void Findings::found(void* ctx, int32_t how, uint64_t n, tqp_str type, tqp_str value,
                     tqp_str detail) {
  Findings& self = *static_cast<Findings*>(ctx);
  if (std::this_thread::get_id() != self.home_) {
    self.misuse_ = "findings.found: it was called from a thread that is not the home thread";
  } else if (!all_given(type, value, detail)) {
    self.misuse_ = "findings.found: an argument is null";
  } else {
    guarded_void([&] { self.take(how, n, view(type), view(value), view(detail)); });
  }
}

void Findings::take(int32_t how, uint64_t n, std::string_view type, std::string_view value,
                    std::string_view detail) {
  if (n == 0) return;
  const char* name = nullptr;
  switch (how) {
    case TQP_FOUND_SAME:
      return add(counts_.same, n);
    case TQP_FOUND_MISSING:
      name = "missing";
      add(counts_.missing, n);
      break;
    case TQP_FOUND_DIFFERENT:
      name = "different";
      add(counts_.different, n);
      break;
    case TQP_FOUND_FOREIGN:
      name = "foreign";
      add(counts_.foreign, n);
      break;
    default:
      unknown_ = how == 0 ? -1 : how;
      return;
  }
  if (kept_.size() < VerifyRecord::kFindingsKept)
    kept_.push_back({name, n, shown(type, kTypeBytesMost), shown(value, kValueBytesMost),
                     shown(detail, kDetailBytesMost)});
}

std::string Findings::shown(std::string_view text, size_t bytes_most) const {
  return log_.redactor().clean_printable(text, bytes_most);
}

Result<void> Findings::whole() const {
  if (const char* const misuse = misuse_.load())
    return Error{Status::kBug, std::string("the plugin broke the contract: ") + misuse};
  if (unknown_ == 0) return {};
  return Error{Status::kBug,
               "the plugin found something of a kind that this tqhost does not know (" +
                   std::to_string(unknown_) +
                   "), so nothing can be said of the rest; use a newer tqhost"};
}

uint64_t Findings::left_out() const {
  uint64_t all = 0, told = 0;
  for (const uint64_t n : {counts_.missing, counts_.different, counts_.foreign}) add(all, n);
  for (const VerifyFinding& one : kept_) add(told, one.number);
  return all - std::min(all, told);
}

}  // namespace tq
