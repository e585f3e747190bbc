// SPDX-License-Identifier: Apache-2.0
#include "cli/deadletter.hpp"

#include <fmt/ostream.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <utility>

#include "core/json.hpp"
#include "core/record_json.hpp"
#include "core/text.hpp"
#include "store/store.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

enum class Access { kRead, kWrite };

// Which letters a person means.
struct Choice {
  bool all = false;
  std::vector<int64_t> ids;
};

Result<Choice> read_choice(const std::string& action, const std::vector<std::string>& texts,
                           bool all) {
  Choice out;
  out.all = all || action == "ls";
  if (action == "ls" && (all || !texts.empty()))
    return Error{Status::kConfig, "deadletter ls shows all; `deadletter show` takes numbers"};
  if (action != "ls" && all == !texts.empty())
    return Error{Status::kConfig, "deadletter " + action +
                                      " takes either numbers, as `deadletter ls` shows them, or "
                                      "--all"};
  for (const std::string& text : texts) {
    int64_t id = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || rest != text.data() + text.size())
      return Error{Status::kConfig, "\"" + printable(text) +
                                        "\" is no number of a dead letter; `tqhost deadletter ls` "
                                        "shows them"};
    if (std::find(out.ids.begin(), out.ids.end(), id) == out.ids.end()) out.ids.push_back(id);
  }
  return out;
}

// Null: the instance has no state yet. The plugin need not be there.
Result<std::unique_ptr<Store>> open_store(const HostConfig& config, const std::string& instance,
                                          Access access) {
  StoreOptions options;
  options.file = state_file(config, instance);
  options.instance = instance;
  options.schema = INT64_MAX;  // dead letters are the host's: whatever the plugin keeps beside them
  options.raise_schema = false;
  options.read_only = access == Access::kRead;
  std::error_code error;
  if (!std::filesystem::exists(options.file, error)) return std::unique_ptr<Store>();
  auto store = Store::open(options);
  if (!store && store.error().status == Status::kLimited)
    store.error().message += ". Of an instance that run-forever keeps running, `tqhost stop " +
                             instance + "` ends the run";
  return store;
}

Error no_such(int64_t id, const std::string& instance) {
  return {Status::kConfig, instance + " has no dead letter " + std::to_string(id) +
                               "; `tqhost deadletter ls " + instance + "` shows those it has"};
}

Result<std::vector<DeadLetter>> read_letters(Store* store, const std::string& instance,
                                             const Choice& choice) {
  std::vector<DeadLetter> all;
  if (store != nullptr) {
    TQ_TRY(store->scan_dead_letters([&](const DeadLetter& letter) {
      all.push_back(letter);
      return true;
    }));
  }
  if (choice.all) return all;
  std::vector<DeadLetter> out;
  for (const int64_t id : choice.ids) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [id](const DeadLetter& letter) { return letter.id == id; });
    if (found == all.end()) return no_such(id, instance);
    out.push_back(*found);
  }
  return out;
}

Json to_json(const std::string& instance, const std::vector<DeadLetter>& letters) {
  Json list = Json::array();
  for (const DeadLetter& letter : letters)
    list.push_back({{"id", letter.id},
                    {"type", letter.type},
                    {"value", letter.value},
                    {"reason", letter.reason},
                    {"first", time_or_null(letter.first_ms)},
                    {"last", time_or_null(letter.at_ms)},
                    {"tries", letter.tries},
                    {"retry", letter.retry}});
  return {{"instance", instance}, {"dead_letters", std::move(list)}};
}

void print_line(const DeadLetter& letter, std::ostream& out) {
  fmt::print(out, "{:>6}  {}  {:>3}x {}  {} {}: {}\n", letter.id, format_time_utc(letter.at_ms),
             letter.tries, letter.retry ? "retry" : "     ", printable(letter.type, 40),
             printable(letter.value, 80), printable(letter.reason, 120));
}

void print_whole(const DeadLetter& letter, std::ostream& out) {
  fmt::print(out, "dead letter {}\n", letter.id);
  fmt::print(out, "  type    {}\n", printable(letter.type, SIZE_MAX));
  fmt::print(out, "  value   {}\n", printable(letter.value, SIZE_MAX));
  fmt::print(out, "  reason  {}\n", printable(letter.reason, SIZE_MAX));
  fmt::print(out, "  first   {}\n", format_time_utc(letter.first_ms));
  fmt::print(out, "  last    {}\n", format_time_utc(letter.at_ms));
  fmt::print(out, "  refused {} {}\n", letter.tries, letter.tries == 1 ? "time" : "times");
  if (letter.retry) fmt::print(out, "  retry   the next run offers it again\n");
}

Result<void> show(const CommandContext& context, const HostConfig& config,
                  const std::string& instance, const std::string& action, const Choice& choice,
                  bool json) {
  TQ_ASSIGN(const auto store, open_store(config, instance, Access::kRead));
  TQ_ASSIGN(const auto letters, read_letters(store.get(), instance, choice));
  if (json) context.out << pretty_json(to_json(instance, letters));
  if (json) return {};
  for (const DeadLetter& letter : letters)
    action == "ls" ? print_line(letter, context.out) : print_whole(letter, context.out);
  if (letters.empty()) context.out << instance << " has no dead letters\n";
  return {};
}

Result<void> change(const CommandContext& context, const HostConfig& config,
                    const std::string& instance, const std::string& action, const Choice& choice) {
  TQ_ASSIGN(const auto store, open_store(config, instance, Access::kWrite));
  TQ_ASSIGN(const auto letters, read_letters(store.get(), instance, choice));
  const bool retry = action == "retry";
  for (const DeadLetter& letter : letters)
    TQ_TRY(retry ? store->mark_dead_letter(letter.id) : store->drop_dead_letter(letter.id));
  if (store != nullptr) TQ_TRY(store->commit());
  const std::string what =
      std::to_string(letters.size()) + (letters.size() == 1 ? " dead letter" : " dead letters");
  context.out << what << " of " << instance
              << (retry ? " will be offered again by the next run\n" : " dropped\n");
  return {};
}

}  // namespace

Exit deadletter_command(const CommandContext& context, const std::string& action,
                        const std::string& instance, const std::vector<std::string>& ids, bool all,
                        bool json) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  if (const auto known = find_instance(*config, instance); !known)
    return fail(context, known.error());
  const auto choice = read_choice(action, ids, all);
  if (!choice) return fail(context, choice.error());
  const bool shows = action == "ls" || action == "show";
  const auto done = shows ? show(context, *config, instance, action, *choice, json)
                          : change(context, *config, instance, action, *choice);
  return done ? Exit::kDone : fail(context, done.error());
}

}  // namespace tq
