// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "lab/frame/run.hpp"

namespace lab {

void add_process_options(CLI::App& app, FrameOptions& options) {
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0 takes any free one")
      ->capture_default_str();
  app.add_flag("--exit-with-stdin", options.exit_with_stdin,
               "End when standard input is closed or the parent is gone");
  app.add_option("--max-seconds", options.max_seconds, "End by itself after this time")
      ->check(CLI::Range(1U, 86'400U))
      ->capture_default_str();
}

void add_frame_options(CLI::App& app, FrameOptions& options) {
  add_process_options(app, options);
  auto* plain = app.add_flag("--plain", options.plain, "HTTP without TLS");
  app.add_option("--tls-dir", options.tls_dir,
                 "Folder of the throw-away CA and certificate, made when absent")
      ->excludes(plain);
  app.add_flag("--gzip", options.gzip, "Compress answers for clients that accept it");
}

}  // namespace lab
