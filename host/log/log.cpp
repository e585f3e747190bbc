// SPDX-License-Identifier: Apache-2.0
#include "log/log.hpp"

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/json.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"
#include "log/console.hpp"
#include "log/rotated_file.hpp"

namespace tq {
namespace {

constexpr uint64_t kSiteWindowMs = 60'000;
constexpr size_t kSitesMost = 1024;        // in a window; lines of others are not limited
constexpr uint64_t kLookAtFileMs = 1'000;  // at most so often, whether its name is still its own
constexpr size_t kTextBytesMost = 8192;    // of one line's text or value

constexpr std::array<std::string_view, 5> kLevelNames = {"", "DEBUG", "INFO", "WARNING", "ERROR"};

// One line stays one line, whatever a server put into its text.
std::string one_line(std::string_view text) {
  std::string out;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out += tq::shown(text.substr(0, end)) + "\\n";
    text.remove_prefix(end + 1);
  }
  return out + tq::shown(text);
}

// Counts the lines of each call site in a window of time: an event, and its text up to what varies.
class SiteLimit {
 public:
  SiteLimit(uint32_t burst, uint64_t now_ms) : burst_(burst), since_ms_(now_ms) {}

  // How many lines were left out in the window before, once, as the next one begins.
  uint64_t begin_window(uint64_t now_ms) {
    if (now_ms - since_ms_ < kSiteWindowMs) return 0;
    since_ms_ = now_ms;
    lines_.clear();
    return take_suppressed();
  }

  bool pass(Event event, std::string_view text) {
    const std::string_view fixed = text.substr(0, text.find_first_of("0123456789\""));
    const std::string key = std::to_string(static_cast<int>(event)) + std::string(fixed);
    if (lines_.size() >= kSitesMost && lines_.count(key) == 0) return true;
    if (++lines_[key] <= burst_) return true;
    ++suppressed_;
    return false;
  }

  uint64_t take_suppressed() { return std::exchange(suppressed_, 0); }

 private:
  const uint32_t burst_;
  uint64_t since_ms_;
  uint64_t suppressed_ = 0;
  std::map<std::string, uint64_t> lines_;  // by site
};

// What systemd's journal takes for the priority of a line: "<N>" in front, as syslog(3) counts.
std::string_view journal_mark(Level level) {
  switch (level) {
    case Level::kDebug:
      return "<7>";
    case Level::kInfo:
      return "<6>";
    case Level::kWarning:
      return "<4>";
    case Level::kError:
      return "<3>";
  }
  return "<6>";
}

class OwnLog : public Log {
 public:
  OwnLog(const LogOptions& options, World& world, std::unique_ptr<RotatedFile> file)
      : options_(options),
        world_(world),
        sites_(options.burst_per_site, world.mono_ms()),
        file_(std::move(file)),
        looked_ms_(world.mono_ms()),
        journal_(is_journal(options.console_fd, options.journal_stream)) {
    if (file_ == nullptr || options.console)
      console_.emplace(options.console_fd, options.console_patience_ms,
                       [this](uint64_t lines) { return dropped_line(lines); });
  }

  ~OwnLog() override { say_suppressed(sites_.take_suppressed()); }

  bool enabled(Level level) const override { return level >= options_.level; }

  void write(Level level, Event event, std::string_view text,
             std::span<const Field> fields) override {
    if (!enabled(level)) return;
    const std::lock_guard lock(mutex_);
    say_suppressed(sites_.begin_window(world_.mono_ms()));
    if (sites_.pass(event, text)) put(level, event, text, fields);
  }

  void flush() override {
    const std::lock_guard lock(mutex_);
    say_suppressed(sites_.take_suppressed());
    if (console_) console_->push();
  }

  bool push() override {
    const std::lock_guard lock(mutex_);
    if (!console_ || !console_->behind()) return false;
    console_->push();
    return console_->behind();
  }

  void follow_file() override {
    const std::lock_guard lock(mutex_);
    look_at_file();
  }
  Redactor& redactor() override { return redactor_; }

 private:
  void say_suppressed(uint64_t lines) {
    if (lines == 0) return;
    put(Level::kWarning, Event::kLogSuppressed,
        std::to_string(lines) + " more lines like others before were left out", {});
  }

  void put(Level level, Event event, std::string_view text, std::span<const Field> fields) {
    if (file_ != nullptr && world_.mono_ms() - looked_ms_ >= kLookAtFileMs) look_at_file();
    const std::string line = options_.json ? json_line(level, event, text, fields)
                                           : text_line(level, event, text, fields);
    if (file_ != nullptr) file_->write(timed(line));
    if (console_) console_->write(for_console(level, line));
  }

  // Somebody moves or deletes the file while it is written: what comes then would go where nobody
  // looks.
  void look_at_file() {
    if (file_ == nullptr) return;
    looked_ms_ = world_.mono_ms();
    const auto anew = file_->follow_name();
    const std::string problem = anew ? std::string() : anew.error().message;
    if (anew && *anew)
      put(Level::kInfo, Event::kLogFile,
          "the file of that name is another one now, or there was none; it was opened anew", {});
    if (!problem.empty() && problem != file_problem_)
      put(Level::kWarning, Event::kLogFile,
          "the log was moved or deleted and cannot be opened anew: " + problem, {});
    file_problem_ = problem;
  }

  // The journal has times of its own, and takes a line's level from its beginning.
  std::string for_console(Level level, const std::string& line) const {
    return journal_ ? std::string(journal_mark(level)) + line : timed(line);
  }

  std::string timed(const std::string& line) const {
    return options_.json ? line : format_time_utc(world_.now_ms()) + " " + line;
  }

  std::string dropped_line(uint64_t lines) const {
    const std::string text =
        std::to_string(lines) + " lines were left out here, because nobody read them";
    return for_console(Level::kWarning,
                       options_.json ? json_line(Level::kWarning, Event::kLogSuppressed, text, {})
                                     : text_line(Level::kWarning, Event::kLogSuppressed, text, {}));
  }

  std::string shown(std::string_view text) const {
    return one_line(redactor_.clean_cut(text, kTextBytesMost));
  }

  std::string value_of(const Field& field) const {
    return redactor_.is_secret_key(field.key) ? "***" : shown(field.value);
  }

  std::string text_line(Level level, Event event, std::string_view text,
                        std::span<const Field> fields) const {
    std::string line(kLevelNames[static_cast<size_t>(level)]);
    line += ' ';
    if (!options_.instance.empty()) line.append(options_.instance).append(" ");
    line.append(event_name(event)).append(" ").append(shown(text));
    for (const Field& field : fields)
      line.append(" ").append(field.key).append("=").append(value_of(field));
    return line;
  }

  std::string json_line(Level level, Event event, std::string_view text,
                        std::span<const Field> fields) const {
    Json json = {{"time", format_time_utc(world_.now_ms())},
                 {"level", to_lower(kLevelNames[static_cast<size_t>(level)])},
                 {"event", event_name(event)}};
    if (!options_.instance.empty()) json["instance"] = options_.instance;
    json["text"] = shown(text);
    for (const Field& field : fields) {
      std::string key(field.key);
      while (json.contains(key)) key += '_';  // one of the line's own, or a second one
      json[key] = value_of(field);
    }
    return dump_json(json);
  }

  LogOptions options_;
  World& world_;
  Redactor redactor_;
  std::mutex mutex_;
  SiteLimit sites_;
  std::unique_ptr<RotatedFile> file_;
  uint64_t looked_ms_;        // whether the file is still the one of its name
  std::string file_problem_;  // what was told of it last
  const bool journal_;        // the console is read by systemd's journal
  std::optional<Console> console_;
};

class NullLog : public Log {
 public:
  bool enabled(Level) const override { return false; }
  void write(Level, Event, std::string_view, std::span<const Field>) override {}
  void flush() override {}
  Redactor& redactor() override { return redactor_; }

 private:
  Redactor redactor_;
};

}  // namespace

std::string_view event_name(Event event) {
  switch (event) {
#define TQ_EVENT(id, name, meaning) \
  case Event::id:                   \
    return name;
#include "log/events.def"
#undef TQ_EVENT
  }
  return "plugin";
}

Result<std::unique_ptr<Log>> Log::open(const LogOptions& options, World& world) {
  std::unique_ptr<RotatedFile> file;
  if (!options.file.empty()) {
    TQ_ASSIGN(file, RotatedFile::open(options.file, options.max_size_mb, options.keep));
  }
  return std::unique_ptr<Log>(std::make_unique<OwnLog>(options, world, std::move(file)));
}

std::unique_ptr<Log> Log::null() { return std::make_unique<NullLog>(); }

void Log::debug(Event event, std::string_view text, std::initializer_list<Field> fields) {
  write(Level::kDebug, event, text, {fields.begin(), fields.size()});
}
void Log::info(Event event, std::string_view text, std::initializer_list<Field> fields) {
  write(Level::kInfo, event, text, {fields.begin(), fields.size()});
}
void Log::warning(Event event, std::string_view text, std::initializer_list<Field> fields) {
  write(Level::kWarning, event, text, {fields.begin(), fields.size()});
}
void Log::error(Event event, std::string_view text, std::initializer_list<Field> fields) {
  write(Level::kError, event, text, {fields.begin(), fields.size()});
}

}  // namespace tq
