// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "lab/threatq/threatq.hpp"

namespace lab {

void add_threatq_options(CLI::App& app, ThreatqOptions& options) {
  auto* file = app.add_option("--indicators", options.indicators,
                              "JSON lines {\"type\",\"value\",\"context\"}, plain or gzip");
  app.add_option("--generate", options.generate, "Make so many indicators")->excludes(file);
  app.add_option("--seed", options.seed, "Of what is made")->capture_default_str();
  app.add_flag("--messy", options.messy,
               "Also addresses, names and hashes come with blanks, dots at the end, or empty");
  app.add_option("--collection", options.collections,
                 "Data collection NAME[=TYPE,TYPE...] of the first user, shared with the OAuth "
                 "clients; repeatable");
  app.add_option("--user", options.users, "EMAIL:PASSWORD:CLIENT_ID; repeatable");
  app.add_option("--oauth-client", options.oauth_clients, "Private client ID:SECRET; repeatable");
  app.add_option("--role", options.roles,
                 "WHO:ROLE, an email or OAuth id and one of maintenance (the default), read-only, "
                 "none; repeatable");
  app.add_option("--connector", options.connectors, "Connector record, switched off; repeatable");
  app.add_flag("!--no-private-oauth", options.private_oauth,
               "Connectors get no OAuth clients of their own: the call is answered 404");
  app.add_option("--export", options.exports,
                 "Legacy export ID:TOKEN[:COLLECTION]; without a collection it has everything");
  app.add_option("--proxy", options.proxy, "Proxy that is set in the UI, as a URL");
  app.add_option("--max-page", options.max_page, "A larger limit is answered 400")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str();
  app.add_option("--token-seconds", options.token_seconds, "How long a token is good")
      ->check(CLI::Range(1U, 10'000'000U))
      ->capture_default_str();
  app.add_option("--answers", options.answers,
                 "Rows of searches: new honours \"fields\"; old never does and has type and status "
                 "as objects, old-names as names")
      ->check(CLI::IsMember({"new", "old", "old-names"}))
      ->capture_default_str();
  app.add_option("--paging", options.paging, "offset: cursorMark is not known, as on old servers")
      ->check(CLI::IsMember({"both", "offset"}))
      ->capture_default_str();
  app.add_option("--errors", options.errors, "Shape of error bodies; mixed: by kind of error")
      ->check(CLI::IsMember({"mixed", "fields", "list"}))
      ->capture_default_str();
}

}  // namespace lab
