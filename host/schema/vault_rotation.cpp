// SPDX-License-Identifier: Apache-2.0
// Rotation of a vault's key. The order is what keeps everything readable wherever it is cut off:
// the key file gets the new key beside the old ones, then each file is sealed with the new one,
// then the key file loses the old ones.
#include <algorithm>
#include <functional>

#include "core/seal.hpp"
#include "schema/key_file.hpp"
#include "schema/vault.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr const char* kForm = "form.sealed";
constexpr size_t kFormBytesMost = 64 * 1024 * 1024;

// Between two points, where crash tests end the process.
Result<void> step(World& world, const std::string& name,
                  const std::function<Result<void>()>& work) {
  world.reach("before " + name);
  auto done = work();
  if (done) world.reach("after " + name);
  return done;
}

Result<void> remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error)
    return Error{Status::kTransient, "cannot remove " + file.string() + ": " + error.message()};
  return {};
}

// The forms of all instances, and what writes of one that were cut off left: "form.sealed.x".
Result<std::vector<fs::path>> form_files(const fs::path& state_dir) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator folder(state_dir, error), end; !error && folder != end;
       folder.increment(error)) {
    std::error_code no_folder;
    for (fs::directory_iterator file(folder->path(), no_folder), last; !no_folder && file != last;
         file.increment(no_folder))
      if (file->path().filename().string().rfind(kForm, 0) == 0) files.push_back(file->path());
  }
  if (error)
    return Error{Status::kTransient, "cannot list " + state_dir.string() + ": " + error.message()};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

// secrets.json as it is to be: sealed with the first key.
Result<SecretsFile> Vault::sealed_anew() const {
  SecretsFile next = file_;
  next.key_id = seal_key_id(keys_.front());
  for (auto& [name, secret] : next.secrets) {
    TQ_ASSIGN(const Secret text, get(name));
    secret.sealed = seal(keys_.front(), secret_context(name), text.reveal());
  }
  return next;
}

Result<Vault::Rotation> Vault::rotate(World& world) {
  TQ_ASSIGN(const FileLock lock, begin_change());
  Rotation out;
  if (keys_.empty()) return out;
  out.old_key_id = file_.key_id.empty() ? seal_key_id(keys_.front()) : file_.key_id;
  // A secret that cannot be opened is known before anything begins.
  if (const auto all = sealed_anew(); !all) return all.error();
  if (files_.credential.empty()) {
    std::vector<Secret> keys = keys_;
    keys.insert(keys.begin(), make_seal_key());
    TQ_TRY(step(world, "key file with both keys",
                [&] { return write_key_file(files_.key_file, keys); }));
    keys_ = std::move(keys);
  }
  out.new_key_id = seal_key_id(keys_.front());
  TQ_TRY(finish_rotation(world, &out));
  if (!files_.credential.empty()) out.notes.push_back(what_to_do_with_credential());
  return out;
}

// A credential is not ours to write.
std::string Vault::what_to_do_with_credential() const {
  if (keys_.size() > 1)
    return "the lines below the first can be taken out of the file behind systemd's credential "
           "tqhost.key";
  return "the key itself is systemd's credential " + files_.credential.string() +
         ", which has one key; to change it, put a new line above that one in the file behind it "
         "(echo \"tqhost-key-1 $(head -c 32 /dev/urandom | base64)\"), restart the unit, and "
         "rotate "
         "again";
}

// Everything is sealed with the first key, then the others are forgotten; those of a credential are
// its owner's.
Result<void> Vault::finish_rotation(World& world, Rotation* out) {
  if (!file_.key_id.empty() && file_.key_id != seal_key_id(keys_.front())) {
    TQ_ASSIGN(SecretsFile next, sealed_anew());
    TQ_TRY(
        step(world, "secrets.json", [&] { return write_secrets_file(files_.secrets_file, next); }));
    file_ = std::move(next);
    out->secrets = file_.secrets.size();
  }
  TQ_TRY(reseal_forms(world, out));
  if (!files_.credential.empty() || keys_.size() == 1) return {};
  std::vector<Secret> keys = {keys_.front()};
  TQ_TRY(step(world, "key file with the new key",
              [&] { return write_key_file(files_.key_file, keys); }));
  keys_ = std::move(keys);
  return {};
}

Result<void> Vault::reseal_forms(World& world, Rotation* out) const {
  TQ_ASSIGN(const std::vector<fs::path> files, form_files(files_.state_dir));
  for (const fs::path& file : files) {
    if (file.filename() == kForm) {
      TQ_TRY(reseal_form(file, world, out));
    } else {
      TQ_TRY(remove_file(file));
    }
  }
  return {};
}

Result<void> Vault::reseal_form(const fs::path& file, World& world, Rotation* out) const {
  const std::string context = form_context(file.parent_path().filename().string());
  const std::string name = file.string();
  const auto sealed = read_file(file, kFormBytesMost);
  if (sealed && unseal(keys_.front(), context, *sealed)) return {};
  const auto text = sealed ? unseal_text(context, *sealed) : Result<Secret>(sealed.error());
  if (!text) {
    // Only a cache: the next run asks ThreatQ.
    out->notes.push_back(name +
                         " could not be opened and is removed; the next run reads the form "
                         "from ThreatQ again");
    return step(world, name, [&] { return remove_file(file); });
  }
  ++out->other_files;
  return step(world, name, [&] {
    return write_file_atomically(file, seal(keys_.front(), context, text->reveal()));
  });
}

}  // namespace tq
