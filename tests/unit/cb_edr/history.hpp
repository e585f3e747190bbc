// SPDX-License-Identifier: Apache-2.0
// History: a random history of collections, settings and troubles, from a seed.
#pragma once

#include <random>

#include "edr.hpp"

namespace cb_edr {

class History : public Edr, public testing::WithParamInterface<int> {
 protected:
  static constexpr uint64_t kIds = 1600;
  const std::vector<std::string> names_ = {"Crimeware", "Phishing", "Botnets"};

  size_t below(size_t n) { return random_() % n; }
  bool one_in(size_t n) { return below(n) == 0; }
  std::vector<tqp::fake::Row>& rows_of(const std::string& name) {
    return host_.setup.collections[name].rows;
  }

  void begin(uint64_t seed) {
    host_.restart();
    random_.seed(seed);
    cloud_ = Cloud();
    cloud_.thorough = false;
    host_.state.clear();
    host_.setup.collections.clear();
    host_.seen = {};
    settings_["bulk_limit_mb"] = 32;
    settings_.erase("report_tags");
    settings_.erase("severity");
    Json list = Json::array();
    for (size_t i = 0; i <= below(3); ++i) {
      list.push_back(names_[i]);
      fill(names_[i], 1, 0, std::to_string(17 + i));
      for (const auto& row : rows(1 + below(300), 300 + below(kIds - 300)))
        if (!one_in(4)) rows_of(names_[i]).push_back(row);
    }
    settings_["data_collections"] = list;
    if (one_in(2)) host_.state["feed/bulk_refused"] = "1";
  }

  // Never more than a third goes at once: that would be the brake's.
  void change() {
    for (const Json& name : settings_["data_collections"]) {
      auto& rows = rows_of(name.get<std::string>());
      if (one_in(3) || rows.size() < 30) continue;
      const size_t at = below(rows.size()), n = std::min(below(rows.size() / 4), rows.size() - at);
      const auto from = rows.begin() + static_cast<ptrdiff_t>(at);
      switch (below(6)) {
        case 0:  // expired
          rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(n));
          break;
        case 1:
          rows.erase(from, from + static_cast<ptrdiff_t>(n));
          break;
        case 2:
          std::erase_if(rows, [&](const auto&) { return one_in(40); });
          break;
        case 3:  // touched
          for (auto it = from; it != from + static_cast<ptrdiff_t>(n); ++it)
            it->updated_ms += 9'000;
          break;
        case 4: {  // come back into the middle
          std::set<uint64_t> there;
          for (const auto& row : rows) there.insert(row.id);
          for (const auto& row : Edr::rows(1, kIds))
            if (there.count(row.id) == 0 && one_in(10)) rows.push_back(row);
          std::sort(rows.begin(), rows.end(),
                    [](const auto& a, const auto& b) { return a.id < b.id; });
          break;
        }
        default:
          for (const auto& row : Edr::rows(rows.back().id + 1, rows.back().id + 1 + below(150)))
            rows.push_back(row);
      }
    }
    if (one_in(12)) settings_["report_tags"] = {"tag" + std::to_string(below(5))};
    if (one_in(12)) settings_["severity"] = one_in(2) ? Json("from_score") : Json(1 + below(10));
  }

  void trouble() {
    cloud_.before = cloud_.after = {};
    for (const Json& name : settings_["data_collections"]) {
      auto& collection = host_.setup.collections[name.get<std::string>()];
      collection.fail_after_rows =
          one_in(6) ? below(collection.rows.size() + 1) : tqp::fake::kNever;
    }
    switch (below(4)) {
      case 0:
        host_.setup.crash_at = 1 + below(25);
        break;
      case 1:
        host_.setup.cancel_at = 1 + below(40);
        break;
      case 2:
        cloud_.before = [this](const Sent& request) { return maybe(request); };
        break;
      default:
        cloud_.after = [this](const Sent& request) { return maybe(request); };
    }
  }
  std::optional<Answer> maybe(const Sent& request) {
    if (!one_in(request.method == "GET" ? 20 : 6)) return std::nullopt;
    Answer answer;
    switch (below(6)) {
      case 0:
        answer.failure = tqp::Error{TQP_E_TRANSIENT, "the connection was reset"};
        return answer;
      case 1:
        return Answer{504, ""};
      case 2:
        return Answer{500, ""};
      case 3:
        return Answer{413, ""};
      case 4:
        return Answer{request.url.find("/reports") == std::string::npos ? 500 : 400, ""};
      default:
        return Answer{200, R"({"errorMessage":"no"})"};
    }
  }
  void calm() {
    cloud_.before = cloud_.after = {};
    host_.restart();
    for (auto& [name, collection] : host_.setup.collections)
      collection.fail_after_rows = tqp::fake::kNever;
  }

  std::mt19937_64 random_;
};

}  // namespace cb_edr
