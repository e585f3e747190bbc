// SPDX-License-Identifier: Apache-2.0
// What one indicator costs inside cb_edr: normal form, cut, digest, and the JSON of a report that
// changed. Items per second are indicators.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "normalise.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

struct Row {
  Kind kind;
  std::string value;
};

// As a ThreatQ library is mixed: hashes first, then names, then addresses.
const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = [] {
    std::mt19937_64 random(1);
    const auto digits = [&](size_t n, const char* of) {
      std::string out;
      while (out.size() < n) out += of[random() % 16];
      return out;
    };
    std::vector<Row> out;
    for (int i = 0; i < 20'000; ++i) {
      const uint64_t x = random();
      const std::string number = std::to_string(x % 1'000'000);
      switch (x % 10) {
        case 0:
        case 1:
        case 2:
          out.push_back({Kind::kMd5, digits(32, "0123456789ABCDEF")});
          break;
        case 3:
        case 4:
        case 5:
          out.push_back({Kind::kSha256, digits(64, "0123456789abcdef")});
          break;
        case 6:
        case 7:
          out.push_back({Kind::kFqdn, "Host-" + number + ".Example.com"});
          break;
        case 8:
          out.push_back({Kind::kIp, "198.51.100." + std::to_string(x % 250)});
          break;
        default:
          out.push_back({Kind::kIp, "2001:db8::" + digits(4, "0123456789abcdef")});
      }
    }
    return out;
  }();
  return kRows;
}

const ReportFrame& frame() {
  static const ReportFrame kFrame{"Crimeware", "https://tq.example.com/indicators/", {"threatq"}};
  return kFrame;
}

void normal_form(benchmark::State& state) {
  std::string value;
  for (auto _ : state)
    for (const Row& row : rows()) benchmark::DoNotOptimize(normalise(row.kind, row.value, &value));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(rows().size()));
}
BENCHMARK(normal_form);

// All of it, as a run does; with or without the documents.
void reports(benchmark::State& state) {
  const bool changed = state.range(0) != 0;
  std::string value, tail;
  Report report;
  int64_t bytes = 0;
  for (auto _ : state) {
    report.open(0);
    uint64_t id = 0;
    for (const Row& row : rows()) {
      const Normal normal = normalise(row.kind, row.value, &value);
      report.add(++id, normal.field, value, 1'700'000'000'000);
      if (!ends_report(id, report.count(), kFirstTargetBits)) continue;
      const Digest digest = report.digest(frame(), 5);
      benchmark::DoNotOptimize(digest);
      if (changed) report.tail(frame(), 5, digest, &tail);
      bytes += static_cast<int64_t>(tail.size());
      report.open(id);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(rows().size()));
  state.SetBytesProcessed(bytes);
}
BENCHMARK(reports)->ArgName("changed")->Arg(0)->Arg(1);

}  // namespace
}  // namespace cb_edr

BENCHMARK_MAIN();
