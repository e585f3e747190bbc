// SPDX-License-Identifier: Apache-2.0
// Which file is a plugin, when several have its id: the one rule that every command and the
// supervisor go by. Pure functions over values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tq {

// A good file of the plugins folder. Refused ones do not compete.
struct PluginCandidate {
  std::string digest, version;
  std::filesystem::path file;
  int64_t changed_ns = 0;  // its change time: `cp -p` keeps the other one
};

// What was there when the choice was made: only what came since is a reason to choose anew.
struct SeenFile {
  std::string digest;
  int64_t changed_ns = 0;

  bool operator==(const SeenFile&) const = default;
};

// The last choice, as it is kept in the state folder.
struct EarlierChoice {
  std::string digest, version;   // digest: empty: none yet
  std::filesystem::path file;    // where it was dropped
  std::vector<SeenFile> beside;  // every good file of the id, this one included
  bool went_back = false;        // a newer file could not start: it goes on also when all are gone
};

struct ChoiceQuestion {
  std::vector<PluginCandidate> candidates;
  std::vector<std::filesystem::path> refused;  // files that are there and no good
  std::string pinned;                          // a digest; empty: none
  EarlierChoice earlier;
  std::vector<std::string> failed;  // digests that could not start
  std::vector<std::string> copies;  // digests whose copies are kept
  std::string trouble;              // what was remembered cannot be read; empty: none
};

struct PluginChoice {
  enum class From { kNothing, kFile, kCopy };

  From from = From::kNothing;
  size_t file = 0;      // of kFile: index of the candidate
  std::string digest;   // empty: kNothing
  std::string warning;  // for people, naming both files; empty: there is nothing to tell
};

// -1, 0 or 1 for "1.9.0" beside "1.10.0".
int compare_versions(std::string_view a, std::string_view b);

// The pinned one; else, as long as nothing new has come, the one chosen before, whose copy goes on
// when its file is gone or no longer good; else the highest version, the newest by change time, the
// first by name. Files of one digest are one file.
PluginChoice choose_plugin(const std::string& id, const ChoiceQuestion& question);

}  // namespace tq
