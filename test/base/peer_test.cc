// SPDX-License-Identifier: Apache-2.0
#include "base/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

namespace attestd::base {
namespace {

TEST_CASE("The kernel says who is behind a unix socket") {
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  const UniqueFd one(pair[0]);
  const UniqueFd other(pair[1]);
  const auto peer = ReadPeer(one.get());
  REQUIRE(peer.ok());
  REQUIRE(peer->has_value());
  CHECK((*peer)->uid == ::geteuid());
  CHECK((*peer)->gid == ::getegid());
  CHECK((*peer)->pid == ::getpid());
  const auto cgroup = ReadPeerCgroup(one.get(), **peer);
  REQUIRE(cgroup.ok());
  CHECK(cgroup->starts_with("/"));
  // A number that is another process's now, or none, is not looked up.
  CHECK(
      absl::IsUnavailable(ReadPeerCgroup(one.get(), Peer{.uid = 0, .gid = 0, .pid = 0}).status()));
}

TEST_CASE("Of TCP nobody is known, and of no socket there is an error") {
  const UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto peer = ReadPeer(tcp.get());
  REQUIRE(peer.ok());
  CHECK_FALSE(peer->has_value());
  CHECK_FALSE(ReadPeer(-1).ok());
}

TEST_CASE("A container's id is found in its cgroup") {
  const std::string id(64, 'a');
  const std::string inner = std::string(63, '0') + "f";
  CHECK(ContainerId("/kubepods.slice/kubepods-pod12.slice/cri-containerd-" + id + ".scope") == id);
  CHECK(ContainerId("/kubepods/burstable/pod7/" + id) == id);
  CHECK(ContainerId("/machine.slice/libpod-" + id + ".scope/container") == id);
  CHECK(ContainerId("/docker/" + id + "/docker/" + inner) == inner);
  CHECK(ContainerId("/system.slice/attestd.service").empty());
  CHECK(ContainerId("/" + std::string(65, 'a')).empty());
  CHECK(ContainerId("/" + std::string(63, 'a') + "G").empty());
  CHECK(ContainerId("").empty());
}

}  // namespace
}  // namespace attestd::base
