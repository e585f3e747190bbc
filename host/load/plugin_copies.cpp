// SPDX-License-Identifier: Apache-2.0
#include "load/plugin_copies.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "load/plugin_file.hpp"
#include "load/plugin_record.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigestLength = 64;
constexpr time_t kDraftSeconds = 60;

bool is_digest(const std::string& text) {
  return text.size() == kDigestLength &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) files.push_back(at->path());
  return files;
}

time_t written_at(const fs::path& file) {
  struct stat info {};
  return ::lstat(file.c_str(), &info) == 0 ? info.st_mtime : 0;
}

// write_file_atomically() makes them beside the file, with six letters behind its name.
bool is_draft(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.size() == kDigestLength + 10 && is_digest(name.substr(0, kDigestLength)) &&
         name.compare(kDigestLength, 4, ".so.") == 0;
}

void remove_drafts(const fs::path& folder, bool all) {
  const time_t now = ::time(nullptr);
  for (const fs::path& file : files_of(folder))
    if (is_draft(file) && (all || now - written_at(file) > kDraftSeconds)) ::unlink(file.c_str());
}

// What must stay, and behind it each plugin's other copies, the youngest last.
struct Sorted {
  std::set<std::string> needed;
  std::vector<std::vector<std::string>> others;
};

Sorted sort_copies(const fs::path& state_dir, const std::vector<std::string>& needed,
                   const std::vector<std::string>& copies) {
  Sorted out;
  out.needed.insert(needed.begin(), needed.end());
  std::set<std::string> unknown(copies.begin(), copies.end());
  for (const std::string& id : recorded_plugins(state_dir)) {
    const auto record = read_plugin_record(state_dir, id);
    if (!record) continue;
    out.needed.insert(record->pinned);
    out.needed.insert(record->chosen.digest);
    std::vector<std::string> known;
    for (const KnownFile& file : record->files)
      if (unknown.erase(file.digest) != 0) known.push_back(file.digest);
    out.others.push_back(std::move(known));
  }
  // Those of an older tqhost, which kept no record.
  std::vector<std::string> rest(unknown.begin(), unknown.end());
  std::stable_sort(rest.begin(), rest.end(), [&](const std::string& a, const std::string& b) {
    return written_at(copy_file(state_dir, a)) < written_at(copy_file(state_dir, b));
  });
  out.others.push_back(std::move(rest));
  return out;
}

void remove_unless_held(const fs::path& copy) {
  const UniqueFd fd(::open(copy.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(copy.c_str());
}

}  // namespace

fs::path copies_folder(const fs::path& state_dir) { return state_dir / "plugins"; }

fs::path copy_file(const fs::path& state_dir, const std::string& digest) {
  return copies_folder(state_dir) / (digest + ".so");
}

Result<fs::path> take_copy(const FoundPlugin& plugin, const fs::path& state_dir) {
  const auto copy = copy_file(state_dir, plugin.digest);
  if (const auto bytes = read_plugin_file(copy); bytes && to_hex(sha256(*bytes)) == plugin.digest)
    return copy;
  TQ_TRY(make_folder(copies_folder(state_dir)));
  const auto bytes = read_plugin_file(plugin.file);
  if (!bytes) return Error{Status::kTransient, plugin.file.string() + ": " + bytes.error().message};
  // What is written is what was hashed, whatever happens to the file meanwhile.
  if (to_hex(sha256(*bytes)) != plugin.digest)
    return Error{
        Status::kTransient,
        plugin.file.string() + " changed while it was read; the next run takes the new one"};
  TQ_TRY(write_file_atomically(copy, *bytes, 0444));
  return copy;
}

std::vector<std::string> kept_copies(const fs::path& state_dir) {
  std::vector<std::string> digests;
  for (const fs::path& file : files_of(copies_folder(state_dir)))
    if (file.extension() == ".so" && is_digest(file.stem().string()))
      digests.push_back(file.stem().string());
  std::sort(digests.begin(), digests.end());
  return digests;
}

UniqueFd hold_copy(const fs::path& copy) {
  UniqueFd fd(::open(copy.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd) ::flock(fd.get(), LOCK_SH | LOCK_NB);
  return fd;
}

void collect_copies(const fs::path& state_dir, const std::vector<std::string>& needed,
                    bool all_drafts) {
  remove_drafts(copies_folder(state_dir), all_drafts);
  const Sorted sorted = sort_copies(state_dir, needed, kept_copies(state_dir));
  for (const auto& others : sorted.others) {
    size_t kept = 0;
    for (auto digest = others.rbegin(); digest != others.rend(); ++digest) {
      if (sorted.needed.count(*digest) != 0) continue;
      if (kept++ < kOldCopiesKept) continue;
      remove_unless_held(copy_file(state_dir, *digest));
    }
  }
}

}  // namespace tq
