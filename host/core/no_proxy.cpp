// SPDX-License-Identifier: Apache-2.0
#include "core/no_proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/idn.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLongestName = 253;
constexpr size_t kLongestLabel = 63;
constexpr size_t kNotFound = std::string_view::npos;

Error never(const std::string& why) { return {Status::kConfig, why}; }

// The bytes of an address, 4 or 16; empty: it is none.
std::string address_bytes(const std::string& text) {
  char bytes[16];
  for (const int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, text.c_str(), bytes) == 1)
      return std::string(bytes, family == AF_INET ? 4 : 16);
  return {};
}

std::string address_text(const std::string& bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::optional<unsigned> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  while (true) {
    const size_t dot = std::min(name.find('.'), name.size());
    const std::string_view label = name.substr(0, dot);
    const bool fits =
        !label.empty() && label.size() <= kLongestLabel &&
        std::all_of(label.begin(), label.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
    if (!fits) return false;
    if (dot == name.size()) return true;
    name.remove_prefix(dot + 1);
  }
}

// "10.", "10.*" and "10.99.0.*" begin addresses of IPv4. Empty: that is none of them.
std::string first_octets(std::string_view text) {
  const bool open = text.ends_with('.') || text.ends_with(".*");
  if (!open) return {};
  while (text.ends_with(".*")) text.remove_suffix(2);
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string octets;
  while (!text.empty()) {
    const size_t dot = std::min(text.find('.'), text.size());
    const auto octet = number(text.substr(0, dot), 255);
    if (!octet) return {};
    octets += static_cast<char>(*octet);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return octets.size() < 4 ? octets : std::string();
}

// A system's resolver takes "127.1" and "0x7f000001" for addresses, everybody else for names.
bool ends_like_an_address(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return last.starts_with("0x") || last.find_first_not_of("0123456789") == kNotFound;
}

std::string bad_name(std::string_view name) {
  if (name.find('*') != kNotFound)
    return "\"*\" stands alone, before a dot at the beginning, or at the end of an IPv4 address";
  return "it is no host name, address or net";
}

bool same_net(const std::string& net, const std::string& address, size_t bits) {
  if (net.size() != address.size()) return false;
  const size_t bytes = bits / 8;
  if (net.compare(0, bytes, address, 0, bytes) != 0) return false;
  if (bits % 8 == 0) return true;
  const int differ =
      static_cast<unsigned char>(net[bytes]) ^ static_cast<unsigned char>(address[bytes]);
  return (differ >> (8 - bits % 8)) == 0;
}

// Cuts the port off, if there is one: "host:port", "[v6]:port".
Result<std::optional<uint16_t>> cut_port(std::string_view* text) {
  std::string_view port;
  if (text->starts_with('[')) {
    const size_t end = text->find(']');
    if (end == kNotFound) return never("it has a \"[\" without \"]\"");
    port = text->substr(end + 1);
    *text = text->substr(1, end - 1);
    if (!port.empty() && port.front() != ':') return never("a port is to follow its brackets");
  } else if (std::count(text->begin(), text->end(), ':') == 1) {
    const size_t colon = text->find(':');
    port = text->substr(colon);
    *text = text->substr(0, colon);
  }
  if (port.empty()) return std::optional<uint16_t>();
  const auto value = number(port.substr(1), 65'535);
  if (!value || *value == 0) return never("its port is no number from 1 to 65535");
  return std::optional<uint16_t>(static_cast<uint16_t>(*value));
}

}  // namespace

Result<NoProxy> NoProxy::parse(std::string_view word) {
  const std::string lower = to_lower(trim(word));
  std::string_view text = lower;
  NoProxy out;
  if (text.find("://") != kNotFound) return never("it is a URL; write the host alone");
  if (const size_t slash = text.find('/'); slash != kNotFound) {
    out.kind_ = Kind::kNet;
    out.text_ = address_bytes(std::string(text.substr(0, slash)));
    if (out.text_.empty()) return never("what stands before its \"/\" is no address");
    const auto bits = number(text.substr(slash + 1), static_cast<unsigned>(8 * out.text_.size()));
    if (!bits)
      return never("behind its \"/\" a number from 0 to " + std::to_string(8 * out.text_.size()) +
                   " is needed");
    out.bits_ = *bits;
    return out;
  }
  TQ_ASSIGN(out.port_, cut_port(&text));
  if (text == "*") return out;
  if (const std::string octets = first_octets(text); !octets.empty()) {
    out.kind_ = Kind::kNet;
    out.bits_ = 8 * octets.size();
    out.text_ = octets + std::string(4 - octets.size(), '\0');
    return out;
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  if (const std::string bytes = address_bytes(std::string(text)); !bytes.empty()) {
    out.kind_ = Kind::kHost;
    out.text_ = address_text(bytes);
    return out;
  }
  if (text.starts_with("*.")) text.remove_prefix(1);
  const bool suffix = text.starts_with('.');
  TQ_ASSIGN(const std::string name, to_a_labels(suffix ? text.substr(1) : text));
  if (!is_name(name)) return never(bad_name(name));
  if (!suffix && ends_like_an_address(name))
    return never("it looks like an address and is none; a net is written as 10.0.0.0/8 or 10.");
  out.kind_ = suffix ? Kind::kSuffix : Kind::kHost;
  out.text_ = suffix ? "." + name : name;
  return out;
}

bool NoProxy::exempts(const std::string& host, uint16_t port) const {
  if (port_ && *port_ != port) return false;
  switch (kind_) {
    case Kind::kAny:
      return true;
    case Kind::kHost:
      return host == text_;
    case Kind::kSuffix:
      return host.ends_with(text_) || host == std::string_view(text_).substr(1);
    case Kind::kNet:
      return same_net(text_, address_bytes(host), bits_);
  }
  return false;
}

std::vector<std::string> no_proxy_words(std::string_view text) {
  std::string blanks_for_commas(text);
  std::replace(blanks_for_commas.begin(), blanks_for_commas.end(), ',', ' ');
  for (char& c : blanks_for_commas)
    if (kBlanks.find(c) != kNotFound) c = ' ';
  return split_list(blanks_for_commas, ' ');
}

}  // namespace tq
