// SPDX-License-Identifier: Apache-2.0
// What this host serves: the services and facets that a plugin may ask for.
#pragma once

#include "load/registry.hpp"

namespace tq {

HostOffer host_offer();

}  // namespace tq
