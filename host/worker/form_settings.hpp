// SPDX-License-Identifier: Apache-2.0
// What an instance is told to do and with which values: by its form in ThreatQ's UI, or by its
// configuration file. The last good values of the form are kept sealed, so that a restart does not
// need ThreatQ to be up. Home thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "schema/plugin_schema.hpp"
#include "threatq/connector.hpp"
#include "worker/ground.hpp"
#include "worker/kept_form.hpp"
#include "worker/threatq_link.hpp"

namespace tq {

// ThreatQ may be well again later, and nobody has to act: then the last good values serve.
bool passes_by_itself(const Error& error);

// What this run may change in ThreatQ's record of the instance.
enum class FormUse {
  kRegister,  // makes the record, adds what is new
  kLook,      // checks, dry runs: changes nothing
  // Explanations and purges: changes nothing, and whatever is wrong with the record, also that it
  // is gone, the last good values serve.
  kRemember,
};

struct Word {
  bool enabled = true;
  Json config;                      // not yet validated
  std::set<std::string> from_form;  // keys of `config` that the form gave
  bool kept = false;                // ThreatQ did not answer: these are the last good values
  std::optional<Error> lacks;       // why it is not enough to work with
};

class FormSettings {
 public:
  // `link`: null only with config_source file. Everything outlives this.
  FormSettings(const Ground& ground, ThreatqLink* link) : ground_(ground), link_(link) {}

  void use(ThreatqLink* link) { link_ = link; }

  // What stands in the file's `config` wins over the form, key by key.
  Result<Word> read(const PluginSchema& schema, FormUse use);

  // The values were good: they are kept for a time without ThreatQ.
  void keep(const Word& word);

  // A switch that is off stays off while ThreatQ is away; the values kept before stay.
  void keep_switched_off(const Word& word);

  // Best effort: tells the record, and asks for a private OAuth pair when none is kept.
  void report(const LastRun& run);

 private:
  Result<Word> read_file();
  Result<Word> read_record(const PluginSchema& schema, FormUse use);
  void recall();
  void write(KeptForm form);
  std::optional<Word> last_good() const;
  void fill_in_hidden(const Form& form, const std::map<std::string, Json>& values, Word* word);
  Result<void> take_secrets(const Form& form, const Json& config) const;
  void put_file_over_form(Word* word) const;
  void adopt_pair();

  const Ground& ground_;
  ThreatqLink* link_;
  std::unique_ptr<Connector> connector_;
  std::string record_;                // its id; empty: not known
  std::string name_;                  // of the record
  std::optional<KeptForm> last_;      // of this record
  std::optional<std::string> other_;  // the name of the record that served before this one
};

}  // namespace tq
