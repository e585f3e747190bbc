// SPDX-License-Identifier: Apache-2.0
#include "worker/offer.hpp"

namespace tq {

HostOffer host_offer() {
  HostOffer offer;
  offer.services = {TQP_LOG, TQP_RUN, TQP_CONFIG, TQP_STATE, TQP_HTTP, TQP_THREATQ, TQP_METRICS};
  offer.facets = {TQP_FACET_JOB,     TQP_FACET_LISTENER, TQP_FACET_CHECK,
                  TQP_FACET_EXPLAIN, TQP_FACET_PURGE,    TQP_FACET_VERIFY};
  return offer;
}

}  // namespace tq
