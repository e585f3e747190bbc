// SPDX-License-Identifier: Apache-2.0
#include "worker/output.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace tq {
namespace {

constexpr size_t kLineBytesMost = 4096;  // longer ones become several

}  // namespace

OutputCapture::OutputCapture(int fd, Log& log)
    : fd_(fd), log_(log), stop_(::eventfd(0, EFD_CLOEXEC)) {
  // A line is worth most before what comes next goes wrong.
  ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  thread_ = std::thread([this] { listen(); });
}

OutputCapture::~OutputCapture() {
  std::fflush(nullptr);
  std::cout.flush();
  const uint64_t one = 1;
  static_cast<void>(write_all(stop_.get(), {reinterpret_cast<const char*>(&one), sizeof one},
                              "the capture's end"));
  thread_.join();
}

void OutputCapture::listen() {
  pollfd fds[2] = {{fd_, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (fds[1].revents == 0) {
    if (::poll(fds, 2, -1) < 0) continue;
    take();
    if ((fds[0].revents & (POLLHUP | POLLERR)) != 0) fds[0].fd = -1;
  }
  flush_line();
}

void OutputCapture::take() {
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd_, buffer, sizeof buffer)) > 0) put({buffer, static_cast<size_t>(got)});
}

void OutputCapture::put(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n') line_ += c;
    if (c == '\n' || line_.size() >= kLineBytesMost) flush_line();
  }
}

void OutputCapture::flush_line() {
  if (line_.empty()) return;
  log_.info(Event::kPluginOutput, line_);
  line_.clear();
}

}  // namespace tq
