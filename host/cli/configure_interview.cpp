// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_interview.hpp"

#include <algorithm>
#include <ostream>

#include "core/ends.hpp"
#include "core/text.hpp"
#include "schema/host_fields.hpp"

namespace tq {
namespace {

constexpr int kLogInAttempts = 3;
constexpr size_t kServersTextBytesMost = 2000;
constexpr const char* kDefaultStatus = "Review";

bool has_blanks(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

Result<void> check_username(const std::string& text) {
  const size_t at = text.find('@');
  if (at != std::string::npos && at > 0 && at + 1 < text.size() && at == text.rfind('@') &&
      !has_blanks(text))
    return {};
  return Error{Status::kConfig,
               "\"" + printable(text, 100) +
                   "\" is no e-mail address of a ThreatQ user; it has one \"@\" and "
                   "no blanks, as in tqhost@example.com"};
}

Result<void> check_client_id(const std::string& text) {
  if (text.empty()) return Error{Status::kConfig, "a ThreatQ Client ID is needed"};
  if (has_blanks(text)) return Error{Status::kConfig, "a ThreatQ Client ID has no blanks in it"};
  return {};
}

Result<void> check_password(const std::string& text) {
  if (text.empty()) return Error{Status::kConfig, "a password is needed"};
  return {};
}

// The name as ThreatQ writes it.
Result<std::string> status_named(const std::string& text,
                                 const std::vector<std::string>& statuses) {
  const std::string wanted = text.empty() ? kDefaultStatus : text;
  for (const std::string& status : statuses)
    if (equal_no_case(status, wanted)) return status;
  return Error{Status::kConfig,
               "ThreatQ has no status \"" + printable(wanted, 60) +
                   "\"; it has: " + printable(join(statuses, ", "), kServersTextBytesMost)};
}

}  // namespace

Result<void> ConfigureInterview::hold() {
  if (values_.from_threatq() || subject_.uses_threatq()) {
    TQ_TRY(host());
    if (!values_.by_oauth_pair()) TQ_TRY(client_id());
    TQ_TRY(account());
    TQ_TRY(status());
  }
  return values_.from_threatq() ? Result<void>() : settings();
}

bool ConfigureInterview::asked(SaidBy by) const {
  return prompter_.interactive() && (by == SaidBy::kNobody || by == SaidBy::kEarlier);
}

Result<void> ConfigureInterview::ask(const std::string& key,
                                     std::function<Result<void>(const std::string&)> check,
                                     bool again) {
  SaidText& said = values_.texts[key];
  const FieldText field = host_field(key);
  Question question;
  question.label = field.title;
  question.help = field.help;
  if (again || said.by == SaidBy::kEarlier) question.current = said.text;
  question.check = std::move(check);
  TQ_ASSIGN(const Secret answer, prompter_.ask(question));
  if (answer.reveal() != said.text || said.by == SaidBy::kNobody)
    said = {std::string(answer.reveal()), SaidBy::kPerson};
  return {};
}

// Under a drop-in name the host is always asked, as in the guides, and may be left empty.
Result<void> ConfigureInterview::host(bool again) {
  constexpr const char* kKey = "threatq.host";
  SaidText& said = values_.texts[kKey];
  const bool dynamic = subject_.drop_in && prompter_.interactive() && !again;
  if (!dynamic && !again && !asked(said.by)) return try_host(said.text);
  if (dynamic && said.by == SaidBy::kEnvironment) said = {};
  const auto check = [&](const std::string& text) {
    return dynamic && text.empty() ? Result<void>() : try_host(text);
  };
  TQ_TRY(ask(kKey, check, again));
  if (!said.text.empty()) return {};
  TQ_ASSIGN(said.text, host_when_empty(config_, context_.sources.environment));
  return try_host(said.text);
}

Result<void> ConfigureInterview::try_host(const std::string& text) {
  if (text.empty()) return Error{Status::kConfig, "a ThreatQ Host is needed: its name or address"};
  TQ_ASSIGN(origin_, parse_host(text, config_.allow_plain_http));
  auto reached = trial_.reach(origin_);
  if (reached || reached.error().status != Status::kConfig || !prompter_.interactive())
    return reached;
  return offer_trust(origin_, std::move(reached.error()));
}

// Appliances come with a certificate that nobody else has signed.
Result<void> ConfigureInterview::offer_trust(const Origin& origin, Error refusal) {
  const auto certificate = trial_.untrusted_certificate(origin);
  if (!certificate) return refusal;
  if (!certificate->also_lacks.empty()) return Error{Status::kConfig, certificate->also_lacks};
  context_.out << "No authority that this machine trusts has signed the certificate of "
               << origin.text() << ":\n  subject      "
               << printable(certificate->subject, kServersTextBytesMost) << "\n  issuer       "
               << printable(certificate->issuer, kServersTextBytesMost) << "\n  valid until  "
               << certificate->not_after << "\n  SHA-256      " << certificate->fingerprint << '\n';
  TQ_ASSIGN(const bool yes, prompter_.confirm("Trust this certificate?", false));
  if (!yes) return refusal;
  TQ_TRY(trial_.trust(*certificate));
  return trial_.reach(origin);
}

Result<void> ConfigureInterview::client_id(bool again) {
  const SaidText& said = values_.texts["threatq.client_id"];
  if (again || asked(said.by)) return ask("threatq.client_id", check_client_id, again);
  return check_client_id(said.text);
}

Result<void> ConfigureInterview::username(bool again) {
  const SaidText& said = values_.texts["threatq.username"];
  if (again || asked(said.by)) return ask("threatq.username", check_username, again);
  return check_username(said.text);
}

Result<void> ConfigureInterview::password(bool again) {
  SaidSecret& said = values_.password;
  if (!again && !asked(said.by)) return {};
  const FieldText field = host_field("threatq.password");
  const bool may_stay = !again && said.by == SaidBy::kEarlier;
  Question question;
  question.label = field.title;
  question.help = field.help;
  question.secret = true;
  question.current = may_stay ? "unchanged" : "";
  if (!may_stay) question.check = check_password;
  TQ_ASSIGN(Secret answer, prompter_.ask(question));
  if (!answer.empty()) said = {std::move(answer), nullptr, {}, SaidBy::kPerson};
  return {};
}

Result<Secret> ConfigureInterview::password_text() const {
  const SaidSecret& said = values_.password;
  if (!said.text.empty() || !said.known()) return said.text;
  return resolve_secret({said.reference, said.place}, config_, context_.sources.environment);
}

// A refused log-in is asked for again; anything else that fails, a second try would not better.
Result<void> ConfigureInterview::account() {
  for (int attempt = 1;; ++attempt) {
    ThreatqOptions options;
    options.origin = origin_;
    options.client_id = values_.text("threatq.client_id");
    if (values_.by_oauth_pair()) {
      TQ_ASSIGN(const Secret id,
                resolve_secret(values_.oauth_id, config_, context_.sources.environment));
      options.oauth_id = id.reveal();
      TQ_ASSIGN(options.oauth_secret,
                resolve_secret(values_.oauth_secret, config_, context_.sources.environment));
    } else {
      if (attempt == 1) {
        TQ_TRY(username(false));
        TQ_TRY(password(false));
      }
      options.username = values_.text("threatq.username");
      TQ_ASSIGN(options.password, password_text());
    }
    const std::string unseen =
        note_invisible_ends({{"the client ID", options.client_id},
                             {"the username", options.username},
                             {"the password", options.password.reveal()},
                             {"the OAuth client ID", options.oauth_id},
                             {"the OAuth client secret", options.oauth_secret.reveal()}});
    auto done = trial_.log_in(std::move(options));
    if (done) return done;
    if (done.error().status == Status::kAuth) done.error().message += unseen;
    const bool refused =
        done.error().status == Status::kAuth && prompter_.interactive() && !values_.by_oauth_pair();
    if (refused && attempt < kLogInAttempts) {
      TQ_TRY(ask_again(done.error()));
      continue;
    }
    if (refused)
      done.error().message +=
          "; these were " + std::to_string(kLogInAttempts) +
          " refused log-ins, so it is not tried again: look up the user and the Client ID in "
          "ThreatQ, then type the same command";
    // The configuration is well formed; it was the log-in that failed.
    if (done.error().status == Status::kConfig) done.error().status = Status::kAuth;
    return done;
  }
}

// ThreatQ does not say what of it was wrong.
Result<void> ConfigureInterview::ask_again(const Error& refusal) {
  context_.out << refusal.message
               << "\nAny of these may be wrong; Enter keeps what stands in brackets, control-C "
                  "stops.\n";
  TQ_TRY(host(/*again=*/true));
  TQ_TRY(client_id(/*again=*/true));
  TQ_TRY(username(/*again=*/true));
  return password(/*again=*/true);
}

Result<void> ConfigureInterview::status() {
  constexpr const char* kKey = "default_status";
  SaidText& said = values_.texts[kKey];
  TQ_ASSIGN(const std::vector<std::string> statuses, trial_.statuses());
  const auto check = [&](const std::string& text) -> Result<void> {
    TQ_TRY(status_named(text, statuses));
    return {};
  };
  if (asked(said.by)) TQ_TRY(ask(kKey, check));
  TQ_ASSIGN(const std::string name, status_named(said.text, statuses));
  if (name != said.text && said.by != SaidBy::kEnvironment) said.by = SaidBy::kPerson;
  said.text = name;
  return {};
}

Result<void> ConfigureInterview::settings() {
  if (!prompter_.interactive()) return {};
  for (const FormField& field : subject_.form.fields)
    if (field.required && !values_.settings.contains(field.key) &&
        values_.setting_secrets.count(field.key) == 0)
      TQ_TRY(ask_setting(field));
  return {};
}

Result<void> ConfigureInterview::ask_setting(const FormField& field) {
  const auto configured = [&](const std::string& text) {
    return config_from_form(subject_.form, {{field.key, Json(text)}});
  };
  Question question;
  question.label = field.label;
  question.help = field.help;
  question.secret = field.mask;
  question.check = [&](const std::string& text) -> Result<void> {
    PluginSettings ignored;
    const std::string at = pointer_join("", field.key);
    for (const Problem& problem : subject_.schema->apply(configured(text), &ignored))
      if (problem.pointer.rfind(at, 0) == 0)
        return Error{Status::kConfig, field.label + " " + problem.message};
    return {};
  };
  TQ_ASSIGN(Secret answer, prompter_.ask(question));
  if (field.mask) {
    values_.setting_secrets[field.key] = {std::move(answer), nullptr, {}, SaidBy::kPerson};
  } else {
    values_.settings[field.key] = configured(std::string(answer.reveal()))[field.key];
  }
  return {};
}

}  // namespace tq
