// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_KBS_CONFIG_H_
#define ATTESTD_AGENT_KBS_CONFIG_H_

#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "kbs_client/protocol.h"
#include "kbs_client/tee_key.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [[kbs]]
struct BrokerConfig {
  enum class Kind {
    kKbs,
    kOfflineFs,  // secrets from files of this VM
  };
  Kind kind = Kind::kKbs;
  std::string name;
  int64_t priority = 0;  // the lowest is asked first
  // kOfflineFs: files in guest-components' form, of which a later one wins.
  std::vector<std::string> files;

  std::string url;  // without a trailing slash
  bool allow_http = false;
  bool allow_loopback = false;
  std::string ca_file;
  std::vector<std::string> pins;
  std::string client_cert_file;
  std::string client_key_file;
  std::string proxy;
  std::string proxy_ca_file;
  std::string proxy_credentials_file;
  std::vector<kbs::Protocol> protocols = {kbs::Protocol::k040, kbs::Protocol::k020};
  kbs::TeeKeyKind tee_key = kbs::TeeKeyKind::kEcP256;
  bool bearer = false;          // requests carry the token instead of the cookie
  std::string passport_from;    // the broker whose token they carry; empty: its own
  bool export_tee_key = false;  // tokens come with the private key that they name

  bool operator==(const BrokerConfig&) const = default;
};

// [failover]: for requests that name no broker.
struct FailoverConfig {
  // Ask the next broker too when one has not answered for so long; infinite: never.
  absl::Duration hedge_after = absl::InfiniteDuration();

  bool operator==(const FailoverConfig&) const = default;
};

absl::StatusOr<BrokerConfig> ReadBroker(base::TomlTable table);
absl::StatusOr<FailoverConfig> ReadFailover(base::TomlTable table);
// Each passport_from names another [[kbs]] that attests by itself.
absl::Status CheckPassports(const std::vector<BrokerConfig>& brokers);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_KBS_CONFIG_H_
