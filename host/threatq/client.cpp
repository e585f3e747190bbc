// SPDX-License-Identifier: Apache-2.0
#include "threatq/client.hpp"

#include "threatq/api.hpp"
#include "threatq/collections.hpp"
#include "threatq/cursor.hpp"
#include "threatq/http_connector.hpp"
#include "threatq/names.hpp"
#include "threatq/ui_proxy.hpp"

namespace tq {
namespace {

class Client : public ThreatqClient {
 public:
  Client(ThreatqOptions options, HttpClient& http, World& world, Log& log, const Cancel& cancel)
      : options_(std::move(options)),
        world_(world),
        log_(log),
        cancel_(cancel),
        api_(options_, http, world, log),
        names_(api_) {}

  Result<void> log_in() override { return api_.log_in(cancel_); }

  Result<std::unique_ptr<IndicatorCursor>> open(const ReadSpec& spec) override {
    TQ_ASSIGN(const SavedSearch search, find_collection(api_, log_, spec.collection, cancel_));
    SearchSpec pages;
    pages.collection = search.name;
    pages.body = search_body(search.query, spec);
    pages.columns = spec.columns;
    pages.page_rows = options_.page_rows;
    return std::unique_ptr<IndicatorCursor>(std::make_unique<ReadAhead>(
        CollectionInfo{search.name, search.id, {}}, std::move(pages), options_.prefetch_pages,
        readers_, api_, names_, world_, log_, cancel_));
  }

  Result<std::vector<std::string>> statuses() override {
    TQ_ASSIGN(const auto known, names_.all(NameKind::kStatus, cancel_));
    std::vector<std::string> names;
    for (const auto& [id, name] : *known) names.push_back(name);
    return names;
  }

  Result<std::string> ui_proxy() override {
    constexpr std::string_view kWhat = "reading the proxy that is set in its UI";
    TQ_ASSIGN(const Json answer, api_.ask({"GET", "/api/configuration/proxy", nullptr, kWhat},
                                          "read the configuration", cancel_));
    auto proxy = parse_ui_proxy(answer);
    if (!proxy) return api_.failure(proxy.error().status, kWhat, proxy.error().message);
    log_.redactor().add_value(proxy->password.reveal());
    return std::move(proxy->url);
  }

  std::unique_ptr<Connector> connector() override {
    return std::make_unique<HttpConnector>(api_, names_, world_, log_, cancel_);
  }

 private:
  const ThreatqOptions options_;
  World& world_;
  Log& log_;
  const Cancel& cancel_;
  Api api_;
  Names names_;
  Readers readers_;
};

}  // namespace

std::unique_ptr<ThreatqClient> ThreatqClient::create(ThreatqOptions options, HttpClient& http,
                                                     World& world, Log& log, const Cancel& cancel) {
  return std::make_unique<Client>(std::move(options), http, world, log, cancel);
}

}  // namespace tq
