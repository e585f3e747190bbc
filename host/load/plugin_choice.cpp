// SPDX-License-Identifier: Apache-2.0
#include "load/plugin_choice.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace tq {
namespace {

using From = PluginChoice::From;

uint64_t take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

template <typename List, typename Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string named(const std::filesystem::path& file, const std::string& version) {
  return printable(file.string()) + " (" + version + ")";
}

bool better(const PluginCandidate& a, const PluginCandidate& b) {
  if (const int order = compare_versions(a.version, b.version); order != 0) return order > 0;
  if (a.changed_ns != b.changed_ns) return a.changed_ns > b.changed_ns;
  return a.file < b.file;
}

const char* why_better(const PluginCandidate& a, const PluginCandidate& b) {
  if (compare_versions(a.version, b.version) != 0) return "it has the higher version";
  return a.changed_ns != b.changed_ns ? "of one version, it was changed last"
                                      : "of one version and time, it is the first by name";
}

// One choice in the making.
class Choosing {
 public:
  Choosing(const std::string& id, const ChoiceQuestion& question) : id_(id), q_(question) {
    for (const PluginCandidate& candidate : q_.candidates) {
      const bool failed = contains(q_.failed, candidate.digest) && candidate.digest != q_.pinned;
      if (!failed || !can_go_on()) sound_.push_back(&candidate);
    }
    std::sort(sound_.begin(), sound_.end(),
              [](const auto* a, const auto* b) { return better(*a, *b); });
  }

  PluginChoice choose() const {
    if (!q_.pinned.empty()) return pinned();
    if (can_go_on() && !anything_new()) return go_on();
    return by_rule();
  }

 private:
  const PluginCandidate* find(const std::string& digest) const {
    for (const PluginCandidate* one : sound_)
      if (one->digest == digest) return one;
    return nullptr;
  }
  bool has_copy(const std::string& digest) const { return contains(q_.copies, digest); }

  PluginChoice file(const PluginCandidate& one) const {
    return {From::kFile, static_cast<size_t>(&one - q_.candidates.data()), one.digest, {}};
  }

  // The one chosen before can be had.
  bool can_go_on() const {
    const std::string& digest = q_.earlier.digest;
    if (digest.empty() || contains(q_.failed, digest)) return false;
    const bool there = std::any_of(q_.candidates.begin(), q_.candidates.end(),
                                   [&](const auto& one) { return one.digest == digest; });
    if (there) return true;
    // What a person has taken away whole is gone; what was replaced by a bad file goes on.
    const bool replaced = contains(q_.refused, q_.earlier.file);
    return has_copy(digest) && (!q_.candidates.empty() || replaced || q_.earlier.went_back);
  }

  bool anything_new() const {
    return std::any_of(sound_.begin(), sound_.end(), [&](const PluginCandidate* one) {
      return !contains(q_.earlier.beside, SeenFile{one->digest, one->changed_ns});
    });
  }

  PluginChoice pinned() const {
    const PluginCandidate* const one = find(q_.pinned);
    PluginChoice out = one != nullptr ? file(*one) : PluginChoice{From::kCopy, 0, q_.pinned, {}};
    const std::string newest = "; tqhost plugin use " + id_ + " newest takes the pin back";
    if (one == nullptr && !has_copy(q_.pinned)) {
      out = by_rule();
      out.warning =
          id_ + " is pinned to " + q_.pinned.substr(0, 12) +
          ", of which neither a file nor a copy is there" +
          (out.digest.empty() ? ""
                              : "; " + q_.candidates[out.file].file.string() + " is used instead") +
          newest;
      return out;
    }
    for (const PluginCandidate* other : sound_)
      if (other->digest != q_.pinned) {
        out.warning = id_ + " is pinned to " +
                      (one != nullptr ? named(one->file, one->version)
                                      : "the copy " + q_.pinned.substr(0, 12)) +
                      "; " + named(other->file, other->version) + " is not used" + newest;
        break;
      }
    return out;
  }

  PluginChoice go_on() const {
    const EarlierChoice& earlier = q_.earlier;
    if (const PluginCandidate* const one = find(earlier.digest)) {
      PluginChoice out = file(*one);
      out.warning = beside(*one);
      return out;
    }
    PluginChoice out{From::kCopy, 0, earlier.digest, {}};
    const std::string copy =
        id_ + " " + earlier.version + " goes on from its copy " + earlier.digest.substr(0, 12);
    if (earlier.went_back) {
      out.warning = copy + " until another file comes, because a newer one could not start";
      for (const PluginCandidate& one : q_.candidates)
        if (contains(q_.failed, one.digest)) out.warning += ": " + named(one.file, one.version);
    } else if (contains(q_.refused, earlier.file)) {
      out.warning = copy + ": " + printable(earlier.file.string()) + " is refused";
    } else {
      out.warning =
          copy + ": " + printable(earlier.file.string()) + " was removed, and " +
          named(sound_.empty() ? q_.candidates.front().file : sound_.front()->file,
                sound_.empty() ? q_.candidates.front().version : sound_.front()->version) +
          " does not step in by itself; tqhost plugin use " + id_ + " newest takes it";
    }
    return out;
  }

  PluginChoice by_rule() const {
    if (sound_.empty()) return {};
    PluginChoice out = file(*sound_.front());
    out.warning = beside(*sound_.front());
    return out;
  }

  // Another file than the one that is used has the same id.
  std::string beside(const PluginCandidate& used) const {
    for (const PluginCandidate* other : sound_) {
      if (other->digest == used.digest) continue;
      return "two files have the id " + id_ + ": " + named(used.file, used.version) + " is used, " +
             named(other->file, other->version) + " is not: " +
             (better(used, *other) ? why_better(used, *other) : "it was chosen before");
    }
    for (const PluginCandidate& other : q_.candidates)
      if (other.digest != used.digest && contains(q_.failed, other.digest))
        return id_ + ": " + named(used.file, used.version) + " is used, because " +
               named(other.file, other.version) + " could not start";
    return {};
  }

  const std::string& id_;
  const ChoiceQuestion& q_;
  std::vector<const PluginCandidate*> sound_;  // the best first
};

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const uint64_t x = take_number(a), y = take_number(b);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

PluginChoice choose_plugin(const std::string& id, const ChoiceQuestion& question) {
  PluginChoice out = Choosing(id, question).choose();
  if (!question.trouble.empty())
    out.warning = question.trouble + (out.warning.empty() ? "" : "; ") + out.warning;
  return out;
}

}  // namespace tq
