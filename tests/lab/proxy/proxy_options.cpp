// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "lab/proxy/proxy.hpp"

namespace lab {

void add_proxy_options(CLI::App& app, ProxyOptions& options) {
  auto* user = app.add_option("--user", options.user, "Name for Basic proxy authentication");
  auto* password = app.add_option("--password", options.password, "Its password");
  user->needs(password);
  password->needs(user);
  app.add_option_function<std::vector<std::string>>(
         "--map",
         [&options](const std::vector<std::string>& items) {
           for (const std::string& item : items) {
             const std::size_t equals = item.find('=');
             const std::string name = item.substr(0, equals);
             if (equals == std::string::npos || name.find(':') == std::string::npos) {
               throw CLI::ValidationError("--map",
                                          "not of the form NAME:PORT=127.0.0.1:PORT: " + item);
             }
             options.hosts[name] = item.substr(equals + 1);
           }
         },
         "Where a name leads: NAME:PORT=127.0.0.1:PORT; repeatable")
      ->type_name("NAME:PORT=ADDRESS:PORT");
}

}  // namespace lab
