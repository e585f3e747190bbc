// SPDX-License-Identifier: Apache-2.0
// Journal: what the plugins of these tests tell them, a line each, in one file of the instance:
// "begin 1.0.0 4711 1764058000123", "end ...": word, version, process, time in ms. A lock shows at
// once when two workers of an instance are at it. Not for real plugins, which reach files through
// the host.
#pragma once

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

class Journal {
 public:
  Journal(std::string file, std::string version)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        version_(std::move(version)) {
    // Of this process alone: a child that it forks has none.
    struct flock lock {};
    lock.l_type = F_WRLCK;
    if (::fcntl(fd_, F_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES)) write("DOUBLE");
    write("begin");
  }
  ~Journal() {
    write("end");
    ::close(fd_);
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void write(const std::string& word) const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::string line = word + " " + version_ + " " + std::to_string(::getpid()) + " " +
                             std::to_string(now.tv_sec * 1000 + now.tv_nsec / 1'000'000) + "\n";
    if (::write(fd_, line.data(), line.size()) < 0) ::_exit(99);
  }

 private:
  int fd_;
  std::string version_;
};
