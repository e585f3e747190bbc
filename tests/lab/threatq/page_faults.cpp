// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/page_faults.hpp"

#include <algorithm>

namespace lab::threatq {
namespace {

constexpr std::int64_t kTooLarge = 10;

}  // namespace

bool PageFaults::set(const std::string& name, const Json& value) {
  const std::lock_guard lock(mutex_);
  if (name == "repeat_page" && (value == true || value == "moving")) {
    repeat_ = value == true ? Repeat::kStay : Repeat::kMove;
  } else if (name == "empty_page" && value == true) {
    empty_ = true;
  } else if (name == "bad_rows" && value.is_number_unsigned()) {
    bad_rows_ = value.get<std::size_t>();
  } else if (name == "shift_pages" && value.is_number_integer()) {
    shift_ = value.get<std::int64_t>();
  } else if (name == "total_too_large" && value.is_boolean()) {
    total_too_large_ = value.get<bool>();
  } else if (name == "refuse_page_above") {
    return set_refusal(value);
  } else if (name == "old_answers" && (value.is_boolean() || value == "names")) {
    answers_.reset();
    if (value != false) answers_ = value == "names" ? "old-names" : "old";
  } else {
    return false;
  }
  return true;
}

bool PageFaults::set_refusal(const Json& value) {
  const bool whole = value.is_object() && value.size() == 2 && value.contains("rows") &&
                     value.contains("status") && value["rows"].is_number_unsigned() &&
                     value["status"].is_number_unsigned();
  if (!whole && !value.is_number_unsigned()) return false;
  refuse_above_ = whole ? value["rows"].get<std::size_t>() : value.get<std::size_t>();
  refuse_status_ = whole ? value["status"].get<int>() : 413;
  return true;
}

void PageFaults::clear() {
  const std::lock_guard lock(mutex_);
  repeat_ = Repeat::kNo;
  empty_ = total_too_large_ = false;
  bad_rows_ = refuse_above_ = placed_rows_ = 0;
  shift_ = 0;
  answers_.reset();
}

std::optional<int> PageFaults::refusal(std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  if (refuse_above_ == 0 || limit <= refuse_above_) return std::nullopt;
  return refuse_status_;
}

std::string PageFaults::answers(const std::string& otherwise) const {
  const std::lock_guard lock(mutex_);
  return answers_.value_or(otherwise);
}

PagePlan PageFaults::plan(const PageRequest& page) {
  const std::lock_guard lock(mutex_);
  PagePlan plan;
  plan.begin = page.begin;
  plan.limit = page.limit;
  if (total_too_large_) plan.total_offset += kTooLarge;
  if (page.begin == 0) placed_rows_ = 0;  // another read begins
  if (!page.by_cursor && placed_rows_ > 0 && page.begin > placed_at_) {
    plan.begin -= std::min(plan.begin, placed_rows_);
    plan.total_offset += static_cast<std::int64_t>(placed_rows_);
  }
  if (!page.by_cursor && page.begin > 0 && shift_ != 0) {
    const auto shifted = static_cast<std::int64_t>(plan.begin) + shift_;
    plan.begin = static_cast<std::size_t>(std::max<std::int64_t>(shifted, 0));
    plan.total_offset -= shift_;
  }
  if (page.begin > 0 && repeat_ != Repeat::kNo) {
    plan.begin -= std::min(plan.begin, plan.limit);
    plan.stay = repeat_ == Repeat::kStay;
    plan.moves_as_asked = repeat_ == Repeat::kMove;
    repeat_ = Repeat::kNo;
  } else if (page.begin > 0 && empty_) {
    plan.limit = 0;
    plan.stay = true;
    empty_ = false;
  } else if (bad_rows_ > 0 && page.limit > 1) {
    plan.bad_rows = std::min(bad_rows_, page.limit - 1);
    plan.limit -= plan.bad_rows;
    plan.total_offset += static_cast<std::int64_t>(plan.bad_rows);
    placed_at_ = page.begin;
    placed_rows_ = plan.bad_rows;
    bad_rows_ = 0;
  }
  return plan;
}

}  // namespace lab::threatq
