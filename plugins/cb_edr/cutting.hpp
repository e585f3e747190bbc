// SPDX-License-Identifier: Apache-2.0
// Where one report ends and the next begins: content-defined boundaries over indicator ids, as
// deduplicating backup tools cut files, so that an indicator that comes or goes touches the reports
// beside it and no others. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cb_edr {

constexpr size_t kLeastIocs = 64;    // a report is not cut before
constexpr size_t kMostIocs = 1000;   // and always here: the vendor's recommended maximum
constexpr int kFirstTargetBits = 8;  // a boundary every 256 indicators
constexpr int kMostTargetBits = 14;
constexpr size_t kReportsMost = 10'000;  // of a feed, at any time, whoever put them there
constexpr double kShareWanted = 0.7;     // of the places; above: a larger target
constexpr double kShareRelaxed = 0.5;    // a smaller target only when it would stay below this

// Whether a report of `count` indicators ends after the one with `id`. A boundary of a larger
// target is a candidate of every smaller one.
bool ends_report(uint64_t id, size_t count, int target_bits);

// Indicators in a report, on average.
double mean_report_size(int target_bits);

// The target for about `indicators` in a feed that has `places` for them, from the one in use: it
// changes as late as possible, because a change moves boundaries.
int choose_target_bits(double indicators, int current_bits, size_t places = kReportsMost);

}  // namespace cb_edr
