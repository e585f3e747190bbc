// SPDX-License-Identifier: Apache-2.0
// The shim as a program of its own: linked statically and small, for one stands beside each worker.
// tqhost carries it in itself (image.hpp).
#include "shim/shim.hpp"

int main(int argc, char** argv) { return tq::shim_main(argc > 2 ? argv[2] : ""); }
