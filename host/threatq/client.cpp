// SPDX-License-Identifier: Apache-2.0
#include "threatq/client.hpp"

#include <system_error>

#include "threatq/api.hpp"
#include "threatq/collections.hpp"
#include "threatq/cursor.hpp"
#include "threatq/names.hpp"

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
    pages.body = search_body(search.query, spec.columns, spec.since_ms);
    pages.columns = spec.columns;
    pages.page_rows = options_.page_rows;
    try {
      return std::unique_ptr<IndicatorCursor>(std::make_unique<ReadAhead>(
          CollectionInfo{search.name, search.id, {}}, std::move(pages), options_.prefetch_pages,
          api_, names_, world_, log_, cancel_));
    } catch (const std::system_error& error) {
      return Error{Status::kTransient,
                   std::string("cannot start a thread to read ThreatQ: ") + error.what()};
    }
  }

 private:
  const ThreatqOptions options_;
  World& world_;
  Log& log_;
  const Cancel& cancel_;
  Api api_;
  Names names_;
};

}  // namespace

std::unique_ptr<ThreatqClient> ThreatqClient::create(ThreatqOptions options, HttpClient& http,
                                                     World& world, Log& log, const Cancel& cancel) {
  return std::make_unique<Client>(std::move(options), http, world, log, cancel);
}

}  // namespace tq
