// SPDX-License-Identifier: Apache-2.0
// status while the configuration on the disk cannot be read: a supervisor that runs goes on with
// the one before, and how its instances stand is what a person wants to know just then.
#include <fmt/ostream.h>

#include <ostream>

#include "cli/control.hpp"
#include "core/text.hpp"
#include "schedule/control.hpp"

namespace tq {
namespace {

void print(const Json& instance, bool details, std::ostream& out) {
  fmt::print(out, "{:<20} {:<16} {:<16} next {}\n", text_at(instance, "instance"),
             text_at(instance, "plugin"), text_at(instance, "state"),
             text_at(instance, "next").empty() ? "not known" : text_at(instance, "next"));
  if (const std::string reason = text_at(instance, "reason"); !reason.empty())
    fmt::print(out, "  {}\n", reason);
  if (details)
    fmt::print(out, "  wanted  {}\n  since   {}\n", text_at(instance, "wanted"),
               text_at(instance, "since"));
}

Json for_programs(const Json& instances, const Error& error) {
  Json list = Json::array();
  for (Json one : instances) {
    one["supervised"] = true;
    list.push_back(std::move(one));
  }
  return {{"instances", std::move(list)}, {"configuration_error", error.message}};
}

}  // namespace

Exit status_without_config(const CommandContext& context, const Result<HostConfig>& config,
                           const std::string& instance, bool json) {
  fail(context, config.error());
  const auto place = place_of_supervisor(context, config);
  if (!place) return Exit::kUsage;
  const auto answer = ask_supervisor(*place, {{"command", "status"}, {"instance", instance}});
  const Json* const instances = answer ? json_at(*answer, "/instances") : nullptr;
  if (instances == nullptr || !instances->is_array()) return Exit::kUsage;
  context.err << "tqhost: the supervisor goes on with the configuration that it has:\n";
  if (json) {
    context.out << pretty_json(for_programs(*instances, config.error()));
    return Exit::kUsage;
  }
  for (const Json& one : *instances) print(one, !instance.empty(), context.out);
  if (instances->empty()) context.out << "it knows no such instance\n";
  return Exit::kUsage;
}

}  // namespace tq
