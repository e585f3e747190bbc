// SPDX-License-Identifier: Apache-2.0
#include "log/log.hpp"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr uint64_t kSiteWindowMs = 60'000;
constexpr size_t kSitesMost = 1024;      // in a window; lines of others are not limited
constexpr size_t kTextBytesMost = 8192;  // of one line's text or value

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

// A descriptor that somebody else owns. A console that is gone must not cost the run.
class ConsoleSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ConsoleSink(int fd) : fd_(fd) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    static_cast<void>(write_all(fd_, {line.data(), line.size()}, "the console"));
  }
  void flush_() override {}

  const int fd_;
};

class SpdLog : public Log {
 public:
  SpdLog(const LogOptions& options, World& world, std::vector<spdlog::sink_ptr> sinks)
      : options_(options),
        world_(world),
        sites_(options.burst_per_site, world.mono_ms()),
        logger_("tqhost", sinks.begin(), sinks.end()) {
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
    logger_.set_error_handler([](const std::string&) {});  // a full disk must not cost the run
  }

  ~SpdLog() override { say_suppressed(sites_.take_suppressed()); }

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
    logger_.flush();
  }
  Redactor& redactor() override { return redactor_; }

 private:
  void say_suppressed(uint64_t lines) {
    if (lines == 0) return;
    put(Level::kWarning, Event::kLogSuppressed,
        std::to_string(lines) + " more lines like others before were left out", {});
  }

  void put(Level level, Event event, std::string_view text, std::span<const Field> fields) {
    const std::string line = options_.json ? json_line(level, event, text, fields)
                                           : text_line(level, event, text, fields);
    logger_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  std::string shown(std::string_view text) const {
    return one_line(redactor_.clean_cut(text, kTextBytesMost));
  }

  std::string value_of(const Field& field) const {
    return redactor_.is_secret_key(field.key) ? "***" : shown(field.value);
  }

  std::string text_line(Level level, Event event, std::string_view text,
                        std::span<const Field> fields) const {
    std::string line = format_time_utc(world_.now_ms());
    line.append(" ").append(kLevelNames[static_cast<size_t>(level)]).append(" ");
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
  spdlog::logger logger_;
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

constexpr mode_t kFileMode = 0640;  // nothing of a log is for everybody

// Makes the file if it is missing and finds out whether it can be written.
Result<void> prepare_file(const std::filesystem::path& file) {
  const auto as_user = [](Error error) {
    error.message += " (as user " + user_name() + ")";
    return error;
  };
  if (file.has_parent_path())
    if (auto made = make_folder(file.parent_path(), 0750); !made) return as_user(made.error());
  const auto fd = open_file(file, O_WRONLY | O_CREAT | O_APPEND, kFileMode, "cannot write the log");
  return fd ? Result<void>() : as_user(fd.error());
}

// A file that is made after a rotation is no more open to others than the first one.
spdlog::file_event_handlers private_files() {
  spdlog::file_event_handlers handlers;
  // spdlog opens by the name, also after a rotation, and would wait for a named pipe.
  handlers.before_open = [](const spdlog::filename_t& file) {
    if (const auto regular = check_regular(file, 0); !regular)
      throw spdlog::spdlog_ex(regular.error().message);
  };
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    ::fchmod(::fileno(file), kFileMode);
  };
  return handlers;
}

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
  std::vector<spdlog::sink_ptr> sinks;
  if (!options.file.empty()) {
    TQ_TRY(prepare_file(options.file));
    try {
      const size_t bytes = std::max<size_t>(options.max_size_mb, 1) << 20;
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file.string(), bytes, options.keep, false, private_files()));
    } catch (const spdlog::spdlog_ex& error) {
      return Error{Status::kConfig,
                   "cannot write the log " + options.file.string() + ": " + error.what()};
    }
  }
  if (options.file.empty() || options.console)
    sinks.push_back(std::make_shared<ConsoleSink>(options.console_fd));
  return std::unique_ptr<Log>(std::make_unique<SpdLog>(options, world, std::move(sinks)));
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
