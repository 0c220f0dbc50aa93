// SPDX-License-Identifier: Apache-2.0
#include "agent/reception.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/handle.h"

namespace attestd::agent {
namespace {

class Lab {
 public:
  explicit Lab(size_t of_each = 3, size_t most = 5) {
    LimitsConfig limits;
    limits.connections = of_each;
    reception_ = std::make_unique<Reception>(limits, most, *audit_);
  }

  absl::StatusOr<base::CallerRef> Come(const AccessConfig& access) {
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    sockets_.emplace_back(pair[0]);
    sockets_.emplace_back(pair[1]);
    return reception_->Admit(pair[0], access);
  }

 private:
  const std::unique_ptr<Audit> audit_ = *Audit::Open({.enabled = false, .file = ""});
  std::vector<base::UniqueFd> sockets_;
  std::unique_ptr<Reception> reception_;
};

AccessConfig Of(const std::string& principal) {
  AccessConfig access;
  access.principal = principal;
  return access;
}

TEST_CASE("Who is let in has a name and what the kernel says") {
  Lab lab;
  const auto caller = lab.Come(Of("app"));
  REQUIRE(caller.ok());
  CHECK((*caller)->principal == "app");
  REQUIRE((*caller)->peer.has_value());
  CHECK((*caller)->peer->uid == ::geteuid());
  CHECK((*caller)->peer->pid == ::getpid());
}

TEST_CASE("A uid that is not in allow_uids is not let in") {
  Lab lab;
  AccessConfig access = Of("app");
  access.uids = {::geteuid() + 1, ::geteuid() + 2};
  const auto stranger = lab.Come(access);
  CHECK(absl::IsPermissionDenied(stranger.status()));
  CHECK(base::GetReason(stranger.status()) == base::Reason::kNotAllowed);
  access.uids.push_back(::geteuid());
  CHECK(lab.Come(access).ok());
}

TEST_CASE("A cgroup that is not in allow_cgroups is not let in") {
  Lab lab;
  AccessConfig access = Of("app");
  access.cgroups = {"/no/such/cgroup", "/nor/this/*"};
  CHECK(absl::IsPermissionDenied(lab.Come(access).status()));
  access.cgroups.emplace_back("/*");
  CHECK(lab.Come(access).ok());
}

TEST_CASE("Of a socket that does not say who connects, nobody is let in by uid") {
  Lab lab;
  const base::UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto audit = *Audit::Open({.enabled = false, .file = ""});
  Reception reception({}, 5, *audit);
  AccessConfig access = Of("app");
  CHECK(reception.Admit(tcp.get(), access).ok());
  access.uids = {::geteuid()};
  CHECK(absl::IsPermissionDenied(reception.Admit(tcp.get(), access).status()));
}

TEST_CASE("A principal has so many connections, all together so many, and systemd any number") {
  Lab lab;
  std::vector<base::CallerRef> inside;
  for (int i = 0; i < 3; ++i) {
    inside.push_back(*lab.Come(Of("app")));
  }
  CHECK(base::GetReason(lab.Come(Of("app")).status()) == base::Reason::kTooManyRequests);
  inside.push_back(*lab.Come(Of("other")));
  inside.push_back(*lab.Come(Of("third")));
  CHECK(absl::IsResourceExhausted(lab.Come(Of("fourth")).status()));
  AccessConfig systemd = Of("systemd");
  systemd.never_refuse = true;
  inside.push_back(*lab.Come(systemd));
  // Whoever leaves makes room at once.
  inside.clear();
  CHECK(lab.Come(Of("app")).ok());
}

}  // namespace
}  // namespace attestd::agent
