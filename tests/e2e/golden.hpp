// SPDX-License-Identifier: Apache-2.0
// Golden texts: what people see, compared byte for byte with a file of tests/golden. With
// TQ_GOLDEN_UPDATE set in the environment the file is written instead; look at its diff.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace e2e {

// What differs between two runs of one test: {"/tmp/tq-site-x1y2z3", "FOLDER"}.
using Masks = std::vector<std::pair<std::string, std::string>>;

// Replaces the masks, then times (TIME), loopback ports (127.0.0.1:PORT) and process ids (pid PID).
std::string masked(std::string text, const Masks& masks);

// Fails the test when `text` is not what tests/golden/NAME holds.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace e2e
