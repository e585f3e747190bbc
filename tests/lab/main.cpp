// SPDX-License-Identifier: Apache-2.0
// tqlab: simulated vendor services on loopback, one subcommand each.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "lab/cbc/cbc.hpp"
#include "lab/frame/run.hpp"
#include "lab/proxy/proxy.hpp"
#include "lab/threatq/threatq.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Simulated vendor services on loopback, for tests and demonstrations", "tqlab");
  app.require_subcommand(1);
  lab::FrameOptions frame;

  CLI::App* cbc =
      app.add_subcommand("cbc", "Carbon Black Cloud: feed manager v2 and watchlist manager v3");
  lab::CbcOptions cbc_options;
  lab::add_cbc_options(*cbc, cbc_options);
  lab::add_frame_options(*cbc, frame);

  CLI::App* proxy = app.add_subcommand("proxy", "HTTP forward proxy to loopback destinations");
  lab::ProxyOptions proxy_options;
  lab::add_proxy_options(*proxy, proxy_options);
  lab::add_process_options(*proxy, frame);

  CLI::App* threatq = app.add_subcommand("threatq", "ThreatQ's REST API as connectors use it");
  lab::ThreatqOptions threatq_options;
  lab::add_threatq_options(*threatq, threatq_options);
  lab::add_frame_options(*threatq, frame);

  CLI11_PARSE(app, argc, argv);
  lab::hold_signals();
  if (*proxy) lab::serve_proxy(proxy_options, frame);
  if (*threatq) lab::serve("threatq", *lab::make_threatq(threatq_options), frame);
  lab::serve("cbc", *lab::make_cbc(cbc_options), frame);
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc, argv);
} catch (const std::exception& error) {
  std::cerr << "tqlab: " << error.what() << '\n';
  return 1;
}
