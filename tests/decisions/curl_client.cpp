// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "decisions/client.hpp"

namespace decision {
namespace {

struct Transfer {
  std::string body;
  size_t received = 0, left_to_send = 0;
  size_t pause_at = 0;  // 0: never
  bool block = false;   // waits within the callback instead of pausing the transfer
  bool keep = true;     // of the body
  double before = 0;
  std::string growth;
  std::atomic<bool> stop{false};
};

size_t take(char* bytes, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  if (transfer->pause_at != 0 && transfer->received >= transfer->pause_at) {
    if (!transfer->block) return CURL_WRITEFUNC_PAUSE;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
    transfer->growth = growth_text(transfer->before);
    return 0;
  }
  transfer->received += size;
  if (transfer->keep) transfer->body.append(bytes, size);
  return size;
}

size_t give(char* out, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const size_t bytes = std::min(size * count, transfer->left_to_send);
  std::memset(out, 'x', bytes);
  transfer->left_to_send -= bytes;
  return bytes;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->stop ? 1 : 0;
}

class CurlClient : public Client {
 public:
  CurlClient() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_ = curl_easy_init();
    no_expect_ = curl_slist_append(nullptr, "Expect:");
  }
  ~CurlClient() override {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(no_expect_);
    curl_global_cleanup();
  }

  std::string fetch(const Ask& ask) override {
    Transfer transfer;
    prepare(ask, &transfer);
    return outcome(curl_easy_perform(easy_), transfer);
  }

  std::string cancel(const Ask& ask) override {
    return std::to_string(cancel_easy(ask)) + " ms by the progress callback, " +
           std::to_string(cancel_multi(ask)) + " ms by curl_multi_wakeup()";
  }

  std::string pause(const Ask& ask) override {
    Transfer blocked;
    prepare(ask, &blocked);
    blocked.pause_at = kTasteBytes;
    blocked.block = true;
    blocked.keep = false;
    blocked.before = resident_mib();
    curl_easy_perform(easy_);

    Transfer transfer;
    prepare(ask, &transfer);
    transfer.pause_at = kTasteBytes;
    transfer.keep = false;
    const double before = resident_mib();
    CURLM* multi = curl_multi_init();
    curl_multi_add_handle(multi, easy_);
    int running = 1;
    const uint64_t end = now_ms() + kPauseMs;
    while (running > 0 && now_ms() < end) {
      curl_multi_perform(multi, &running);
      curl_multi_poll(multi, nullptr, 0, 100, nullptr);
    }
    std::string text = growth_text(before) + " more by CURL_WRITEFUNC_PAUSE";
    if (running == 0) text += " (it failed)";
    curl_multi_remove_handle(multi, easy_);
    curl_multi_cleanup(multi);
    return blocked.growth + " while the callback waits, " + text;
  }

  bool stream(const Ask& ask) override {
    Transfer transfer;
    prepare(ask, &transfer);
    transfer.keep = false;
    return curl_easy_perform(easy_) == CURLE_OK;
  }

 private:
  void prepare(const Ask& ask, Transfer* transfer) {
    curl_easy_reset(easy_);  // connections stay
    error_[0] = '\0';
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
    set(CURLOPT_URL, ask.url.c_str());
    set(CURLOPT_CAINFO, ask.ca_file.empty() ? nullptr : ask.ca_file.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_TIMEOUT, 20L);
    set(CURLOPT_HTTPHEADER, no_expect_);
    set(CURLOPT_WRITEFUNCTION, take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(transfer));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(transfer));
    if (ask.method == "GET") return;
    const auto size = static_cast<curl_off_t>(ask.body_bytes);
    if (ask.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, size);
      set(CURLOPT_COPYPOSTFIELDS, std::string(ask.body_bytes, 'x').c_str());
      return;
    }
    transfer->left_to_send = ask.body_bytes;
    set(CURLOPT_READFUNCTION, give);
    set(CURLOPT_READDATA, static_cast<void*>(transfer));
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, size);
  }

  std::string outcome(CURLcode code, const Transfer& transfer) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) return answer_text(static_cast<int>(status), transfer.body);
    return "error " + std::to_string(code) + ": " +
           (error_[0] != '\0' ? std::string(error_) : std::string(curl_easy_strerror(code)));
  }

  uint64_t cancel_easy(const Ask& ask) {
    Transfer transfer;
    prepare(ask, &transfer);
    uint64_t from = 0;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(kCancelAfterMs));
      from = now_ms();
      transfer.stop = true;
    });
    curl_easy_perform(easy_);
    const uint64_t to = now_ms();
    other.join();
    return to - from;
  }

  uint64_t cancel_multi(const Ask& ask) {
    Transfer transfer;
    prepare(ask, &transfer);
    CURLM* multi = curl_multi_init();
    curl_multi_add_handle(multi, easy_);
    uint64_t from = 0;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(kCancelAfterMs));
      from = now_ms();
      transfer.stop = true;
      curl_multi_wakeup(multi);
    });
    int running = 1;
    while (running > 0 && !transfer.stop) {
      curl_multi_perform(multi, &running);
      if (!transfer.stop) curl_multi_poll(multi, nullptr, 0, 10'000, nullptr);
    }
    const uint64_t to = now_ms();
    other.join();
    curl_multi_remove_handle(multi, easy_);
    curl_multi_cleanup(multi);
    return to - from;
  }

  CURL* easy_ = nullptr;
  curl_slist* no_expect_ = nullptr;
  char error_[CURL_ERROR_SIZE] = "";
};

}  // namespace

std::unique_ptr<Client> curl_client() { return std::make_unique<CurlClient>(); }

}  // namespace decision
