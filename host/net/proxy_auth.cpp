// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_auth.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPDigestCredentials.h>
#include <Poco/Net/HTTPRequest.h>

#include <algorithm>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "net/ntlm.hpp"

namespace tq {
namespace {

constexpr int kMostRounds = 6;  // one without a word, two of NTLM, some nonces that had become old
constexpr size_t kLongestParameter = 4096;

Error reason(std::string text) { return {Status::kConfig, std::move(text), {}, 407}; }

bool has_word(std::string_view list, std::string_view word) {
  const auto words = split_list(list);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& each) { return equal_no_case(each, word); });
}

// Poco computes MD5 without sessions, for the quality "auth" or none.
bool is_usual_digest(const Challenge& challenge) {
  const std::string* algorithm = challenge.find("algorithm");
  const std::string* quality = challenge.find("qop");
  const bool short_enough =
      std::all_of(challenge.parameters.begin(), challenge.parameters.end(),
                  [](const auto& each) { return each.second.size() <= kLongestParameter; });
  return challenge.find("nonce") != nullptr && challenge.find("realm") != nullptr && short_enough &&
         (algorithm == nullptr || equal_no_case(*algorithm, "MD5")) &&
         (quality == nullptr || has_word(*quality, "auth"));
}

// A quote or a backslash would end or change the quoted text that carries the user in Digest.
bool breaks_quotes(const std::string& user) {
  return user.find_first_of("\"\\") != std::string::npos;
}

// For people: "Digest (SHA-256), Negotiate".
std::string names_of(const std::vector<Challenge>& offers) {
  std::vector<std::string> names;
  for (const Challenge& offer : offers) {
    const std::string* algorithm = offer.find("algorithm");
    std::string name = offer.scheme;
    if (algorithm != nullptr && offer.is("Digest")) name += " (" + *algorithm + ")";
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return printable(join(names, ", "), 100);
}

bool is_stale(const std::vector<Challenge>& offers) {
  return std::any_of(offers.begin(), offers.end(), [](const Challenge& offer) {
    const std::string* stale = offer.find("stale");
    return offer.is("Digest") && stale != nullptr && equal_no_case(*stale, "true");
  });
}

}  // namespace

struct ProxyAuth::Digest {
  Poco::Net::HTTPDigestCredentials credentials;
  Poco::Net::HTTPAuthenticationParams challenge;
  bool answered = false;

  Digest(const std::string& user, const std::string& password) : credentials(user, password) {}
};

const char* scheme_name(ProxyScheme scheme) {
  switch (scheme) {
    case ProxyScheme::kBasic:
      return "Basic";
    case ProxyScheme::kDigest:
      return "Digest";
    case ProxyScheme::kNtlm:
      return "NTLM";
    case ProxyScheme::kUnknown:
      break;
  }
  return "none";
}

ProxyAuth::ProxyAuth(bool has_user, std::string user, std::string password)
    : has_user_(has_user), user_(std::move(user)), password_(std::move(password)) {}
ProxyAuth::~ProxyAuth() = default;

ProxyScheme ProxyAuth::scheme() const {
  const std::lock_guard lock(mutex_);
  return scheme_;
}

bool ProxyAuth::can_answer(const Challenge& challenge) const {
  if (challenge.is("Digest")) return is_usual_digest(challenge) && !breaks_quotes(user_);
  return challenge.is("NTLM") || challenge.is("Basic");
}

void ProxyAuth::learn(ProxyScheme scheme, const Challenge* challenge) {
  const std::lock_guard lock(mutex_);
  scheme_ = scheme;
  digest_.reset();
  if (scheme != ProxyScheme::kDigest) return;
  digest_ = std::make_unique<Digest>(user_, password_);
  for (const char* name : {"realm", "nonce", "opaque", "algorithm"})
    if (const std::string* value = challenge->find(name)) digest_->challenge.set(name, *value);
  if (challenge->find("qop") != nullptr) digest_->challenge.set("qop", "auth");
}

Result<std::string> ProxyAuth::basic() const { return "Basic " + base64(user_ + ":" + password_); }

Result<std::string> ProxyAuth::digest(const std::string& method, const std::string& target) {
  const std::lock_guard lock(mutex_);
  if (digest_ == nullptr) return std::string();  // another connection has learnt something else
  try {
    Poco::Net::HTTPRequest request(method, target, Poco::Net::HTTPMessage::HTTP_1_1);
    if (digest_->answered) {
      digest_->credentials.updateProxyAuthInfo(request);
    } else {
      digest_->credentials.proxyAuthenticate(request, digest_->challenge);
    }
    digest_->answered = true;
    return std::string(request.get("Proxy-Authorization"));
  } catch (const Poco::Exception& error) {
    return reason("its Digest challenge cannot be answered: " + printable(error.displayText()));
  }
}

ProxyLogin::ProxyLogin(ProxyAuth& auth, bool logged_in) : auth_(auth) {
  switch (auth.scheme()) {
    case ProxyScheme::kUnknown:
      break;
    case ProxyScheme::kBasic:
      next_ = Next::kBasic;
      break;
    case ProxyScheme::kDigest:
      next_ = Next::kDigest;
      break;
    case ProxyScheme::kNtlm:
      next_ = logged_in ? Next::kNothing : Next::kNtlmHello;
      break;
  }
}

Result<std::string> ProxyLogin::credentials(const std::string& method, const std::string& target) {
  sent_ = next_;
  switch (next_) {
    case Next::kNothing:
      break;
    case Next::kBasic:
      return auth_.basic();
    case Next::kDigest:
      return auth_.digest(method, target);
    case Next::kNtlmHello:
      return "NTLM " + ntlm_hello();
    case Next::kNtlmProof: {
      auto proof = ntlm_proof(auth_.user_, auth_.password_, ntlm_challenge_);
      if (!proof) return reason(proof.error().message);
      return "NTLM " + *proof;
    }
  }
  return std::string();
}

Error ProxyLogin::wrong_password() const {
  return reason(std::string("check the proxy's user and password, which it refuses by ") +
                scheme_name(auth_.scheme()));
}

Result<void> ProxyLogin::refused(const ResponseHead& head) {
  const std::vector<Challenge> offers = parse_challenges(head.fields, "Proxy-Authenticate");
  if (++rounds_ > kMostRounds) return reason("it asks again and again");
  const bool fits = std::any_of(offers.begin(), offers.end(),
                                [&](const Challenge& each) { return auth_.can_answer(each); });
  if (!offers.empty() && !fits) return nothing_fits(offers);
  if (!auth_.has_user_)
    return reason("it wants a user and a password" +
                  (offers.empty() ? std::string() : " (" + names_of(offers) + ")") +
                  "; put them into the proxy's URL");
  const bool learnt_before = std::exchange(remembered_, false);
  switch (sent_) {
    case Next::kNtlmHello:
      return go_on_with_ntlm(offers);
    case Next::kNtlmProof:
      return wrong_password();
    case Next::kDigest:
      if (!learnt_before && !is_stale(offers)) return wrong_password();
      break;
    case Next::kBasic:
      if (!learnt_before) return wrong_password();
      break;
    case Next::kNothing:
      break;
  }
  if (!choose(offers)) return nothing_fits(offers);
  return {};
}

Result<void> ProxyLogin::go_on_with_ntlm(const std::vector<Challenge>& offers) {
  for (const Challenge& offer : offers) {
    if (!offer.is("NTLM") || offer.token.empty()) continue;
    ntlm_challenge_ = offer.token;
    next_ = Next::kNtlmProof;
    return {};
  }
  return reason("it offers NTLM and does not go on with it");
}

// False: there is nothing to choose from.
bool ProxyLogin::choose(const std::vector<Challenge>& offers) {
  static constexpr std::pair<ProxyScheme, Next> kBestFirst[] = {
      {ProxyScheme::kDigest, Next::kDigest},
      {ProxyScheme::kNtlm, Next::kNtlmHello},
      {ProxyScheme::kBasic, Next::kBasic}};
  for (const auto& [scheme, next] : kBestFirst) {
    const char* name = scheme_name(scheme);
    const auto offer = std::find_if(offers.begin(), offers.end(), [&](const Challenge& each) {
      return each.is(name) && auth_.can_answer(each);
    });
    // Who does not say what is wanted mostly wants this.
    const bool unsaid = offers.empty() && scheme == ProxyScheme::kBasic;
    if (offer == offers.end() && !unsaid) continue;
    next_ = next;
    auth_.learn(scheme, unsaid ? nullptr : &*offer);
    return true;
  }
  return false;
}

Error ProxyLogin::nothing_fits(const std::vector<Challenge>& offers) const {
  if (std::any_of(offers.begin(), offers.end(),
                  [](const Challenge& each) { return each.is("Digest") && is_usual_digest(each); }))
    return reason("it offers " + names_of(offers) +
                  " alone, which cannot carry the quote or the backslash in the user's name");
  return reason("it offers " + names_of(offers) +
                " alone, which tqhost does not speak; have it offer Basic, Digest (MD5) or NTLM to "
                "this machine");
}

}  // namespace tq
