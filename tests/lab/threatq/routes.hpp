// SPDX-License-Identifier: Apache-2.0
// Which handler answers which call, and what the caller needs for it. Pure functions over a fixed
// table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/threatq/handlers.hpp"

namespace lab::threatq {

enum class Needs {
  kNoToken,         // nor any lock
  kNoTokenButLock,  // the lock for writing
  kToken,           // whatever the caller's rights
  kRead,
  kWrite,
};

using Handler = Response (*)(State&, const Call&);

struct Route {
  std::string_view method;
  // {id}: digits; {kind}: a kind of objects; {hash}: anything.
  std::string_view pattern;
  Needs needs;
  Handler handler;
};

struct FoundRoute {
  const Route* route = nullptr;
  std::vector<std::string> parts;
  bool other_method = false;  // the path is known, but not with this method
};

FoundRoute find_route(const Catalogue& catalogue, std::string_view method, std::string_view path);

}  // namespace lab::threatq
