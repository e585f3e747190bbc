// SPDX-License-Identifier: Apache-2.0
// What a parent and the shim of one of its workers say to each other: packets of a fixed size over
// a socket pair that nobody else holds, and the descriptors that the shim is started with. Values.
#pragma once

#include <cstdint>

namespace tq {

// Below them are the worker's own (worker/assignment.hpp), which the shim passes on and closes.
constexpr int kShimLinkFd = 8;     // the shim's end of the socket pair
constexpr int kShimProgramFd = 9;  // the program that the worker is
constexpr int kShimLastFd = kShimProgramFd;

constexpr uint32_t kWorkerProcessesMost = 128;  // a worker and everything below it

// The first packet, from the parent.
struct ShimOrder {
  uint64_t memory_kib = 0;  // of all processes together; 0: not watched
  uint32_t processes = 0;   // 0: not watched
  uint32_t look_ms = 0;     // how often it looks; more often when much of the memory is used
  uint32_t grace_ms = 0;    // for an orderly end when the parent is gone
};

// The later ones; each is one byte.
enum class ShimCommand : uint8_t {
  kStop = 1,  // SIGTERM to the worker
  kKill = 2,  // the worker and everything below ends now
};

enum class ShimWord : uint32_t {
  kStarted = 1,  // `pid` is the worker; a descriptor of it (pidfd) comes along
  kNotStarted,   // `status` is the errno of the failure; the shim ends
  kBlind,        // processes below cannot be looked into: /proc hides them
  kEnded,        // the last word: the worker has ended and nothing of it is left
};

enum class ShimCause : uint32_t { kNone = 0, kMemory = 1, kProcesses = 2 };

struct ShimReport {
  ShimWord word = ShimWord::kEnded;
  ShimCause cause = ShimCause::kNone;  // why the shim ended it
  int32_t pid = 0;
  int32_t status = 0;        // of wait(2)
  uint64_t used_kib = 0;     // of ShimCause::kMemory
  uint32_t processes = 0;    // of ShimCause::kProcesses
  uint32_t left_behind = 0;  // how many the worker had left, and were ended
  uint32_t unended = 0;      // how many could not be ended
};

}  // namespace tq
