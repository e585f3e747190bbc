// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/traffic.hpp"

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

namespace lab {

using Json = nlohmann::ordered_json;

std::shared_ptr<Passage> Traffic::begin(std::string method, std::string target,
                                        std::string user_agent) {
  auto passage = std::make_shared<Passage>();
  passage->method = std::move(method);
  passage->target = std::move(target);
  passage->user_agent = std::move(user_agent);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  passage->time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::lock_guard lock(mutex_);
  passage->seq = ++count_;
  kept_.push_back(passage);
  if (kept_.size() > kKept) kept_.pop_front();
  return passage;
}

void Traffic::let_through(Passage& passage, std::string login) {
  const std::lock_guard lock(mutex_);
  passage.login = std::move(login);
}

std::string Traffic::json() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  std::map<std::string, std::uint64_t> by_target;
  for (const auto& passage : kept_) {
    ++by_target[passage->method + ' ' + passage->target];
    list.push_back({{"seq", passage->seq},
                    {"time_ms", passage->time_ms},
                    {"method", passage->method},
                    {"target", passage->target},
                    {"user_agent", passage->user_agent},
                    {"login", passage->login},
                    {"status", passage->status.load()},
                    {"bytes_up", passage->bytes_up.load()},
                    {"bytes_down", passage->bytes_down.load()}});
  }
  const Json result = {{"count", count_}, {"by_target", by_target}, {"list", std::move(list)}};
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Traffic::reset() {
  const std::lock_guard lock(mutex_);
  count_ = 0;
  kept_.clear();
}

}  // namespace lab
