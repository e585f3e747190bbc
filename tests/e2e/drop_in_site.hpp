// SPDX-License-Identifier: Apache-2.0
// DropInSite: a site where tqhost is called by the names of the connectors that it replaces, with
// the folders of their guides. Everything goes away with it. One thread.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

#include "e2e/site.hpp"

namespace e2e {

// What cron gives its jobs, or a little less.
inline const Variables kNoVariables{};

// scripts/setup --links FOLDER.
inline Ended make_links(const std::filesystem::path& folder, const std::string& tqhost) {
  return run_program(
      {TQ_SOURCE_DIR "/scripts/setup", "--links", folder.string(), "--tqhost", tqhost},
      {{"PATH", "/usr/bin:/bin"}});
}

class DropInSite {
 public:
  DropInSite() {
    ::umask(022);  // folders that others may write in are refused
    for (const auto& folder : {bin(), etc(), log()}) std::filesystem::create_directories(folder);
    if (const Ended made = make_links(bin(), tqhost()); made.exit_status != 0)
      throw std::runtime_error("scripts/setup --links: " + made.out + made.err);
  }

  std::filesystem::path bin() const { return site.folder() / "opt" / "bin"; }
  std::filesystem::path etc() const { return site.folder() / "etc"; }
  std::filesystem::path log() const { return site.folder() / "log"; }
  std::string tqhost() const { return site.command({}).front(); }

  // A configuration as the first run writes it: a whole host file with one instance.
  std::string configure(const std::filesystem::path& file, const std::string& instance,
                        const std::string& feed = "ThreatQ") {
    Json host = site.config;
    host.erase("state_dir");  // it lies beside the file
    host["instances"][0]["name"] = instance;
    host["instances"][0]["config"]["feed_name"] = feed;
    std::ofstream(file) << host.dump(2);
    ::chmod(file.c_str(), 0600);
    return read_text(file);
  }

  Ended run(const std::string& name, const std::vector<std::string>& arguments,
            const Variables& variables = kNoVariables) const {
    return run_program(command(name, arguments), variables, 120);
  }
  std::vector<std::string> command(const std::string& name,
                                   const std::vector<std::string>& arguments) const {
    std::vector<std::string> out = {(bin() / name).string()};
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
  }
  // As cron runs a line: by the shell, in a folder.
  Ended run_line(const std::string& line, const std::filesystem::path& folder) const {
    return run_program({"/bin/sh", "-c", "cd '" + folder.string() + "' && " + line}, kNoVariables,
                       120);
  }

  Site site{SiteOptions{{"--generate", "200", "--seed", "7", "--collection", "Crimeware"}, {}}};
};

}  // namespace e2e
