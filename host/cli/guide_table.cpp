// SPDX-License-Identifier: Apache-2.0
#include "cli/guide_table.hpp"

#include <array>

namespace tq {
namespace {

// The guides' own words, with their slips. Both connectors explain these two alike.
constexpr GuideUse kLogLocation = {
    Use::kTaken,
    "Sets the logging location for the connector. The location should exist and be writable by "
    "the current. A special value of 'stdout' means to log to the console (this happens by "
    "default)."};
constexpr GuideUse kConfig = {
    Use::kTaken,
    "This is the location of the configuration file for the connector. This location must be "
    "readable and writable by the current user. If no config file path is given, the current "
    "directory will be used. This file is also where some information from each run of the "
    "connector may be put (last run time, private oauth, etc.)"};
// The guide of the reputation connector does not have these; scripts that were written for all
// connectors do.
constexpr GuideUse kNoEffect = {
    Use::kNoEffect, "Taken for scripts that give it; this connector has no use for it."};

constexpr std::array<GuideRow, 8> kRows = {{
    {GuideOption::kHelp,
     "-h",
     "--help",
     "",
     {Use::kTaken, "Shows this help message and exits."},
     {Use::kTaken, "Review all additional options and their descriptions."},
     {Use::kTaken, "Shows this help message and exits."}},
    {GuideOption::kLogLocation,
     "-ll",
     "--loglocation",
     "LOGLOCATION",
     kLogLocation,
     kLogLocation,
     {}},
    {GuideOption::kConfig,
     "-c",
     "--config",
     "CONFIG",
     kConfig,
     kConfig,
     {Use::kTaken,
      "The configuration file. Without it "
      "/etc/cb/integrations/cb_threatconnect_bridge/cb_threatconnect_bridge.conf is read, or "
      "/etc/cb/integrations/threatconnect/connector.conf when there is only that one."}},
    {GuideOption::kVerbosity,
     "-v",
     "--verbosity",
     "{1,2,3}",
     {Use::kTaken,
      "This is the logging verbosity level where 3 means everything. The default setting is 1 "
      "(Warning)."},
     {Use::kTaken, "This is the logging verbosity level where 3 means everything."},
     {}},
    {GuideOption::kExternalProxy,
     "-ep",
     "--external-proxy",
     "",
     {Use::kTaken,
      "This allows you to use the proxy that is specified in the ThreatQ UI. This specifies an "
      "internet facing proxy, NOT a proxy to the TQ instance."},
     kNoEffect,
     {}},
    {GuideOption::kName,
     "-n",
     "--name",
     "NAME",
     {Use::kTaken,
      "This sets the name for this connector. In some cases, it is useful to have multiple "
      "connectors of the same type executing against a single TQ instance. For example, the "
      "Syslog Exporter can be run against multiple target and multiple exports, each with their "
      "own name and configuration."},
     {Use::kTaken,
      "Optional - the name of the connector (Option used in order to allow users to configure "
      "multiple connector instances on the same TQ box)."},
     {}},
    {GuideOption::kNoDifferential,
     "-d",
     "--no-differential",
     "",
     {Use::kTaken,
      "If exports are used in this connector, this will turn 'off' the differential flag for the "
      "execution. This allows debugging and testing to be done on export endpoints without "
      "having to rebuild the exports after the test. THIS SHOULD NEVER BE USED IN PRODUCTION."},
     kNoEffect,
     {}},
    {GuideOption::kHistorical,
     "-hist",
     "--historical",
     "DATE",
     {Use::kRefused,
      "this connector reads its collections whole: what a read that begins at a date leaves out "
      "would be deleted from the reports"},
     {Use::kTaken, "Optional - allows you to set the start date for the Threat Library search."},
     {}},
}};

constexpr std::array<GuideCommand, 6> kCommands = {{
    {"start", "Starts the connector in the background."},
    {"stop", "Stops it."},
    {"restart", "Stops it, and starts it again."},
    {"status", "Tells whether it runs."},
    {"version", "Prints the version."},
    {"write FILE", "Retrieves the indicators once, writes the feed to FILE, and exits."},
}};

}  // namespace

std::span<const GuideRow> guide_rows() { return kRows; }
std::span<const GuideCommand> bridge_commands() { return kCommands; }

}  // namespace tq
