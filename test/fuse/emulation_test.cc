// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/hash.h"
#include "test/fuse/mount_or_skip.h"
#include "test/support/process.h"

// The stand-ins are held to what the real kernel does: the probes run in the VM of test/vm too.
namespace attestd::fake_tee {
namespace {

// The lines of a probe's output that say FAIL.
std::vector<std::string> Failures(const std::vector<std::string>& argv) {
  const auto result = test::RunProcess({.argv = argv, .env = {}}, absl::Seconds(60));
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  REQUIRE(result->out.find("ok: ") != std::string::npos);
  std::istringstream lines(result->out);
  std::vector<std::string> failures;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("FAIL") != std::string::npos) {
      failures.push_back(line.substr(line.find("FAIL")));
    }
  }
  return failures;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("configfs-tsm behaves as the kernel's, but for lseek") {
  const std::string provider = GENERATE(std::string("sev_guest"), std::string("tdx_guest"));
  MOUNT_OR_SKIP(mount, provider);
  // FUSE offers pread only together with lseek.
  CHECK(Failures({ATTESTD_ABI_PROBE, provider, mount.report_root(), mount.File("faults")}) ==
        std::vector<std::string>{"FAIL: lseek: ESPIPE"});
}

TEST_CASE("The devices behave as the kernel's") {
  const auto [provider, device] = GENERATE(
      table<std::string, std::string>({{"sev_guest", "sev-guest"}, {"tdx_guest", "tdx_guest"}}));
  MOUNT_OR_SKIP(mount, provider);
  CHECK(Failures({ATTESTD_DEVICE_PROBE, provider, mount.File(device)}).empty());
}

TEST_CASE("RTMRs extend by SHA-384, and the firmware's are read-only") {
  MOUNT_OR_SKIP(mount, "tdx_guest", {"--mrconfigid", std::string(96, 'a')});
  CHECK(ReadAll(mount.File("measurements/mrconfigid")) == std::string(48, '\xaa'));
  const std::string path = mount.File("measurements/rtmr3:sha384");
  CHECK(ReadAll(path) == std::string(48, '\0'));
  const std::string digest(48, 'd');
  const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  CHECK(::write(fd.get(), digest.data(), 47) == -1);
  CHECK(::write(fd.get(), digest.data(), 48) == 48);
  const auto extended =
      base::Hash(base::HashAlgorithm::kSha384, base::AsBytes(std::string(48, '\0') + digest));
  REQUIRE(extended.ok());
  CHECK(ReadAll(path) == base::AsText(*extended));
  const std::string firmware = mount.File("measurements/rtmr1:sha384");
  CHECK_FALSE(base::UniqueFd(::open(firmware.c_str(), O_WRONLY | O_CLOEXEC)).valid());
}

TEST_CASE("A fault command that makes no sense is refused") {
  MOUNT_OR_SKIP(mount, "echo");
  const std::string command =
      GENERATE(std::string("outblob"), std::string("nowhere error EIO"),
               std::string("outblob error EODD"), std::string("outblob empty 1 often"),
               std::string("outblob error EIO 0"), std::string("outblob error EIO 1 1"));
  CAPTURE(command);
  CHECK_FALSE(mount.Control(command).ok());
  CHECK(mount.Control("outblob error EIO 1\nclear\n").ok());
}

}  // namespace
}  // namespace attestd::fake_tee
