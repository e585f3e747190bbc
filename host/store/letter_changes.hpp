// SPDX-License-Identifier: Apache-2.0
// LetterChanges: what the next commit does to the dead letters: items that were refused, and items
// that were taken after all. Of one item the later word counts. A value; one thread.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace tq {

class LetterChanges {
 public:
  using Item = std::pair<std::string, std::string>;  // type, value

  void refuse(DeadLetter letter) {
    accepted_.erase({letter.type, letter.value});
    refused_.push_back(std::move(letter));
  }
  void accept(Item item) {
    std::erase_if(refused_, [&](const DeadLetter& letter) {
      return letter.value == item.second && letter.type == item.first;
    });
    accepted_.insert(std::move(item));
  }

  const std::vector<DeadLetter>& refused() const { return refused_; }
  const std::set<Item>& accepted() const { return accepted_; }
  std::vector<DeadLetter> take_refused() { return std::exchange(refused_, {}); }
  std::set<Item> take_accepted() { return std::exchange(accepted_, {}); }

  bool empty() const { return refused_.empty() && accepted_.empty(); }
  void clear() { *this = {}; }

 private:
  std::vector<DeadLetter> refused_;  // in order; an item may be there several times
  std::set<Item> accepted_;
};

}  // namespace tq
