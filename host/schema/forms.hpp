// SPDX-License-Identifier: Apache-2.0
// The forms of text that JSON schema leaves open: hosts, URLs, paths, addresses, times. Pure
// functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tq {

// "host", "host:port", "[v6]:port", a bare IPv6 address, or an http or https URL. No user names.
bool is_host(std::string_view text);

// A pasted URL cut to host[:port], trimmed. "http://" stays, because it says that TLS is not
// wanted.
std::string cut_host(std::string_view text);

// A host that speaks https only, cut and in the one spelling: lower case, without the dot that may
// end a name and without ":443", IPv6 in brackets. What is no host, or has http://, is only cut.
std::string https_host(std::string_view text);

// "http://...", in any letter case.
bool is_plain_http(std::string_view text);

// An absolute http or https URL without user name, blanks and control characters.
bool is_url(std::string_view text);

// "scheme:..." with the characters of RFC 3986.
bool is_uri(std::string_view text);

bool is_ipv4(const std::string& text);

// RFC 3339, with offset: "2026-11-23T08:30:00Z".
bool is_date(std::string_view text);
bool is_time(std::string_view text);
bool is_date_time(std::string_view text);

bool is_absolute_path(std::string_view text);

// "http://user:***@host" when there is a password; any other text as it is.
std::string mask_url_password(std::string_view url);
bool has_url_password(std::string_view url);

}  // namespace tq
