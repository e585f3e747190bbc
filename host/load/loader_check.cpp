// SPDX-License-Identifier: Apache-2.0
#include "load/loader_check.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "load/plugin_file.hpp"

namespace tq {
namespace {

constexpr int kFileFd = 3;  // of the child
constexpr size_t kOutputBytesMost = 1 << 20;
constexpr size_t kReasonsMost = 5;
constexpr size_t kNameBytesMost = 200;
constexpr rlim_t kMemoryBytesMost = rlim_t{8} << 30;  // address space: a sanitizer's host is large
constexpr rlim_t kProcessorSecondsMost = 20;
constexpr const char* kSelf = "/proc/self/fd/3";

// The loader that this executable names; empty: it is a static one.
std::string own_loader() {
  std::string loader;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *static_cast<std::string*>(out) =
                reinterpret_cast<const char*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        return 1;  // the first one is the program itself
      },
      &loader);
  return loader;
}

// Paths of the libraries that this process has, workers have them too.
std::set<std::string, std::less<>> own_libraries() {
  std::set<std::string, std::less<>> paths;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        if (info->dlpi_name != nullptr)
          static_cast<std::set<std::string, std::less<>>*>(out)->emplace(info->dlpi_name);
        return 0;
      },
      &paths);
  return paths;
}

// A copy that nobody can change meanwhile, and that may be mapped whatever the file's volume
// allows.
Result<UniqueFd> copy_in_memory(const std::filesystem::path& file, const std::string& digest) {
  const auto bytes = read_plugin_file(file);
  if (!bytes) return Error{Status::kTransient, file.string() + ": " + bytes.error().message};
  if (to_hex(sha256(*bytes)) != digest)
    return Error{Status::kTransient, file.string() + " changed while it was read"};
  constexpr unsigned kExecutable = 0x0010;  // MFD_EXEC, which older kernels do not know
  int fd = ::memfd_create("plugin", MFD_CLOEXEC | kExecutable);
  if (fd < 0) fd = ::memfd_create("plugin", MFD_CLOEXEC);
  UniqueFd copy(fd);
  if (!copy) return errno_error(Status::kTransient, "cannot copy into memory", file, errno);
  TQ_TRY(write_all(copy.get(), *bytes, file));
  return copy;
}

// As a worker is started. The link works also when our own file has been replaced; when the
// archive's own loader runs us, its launcher does.
std::string program_to_start() {
  std::error_code error;
  const auto own = own_program();
  const bool linked = own == std::filesystem::read_symlink("/proc/self/exe", error);
  return linked ? "/proc/self/exe" : own.string();
}

void limit(__rlimit_resource what, rlim_t most) {
  const rlimit both{most, most};
  ::setrlimit(what, &both);
}

// In the child, between fork and exec: nothing here may allocate.
[[noreturn]] void become_loader(const char* program, int file, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Their numbers are far above: see start().
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0 ||
      ::dup2(file, kFileFd) < 0)
    ::_exit(126);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CPU, kProcessorSecondsMost);
  limit(RLIMIT_AS, kMemoryBytesMost);
  char name[] = "tqhost", preload[64] = "LD_PRELOAD=", trace[] = "LD_TRACE_LOADED_OBJECTS=1",
       warn[] = "LD_WARN=1", now[] = "LD_BIND_NOW=1";
  std::strcat(preload, kSelf);
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {preload, trace, warn, now, nullptr};
  ::execve(program, arguments, environment);
  ::_exit(126);
}

Result<UniqueFd> far_above(int fd) {
  UniqueFd moved(::fcntl(fd, F_DUPFD_CLOEXEC, 16));
  if (!moved) return errno_error(Status::kTransient, "cannot duplicate", "a descriptor", errno);
  return moved;
}

// "the library libfoo.so.2" of "\tlibfoo.so.2 => not found".
std::string reason_in(std::string_view line, const std::function<bool(std::string_view)>& known) {
  constexpr std::string_view kNoLibrary = " => not found", kNoSymbol = "undefined symbol: ";
  constexpr std::string_view kNoVersion = ": version `", kVersionEnd = "' not found";
  constexpr std::string_view kNotLoaded = "cannot be preloaded (";
  line = trim(line);
  if (line.size() > kNoLibrary.size() && line.ends_with(kNoLibrary))
    return "the library " +
           printable(line.substr(0, line.size() - kNoLibrary.size()), kNameBytesMost);
  if (line.rfind(kNoSymbol, 0) == 0) {
    const size_t end = line.find_first_of("\t,");
    const size_t open = line.rfind('(');
    const std::string_view where =
        open == std::string_view::npos ? std::string_view() : line.substr(open + 1);
    if (known(where.substr(0, where.find(')')))) return {};
    return "the symbol " +
           printable(line.substr(kNoSymbol.size(), end - kNoSymbol.size()), kNameBytesMost);
  }
  if (const size_t at = line.find(kNoVersion); at != std::string_view::npos) {
    const size_t end = line.find(kVersionEnd, at);
    if (end == std::string_view::npos) return {};
    std::string_view library = line.substr(0, at);
    if (const size_t blank = library.rfind(": "); blank != std::string_view::npos)
      library.remove_prefix(blank + 2);
    const size_t begin = at + kNoVersion.size();
    return "the version " + printable(line.substr(begin, end - begin), kNameBytesMost) + " of " +
           printable(library, kNameBytesMost);
  }
  // A volume or a kernel that lets nothing be run from memory says nothing about the file.
  if (const size_t at = line.find(kNotLoaded);
      at != std::string_view::npos &&
      line.find("failed to map segment") == std::string_view::npos) {
    const std::string_view why = line.substr(at + kNotLoaded.size());
    return "a sound file, for the dynamic loader says: " +
           printable(why.substr(0, why.rfind(')')), kNameBytesMost);
  }
  return {};
}

// What the loader says when it cannot go on itself.
std::string last_line(std::string_view output) {
  output = trim(output);
  const size_t end = output.rfind('\n');
  return printable(end == std::string_view::npos ? output : output.substr(end + 1), kNameBytesMost);
}

class NoCheck : public PendingCheck {
 public:
  int fd() const override { return -1; }
  bool finished() override { return true; }
  Result<void> verdict() const override { return {}; }
};

}  // namespace

std::string loader_refusal(std::string_view output,
                           const std::function<bool(std::string_view)>& known) {
  std::vector<std::string> reasons;
  while (!output.empty()) {
    const size_t end = std::min(output.find('\n'), output.size());
    const std::string reason = reason_in(output.substr(0, end), known);
    if (!reason.empty() && std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
      reasons.push_back(reason);
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  if (reasons.empty()) return {};
  const size_t more = reasons.size() - std::min(reasons.size(), kReasonsMost);
  reasons.resize(reasons.size() - more);
  return "it needs what is not here: " + join(reasons, ", ") +
         (more > 0 ? " and " + std::to_string(more) + " more" : "") +
         "; install that, or build the plugin for this machine";
}

// musl's would ignore the variables, and run what is preloaded.
bool LoaderCheck::possible() {
  const std::string name = std::filesystem::path(own_loader()).filename().string();
  return name.rfind("ld-linux", 0) == 0 || name.rfind("ld64.so", 0) == 0;
}

Result<std::unique_ptr<PendingCheck>> LoaderCheck::start(const std::filesystem::path& file,
                                                         const std::string& digest) {
  if (!possible()) return std::unique_ptr<PendingCheck>(std::make_unique<NoCheck>());
  std::unique_ptr<LoaderCheck> out(new LoaderCheck());
  TQ_ASSIGN(const UniqueFd copy, copy_in_memory(file, digest));
  TQ_ASSIGN(out->file_, far_above(copy.get()));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return errno_error(Status::kTransient, "cannot create", "a pipe", errno);
  out->output_ = UniqueFd(ends[0]);
  const UniqueFd mine(ends[1]);
  ::fcntl(out->output_.get(), F_SETFL, O_NONBLOCK);
  TQ_ASSIGN(const UniqueFd write_end, far_above(mine.get()));
  const std::string program = program_to_start();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0)
    return errno_error(Status::kTransient, "cannot start a child to look at", file, errno);
  if (child == 0) become_loader(program.c_str(), out->file_.get(), write_end.get(), parent);
  out->child_ = child;
  out->end_ms_ = RealWorld().mono_ms() + kLongestMs;
  return std::unique_ptr<PendingCheck>(std::move(out));
}

LoaderCheck::~LoaderCheck() { end_child(); }

// Killed, so there is no waiting.
void LoaderCheck::end_child() {
  if (child_ <= 1) return;
  ::kill(-child_, SIGKILL);
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, &status_, 0) < 0 && errno == EINTR) continue;
  child_ = 0;
}

bool LoaderCheck::finished() {
  if (child_ == 0) return true;
  const pid_t ended = ::waitpid(child_, &status_, WNOHANG);
  const bool is_gone = ended == child_ || (ended < 0 && errno == ECHILD);
  const bool closed = !take_output();
  if (is_gone) {
    child_ = 0;
    return true;
  }
  overdue_ = RealWorld().mono_ms() >= end_ms_;
  if (overdue_ || closed) end_child();
  return child_ == 0;
}

// False: nothing more will come.
bool LoaderCheck::take_output() {
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0;
    if (text_.size() < kOutputBytesMost) text_.append(buffer, static_cast<size_t>(got));
  }
}

Result<void> LoaderCheck::verdict() const {
  const auto refuse = [](std::string reason) { return Error{Status::kConfig, std::move(reason)}; };
  const auto libraries = own_libraries();
  const std::string reason =
      loader_refusal(text_, [&](std::string_view path) { return libraries.count(path) != 0; });
  if (!reason.empty()) return refuse(reason);
  if (overdue_)
    return refuse("the dynamic loader did not come to an end with it within " +
                  std::to_string(kLongestMs / 1000) + " s");
  const bool began = text_.find(kSelf) != std::string::npos;
  if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL)
    return Error{Status::kTransient, "the look at it was killed; it is looked at again"};
  if (began && WIFSIGNALED(status_))
    return refuse("the dynamic loader dies of it: " + std::string(::strsignal(WTERMSIG(status_))));
  if (began && WIFEXITED(status_) && WEXITSTATUS(status_) != 0)
    return refuse("the dynamic loader fails on it: " + last_line(text_));
  return {};
}

Result<void> wait_for(PendingCheck& check) {
  const uint64_t end_ms = RealWorld().mono_ms() + LoaderCheck::kLongestMs;
  while (!check.finished()) {
    if (RealWorld().mono_ms() >= end_ms)
      return Error{Status::kTransient, "the dynamic loader did not answer in time"};
    pollfd one{check.fd(), POLLIN, 0};
    ::poll(&one, check.fd() >= 0 ? 1 : 0, 50);
  }
  return check.verdict();
}

}  // namespace tq
