// SPDX-License-Identifier: Apache-2.0
// A program of its own: the arena belongs to the process.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/secret.h"

namespace attestd::base {
namespace {

// The block of /proc/self/smaps that holds an address.
std::string Mapping(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  std::string block;
  bool inside = false;
  while (std::getline(smaps, line)) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      const auto wanted = reinterpret_cast<unsigned long>(address);
      inside = wanted >= begin && wanted < end;
    }
    if (inside) {
      block += line + "\n";
    }
  }
  return block;
}

TEST_CASE("The secret memory is locked, left out of dumps, and says when it is full") {
  const auto memory = InitSecretMemory(size_t{1} << 20);
  REQUIRE(memory.ok());
  {
    const auto secret = Secret::Copy(AsBytes("where am I"));
    REQUIRE(secret.ok());
    const std::string mapping = Mapping(secret->view().data());
    CHECK(mapping.find("VmFlags:") != std::string::npos);
    CHECK(mapping.find(" dd") != std::string::npos);
    CHECK((mapping.find(" lo") != std::string::npos) == memory->locked);
    const auto plain = std::make_unique<std::string>("an ordinary string, on the heap");
    CHECK(Mapping(plain->data()).find(" dd") == std::string::npos);
  }
  std::vector<Secret> taken;
  absl::Status status;
  while (status.ok() && taken.size() < 100) {
    auto secret = Secret::Allocate(size_t{128} << 10);
    status = secret.status();
    if (secret.ok()) {
      taken.push_back(*std::move(secret));
    }
  }
  CHECK(absl::IsResourceExhausted(status));
  CHECK(GetReason(status) == Reason::kBusy);
  CHECK(taken.size() == 8);
  taken.clear();
  CHECK(Secret::Allocate(size_t{128} << 10).ok());
}

}  // namespace
}  // namespace attestd::base
