// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "lab/proxy/proxy.hpp"

namespace lab {

void add_proxy_options(CLI::App& app, ProxyOptions& options) {
  auto* user = app.add_option("--user", options.user, "Name that the proxy lets through");
  auto* password = app.add_option("--password", options.password, "Its password");
  user->needs(password);
  password->needs(user);
  app.add_option("--auth", options.auth, "The log-in that is asked for")
      ->check(CLI::IsMember({"basic", "digest", "ntlm", "negotiate"}))
      ->capture_default_str();
  app.add_option("--domain", options.domain, "Domain of the name, for NTLM")->capture_default_str();
  app.add_option("--nonce-uses", options.nonce_uses, "Requests after which a nonce is stale")
      ->capture_default_str();
  app.add_option(
      "--tls-dir", options.tls_dir,
      "Speak TLS, with the throw-away CA and certificate of this folder, made when absent");
  app.add_flag("--socks", options.socks, "Speak SOCKS5 too, on a port of its own");
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
