// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_PEER_NAME_H_
#define ATTESTD_AGENT_PEER_NAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attestd::agent {

// gRPC tells a method of its caller only the peer's address, which of a unix socket is empty, or
// whatever the client chose. It asks for it, by getpeername(2), when it is given the connection.
// While this lives, that call answers on this thread with a name of ours instead.
class PeerName {
 public:
  explicit PeerName(uint64_t id);
  PeerName(const PeerName&) = delete;
  PeerName& operator=(const PeerName&) = delete;
  ~PeerName();

  // The id, from what grpc::ServerContext::peer() says.
  static std::optional<uint64_t> Parse(std::string_view peer);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_PEER_NAME_H_
