// SPDX-License-Identifier: Apache-2.0
// One HTTP client under trial, as a careful program would use it: verified TLS, gzip asked for and
// decoded, connections kept. One in a process, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace decision {

struct Ask {
  std::string url;
  std::string ca_file;
  std::string method = "GET";
  size_t body_bytes = 0;  // of a PUT or POST
};

class Client {
 public:
  virtual ~Client() = default;

  // The status and what came, or the error as a program would show it. A second one goes over the
  // same connection, where the client keeps it.
  virtual std::string fetch(const Ask& ask) = 0;

  // How long it takes a read that waits for the rest of a body to return once another thread ends
  // it.
  virtual std::string cancel(const Ask& ask) = 0;

  // Reads `kTasteBytes` of the decoded body and then nothing for a while: by how much the process
  // has grown.
  virtual std::string pause(const Ask& ask) = 0;

  // Reads the whole body and throws it away; false: it failed.
  virtual bool stream(const Ask& ask) = 0;
};

constexpr size_t kTasteBytes = 64 * 1024;
constexpr int kPauseMs = 1'000;
constexpr int kCancelAfterMs = 300;

std::unique_ptr<Client> tqhost_client();
std::unique_ptr<Client> curl_client();
std::unique_ptr<Client> poco_client();

// What all of them use to tell what happened.
std::string answer_text(int status, const std::string& body);
uint64_t now_ms();
double resident_mib();                   // of this process
std::string growth_text(double before);  // since then

}  // namespace decision
