// SPDX-License-Identifier: Apache-2.0
// What a command gets of its secrets: variables and descriptors.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ctl/environment_block.h"
#include "ctl/secret_fd.h"

namespace attestd::ctl {
namespace {

std::vector<std::string> Variables(EnvironmentBlock& block) {
  std::vector<std::string> variables;
  for (char* const* variable = block.pointers(); *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

TEST_CASE("EnvironmentBlock adds secrets and takes the place of what had their name") {
  std::string path = "PATH=/bin";
  std::string old = "KEY=old";
  std::string similar = "KEYS=kept";
  std::string odd = "odd";
  const std::array<char*, 5> inherited = {path.data(), old.data(), similar.data(), odd.data(),
                                          nullptr};
  auto block = EnvironmentBlock::Create(
      inherited.data(), {{"KEY", base::AsBytes("new")}, {"EMPTY", base::AsBytes("")}});
  REQUIRE(block.ok());
  EnvironmentBlock moved = *std::move(block);
  CHECK(Variables(moved) ==
        std::vector<std::string>{"PATH=/bin", "KEYS=kept", "odd", "EMPTY=", "KEY=new"});
}

TEST_CASE("EnvironmentBlock refuses what no variable can hold, and does not quote it") {
  const std::array<char*, 1> none = {nullptr};
  const std::string nul("se\0cret", 7);
  const std::string longest((128U << 10) - 3, 'x');  // beside "K=" and the NUL
  const auto with_nul = EnvironmentBlock::Create(none.data(), {{"K", base::AsBytes(nul)}});
  REQUIRE(absl::IsInvalidArgument(with_nul.status()));
  CHECK(with_nul.status().message() ==
        "--env K: the secret has a NUL byte, which no variable can hold; use --fd");
  CHECK(EnvironmentBlock::Create(none.data(), {{"K", base::AsBytes(longest)}}).ok());
  CHECK(absl::IsInvalidArgument(
      EnvironmentBlock::Create(none.data(), {{"KK", base::AsBytes(longest)}}).status()));
}

TEST_CASE("FillFd gives a descriptor that can be read from the start and never changed") {
  auto fd = ReserveFd(200);
  REQUIRE(fd.ok());
  CHECK(fd->get() == 200);
  CHECK(::fcntl(200, F_GETFD) == FD_CLOEXEC);
  CHECK(absl::IsInvalidArgument(ReserveFd(200).status()));
  REQUIRE(FillFd(*fd, base::AsBytes("secret")).ok());
  CHECK(::fcntl(200, F_GETFD) == 0);
  std::array<char, 16> buffer{};
  CHECK(::read(200, buffer.data(), buffer.size()) == 6);
  CHECK(std::string(buffer.data()) == "secret");
  CHECK(::pwrite(200, "x", 1, 0) == -1);
  CHECK(::ftruncate(200, 1) == -1);
  CHECK(::ftruncate(200, 100) == -1);
  CHECK(::mmap(nullptr, 6, PROT_WRITE, MAP_SHARED, 200, 0) == MAP_FAILED);
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  CHECK((::fcntl(200, F_GET_SEALS) & kSeals) == kSeals);
}

}  // namespace
}  // namespace attestd::ctl
