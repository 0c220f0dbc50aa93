// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_BROKER_SESSION_H_
#define ATTESTD_BENCH_BROKER_SESSION_H_

#include <string>

#include "base/status.h"
#include "bench/bare_get.h"
#include "evidence/collector.h"
#include "kbs_client/handshake.h"

namespace attestd::bench {

struct BrokerOptions {
  std::string url;
  std::string ca_file;
  std::string resource;  // repository/type/tag
};

// An attested session of this process with the broker, over one kept connection of libcurl: the
// parts of attestd's warm path without attestd.
class BrokerSession {
 public:
  static absl::StatusOr<BrokerSession> Open(const BrokerOptions& options,
                                            evidence::Collector& collector);

  // GETs the resource and unwraps nothing; the body.
  absl::StatusOr<std::string> Get() { return get_.Get(); }
  // Parses and decrypts a body that Get returned.
  absl::Status Unwrap(const std::string& body) const;

 private:
  BrokerSession(kbs::Session session, const BrokerOptions& options);

  kbs::Session session_;
  BareGet get_;
};

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_BROKER_SESSION_H_
