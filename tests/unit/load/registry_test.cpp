// SPDX-License-Identifier: Apache-2.0
#include "load/registry.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "core/digest.hpp"
#include "core/file.hpp"
#include "core/text.hpp"
#include "load/plugin_copies.hpp"
#include "unit/load/elf_bytes.hpp"

namespace tq {
namespace {

using elf_bytes::replaced;
using testing::ElementsAre;
using testing::HasSubstr;

HostOffer full_offer() {
  HostOffer offer;
  offer.services = {TQP_LOG, TQP_RUN, TQP_CONFIG, TQP_STATE, TQP_HTTP, TQP_THREATQ};
  offer.facets = {TQP_FACET_JOB, TQP_FACET_CHECK};
  return offer;
}

std::string file_bytes(const std::filesystem::path& path) {
  return read_file(path, 64 << 20).take();
}

class Plugins : public testing::Test {
 protected:
  Plugins() {
    std::string pattern = testing::TempDir() + "tq-load-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    folder_ = root_ / "plugins";
    ::mkdir(folder_.c_str(), 0755);
  }
  ~Plugins() override { std::filesystem::remove_all(root_); }

  void drop(const std::string& name, const std::string& bytes, mode_t mode = 0644) {
    ASSERT_TRUE(write_file_atomically(folder_ / name, bytes, mode));
  }

  Registry found() { return find_plugins(folder_, full_offer()).take(); }

  // Why the one file in the folder was refused.
  std::string refusal() {
    const Registry registry = found();
    return registry.refused.size() == 1 ? registry.refused[0].reason : "accepted";
  }

  std::filesystem::path root_, folder_;
  const std::string tiny_ = file_bytes(TINY_SO), probe_ = file_bytes(PROBE_SO);
};

TEST_F(Plugins, AreFoundByIdWithTheirDigest) {
  drop("zzz.so", tiny_);
  drop("probe.so", probe_);
  drop("README", "nothing");
  drop(".hidden.so", "nothing");
  const Registry registry = found();
  EXPECT_TRUE(registry.refused.empty());
  ASSERT_EQ(registry.plugins.size(), 2u);
  EXPECT_EQ(registry.plugins[0].manifest.id, "probe");
  const FoundPlugin* tiny = registry.find("tiny");
  ASSERT_NE(tiny, nullptr);
  EXPECT_EQ(tiny->file, folder_ / "zzz.so");
  EXPECT_EQ(tiny->digest, to_hex(sha256(tiny_)));
  EXPECT_EQ(tiny->schema, file_bytes(TINY_SCHEMA));
  EXPECT_EQ(registry.find("nothing"), nullptr);
}

TEST_F(Plugins, FolderMayBeEmptyButMustExist) {
  EXPECT_TRUE(found().plugins.empty());
  const auto missing = find_plugins(root_ / "none", full_offer());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().status, Status::kConfig);
  EXPECT_THAT(missing.error().message, HasSubstr((root_ / "none").string()));
}

TEST_F(Plugins, RefusedFileDoesNotHideTheOthers) {
  drop("a.so", "not an ELF file at all");
  drop("b.so", tiny_);
  const Registry registry = found();
  EXPECT_EQ(registry.plugins.size(), 1u);
  ASSERT_EQ(registry.refused.size(), 1u);
  EXPECT_EQ(registry.refused[0].file, folder_ / "a.so");
  EXPECT_THAT(registry.refused[0].reason, HasSubstr("not an ELF file"));
}

TEST_F(Plugins, FileThatAnybodyMayWriteIsRefused) {
  drop("tiny.so", tiny_, 0666);
  EXPECT_THAT(refusal(), HasSubstr("anybody may write it"));
}

TEST_F(Plugins, FolderThatAnybodyMayWriteRefusesItsFiles) {
  drop("tiny.so", tiny_);
  ::chmod(folder_.c_str(), 0777);
  EXPECT_THAT(refusal(), HasSubstr(folder_.string()));
}

TEST_F(Plugins, LinkIsFollowedAndItsTargetChecked) {
  const auto elsewhere = root_ / "elsewhere";
  ASSERT_TRUE(make_folder(elsewhere, 0755));
  ASSERT_TRUE(write_file_atomically(elsewhere / "t.so", tiny_, 0644));
  std::filesystem::create_symlink(elsewhere / "t.so", folder_ / "tiny.so");
  EXPECT_EQ(refusal(), "accepted");
  ::chmod((elsewhere / "t.so").c_str(), 0666);
  EXPECT_THAT(refusal(), HasSubstr("anybody may write it"));
  ::chmod((elsewhere / "t.so").c_str(), 0644);
  ::chmod(elsewhere.c_str(), 0777);
  EXPECT_THAT(refusal(), HasSubstr(elsewhere.string()));
  std::filesystem::remove(elsewhere / "t.so");
  EXPECT_THAT(refusal(), HasSubstr("No such file"));
}

TEST_F(Plugins, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((folder_ / "tiny.so").c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(Plugins, FileOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  drop("tiny.so", tiny_);
  ASSERT_EQ(::chown((folder_ / "tiny.so").c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal(), HasSubstr("owned by user 65534"));
}

TEST_F(Plugins, UnreadableFileIsRefusedWithTheReason) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  drop("tiny.so", tiny_, 0);
  EXPECT_THAT(refusal(), HasSubstr("Permission denied"));
}

TEST_F(Plugins, TooLargeFileIsRefusedWithoutReadingIt) {
  drop("tiny.so", tiny_);
  ASSERT_EQ(::truncate((folder_ / "tiny.so").c_str(), (256 << 20) + 1), 0);
  EXPECT_THAT(refusal(), HasSubstr("too large"));
}

TEST_F(Plugins, OtherAbiMajorIsRefused) {
  drop("tiny.so", replaced(tiny_, "\"major\": 1", "\"major\": 2"));
  EXPECT_EQ(refusal(), "built for plugin ABI 2.0, this host has 1.0");
}

TEST_F(Plugins, MissingServiceIsNamedWithWhatIsOffered) {
  drop("tiny.so", replaced(tiny_, "tqp.http/1", "tqp.mqtt/1"));
  EXPECT_THAT(refusal(), HasSubstr("needs tqp.mqtt/1, this host offers tqp.log/1, "));
}

TEST_F(Plugins, PluginThatTheHostCannotCallIsRefused) {
  drop("tiny.so", replaced(tiny_, "tqp.job/1", "tqp.jab/1"));
  EXPECT_THAT(refusal(), HasSubstr("can only be called as tqp.jab/1"));
}

TEST_F(Plugins, MissingEntryNamesWhatIsThere) {
  drop("tiny.so", replaced(tiny_, "tqp_entry_1", "tqp_entry_2"));
  EXPECT_EQ(refusal(), "has no entry symbol tqp_entry_1; found tqp_entry_2");
  drop("tiny.so", replaced(tiny_, "tqp_entry_1", "xxx_entry_1"));
  EXPECT_EQ(refusal(), "has no entry symbol tqp_entry_1; found none");
}

TEST_F(Plugins, ManifestAndSchemaMustGoTogether) {
  drop("tiny.so", replaced(tiny_, "\"x-url\"", "\"x-uri\""));
  EXPECT_THAT(refusal(), HasSubstr("/summary_url, which the schema does not mark x-host or x-url"));
  drop("tiny.so", replaced(tiny_, "\"$schema\":", "\"$schema\";"));
  EXPECT_THAT(refusal(), HasSubstr("schema:2"));
}

TEST_F(Plugins, TwoFilesOfOneDigestAreNoConflict) {
  drop("a.so", tiny_);
  drop("b.so", tiny_);
  const Registry registry = found();
  ASSERT_EQ(registry.plugins.size(), 1u);
  EXPECT_TRUE(registry.refused.empty());
  EXPECT_TRUE(registry.unused.empty());
  EXPECT_TRUE(registry.warnings.empty());
}

TEST_F(Plugins, CopyIsPrivateReadOnlyAndEqual) {
  drop("tiny.so", tiny_);
  const FoundPlugin plugin = *found().find("tiny");
  const auto copy = take_copy(plugin, root_ / "state");
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(*copy, root_ / "state" / "plugins" / (plugin.digest + ".so"));
  EXPECT_EQ(file_bytes(*copy), tiny_);
  struct stat info {};
  ASSERT_EQ(::stat(copy->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0444u);
  ASSERT_EQ(::stat((root_ / "state" / "plugins").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);

  std::filesystem::remove(plugin.file);
  EXPECT_TRUE(take_copy(plugin, root_ / "state")) << "an intact copy needs no source";
}

TEST_F(Plugins, DamagedCopyIsReplaced) {
  drop("tiny.so", tiny_);
  const FoundPlugin plugin = *found().find("tiny");
  const auto copy = take_copy(plugin, root_ / "state").take();
  std::string damaged = tiny_;
  damaged[damaged.size() / 2] ^= 1;
  ASSERT_TRUE(write_file_atomically(copy, damaged, 0444));
  ASSERT_TRUE(take_copy(plugin, root_ / "state"));
  EXPECT_EQ(file_bytes(copy), tiny_);
}

TEST_F(Plugins, FileThatChangedSinceItWasFoundIsNotCopied) {
  drop("tiny.so", tiny_);
  const FoundPlugin plugin = *found().find("tiny");
  drop("tiny.so", replaced(tiny_, "Counts", "Eats a"));
  const auto copy = take_copy(plugin, root_ / "state");
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().status, Status::kTransient);
  EXPECT_THAT(copy.error().message, HasSubstr("changed while it was read"));
  EXPECT_FALSE(std::filesystem::exists(root_ / "state" / "plugins" / (plugin.digest + ".so")));
}

TEST_F(Plugins, ManyProcessesMayTakeTheCopyAtOnce) {
  drop("tiny.so", tiny_);
  const FoundPlugin plugin = *found().find("tiny");
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto copy = take_copy(plugin, root_ / "state");
      ::_exit(copy && file_bytes(*copy) == tiny_ ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_ / "state" / "plugins"), {}), 1);
}

class Loading : public Plugins {
 protected:
  // In a child: a process loads one plugin. 0 when loaded; else what the message lacks.
  static int load_in_child(const std::filesystem::path& copy, const std::string& digest,
                           Status status, const std::string& part) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto plugin = LoadedPlugin::load(copy, digest, full_offer());
      if (plugin || plugin.error().status != status ||
          plugin.error().message.find(part) == std::string::npos) {
        const std::string text = plugin ? "it was loaded" : plugin.error().message;
        static_cast<void>(write_all(STDERR_FILENO, text + "\n", "stderr"));
        ::_exit(1);
      }
      ::_exit(0);
    }
    int result = -1;
    ::waitpid(child, &result, 0);
    return result;
  }

  std::filesystem::path put_copy(const std::string& bytes) {
    const auto copy = root_ / "copy.so";
    EXPECT_TRUE(write_file_atomically(copy, bytes, 0444));
    return copy;
  }
};

TEST_F(Loading, GivesTheCheckedDescriptor) {
  drop("tiny.so", tiny_);
  drop("probe.so", probe_);
  const Registry registry = found();
  for (const char* id : {"tiny", "probe"}) {
    const FoundPlugin& found = *registry.find(id);
    const auto copy = take_copy(found, root_ / "state").take();
    const auto plugin = LoadedPlugin::load(copy, found.digest, full_offer());
    ASSERT_TRUE(plugin) << plugin.error().message;
    const tqp_plugin& descriptor = (*plugin)->descriptor();
    EXPECT_EQ(std::string_view(descriptor.id.ptr, descriptor.id.len), id);
    EXPECT_EQ(descriptor.abi_major, TQP_ABI_MAJOR);
    EXPECT_NE(descriptor.create, nullptr);
  }
}

TEST_F(Loading, StrippedPluginIsAsGood) {
  const std::string bytes = file_bytes(TINY_STRIPPED_SO);
  const auto plugin = LoadedPlugin::load(put_copy(bytes), to_hex(sha256(bytes)), full_offer());
  EXPECT_TRUE(plugin) << plugin.error().message;
}

TEST_F(Loading, DamagedCopyIsNotMapped) {
  std::string damaged = tiny_;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(load_in_child(put_copy(damaged), to_hex(sha256(tiny_)), Status::kTransient, "damaged"),
            0);
}

TEST_F(Loading, FileThatTheLoaderRefusesIsAConfigurationError) {
  // Only its note is sound.
  const std::string bytes = elf_bytes::library(
      {{elf_bytes::note("tqp", 1, file_bytes(TINY_MANIFEST)) + elf_bytes::note("tqp", 2, "{}")}});
  EXPECT_EQ(load_in_child(put_copy(bytes), to_hex(sha256(bytes)), Status::kConfig, "cannot load"),
            0);
}

TEST_F(Loading, DescriptorThatContradictsTheNoteIsABug) {
  const std::string renamed = replaced(tiny_, "\"id\": \"tiny\"", "\"id\": \"tine\"");
  EXPECT_EQ(load_in_child(put_copy(renamed), to_hex(sha256(renamed)), Status::kBug,
                          "says it is tiny 1.0.0, its manifest tine 1.0.0"),
            0);
}

TEST_F(Loading, WhatItsTableLacksIsNamed) {
  for (const auto& [file, lacking] :
       {std::pair(LACKS_DESTROY, "without destroy"),
        std::pair(LACKS_CREATE_AND_FACET, "without create and facet")}) {
    const std::string bytes = file_bytes(file);
    EXPECT_EQ(load_in_child(put_copy(bytes), to_hex(sha256(bytes)), Status::kBug, lacking), 0)
        << file;
  }
}

TEST_F(Loading, MissingCopyIsNamed) {
  EXPECT_EQ(load_in_child(root_ / "none.so", "00", Status::kTransient, "none.so"), 0);
}

}  // namespace
}  // namespace tq
