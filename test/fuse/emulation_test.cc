// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/hash.h"
#include "test/fuse/fault_plan.h"
#include "test/fuse/mount_or_skip.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

// The stand-ins are held to what the real kernel does: the probes run in the VM of test/vm too.
namespace attestd::fake_tee {
namespace {

// The lines of a probe's output that say FAIL. The probe must have come to its end and passed at
// least so many checks.
std::vector<std::string> Failures(const std::vector<std::string>& argv, int least_passed) {
  const auto result = test::RunProcess({.argv = argv, .env = {}}, absl::Seconds(60));
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  INFO(result->out << result->err);
  std::istringstream lines(result->out);
  std::vector<std::string> failures;
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    if (line.find("FAIL") != std::string::npos) {
      failures.push_back(line.substr(line.find("FAIL")));
    }
  }
  int passed = 0;
  int failed = 0;
  REQUIRE(std::sscanf(last.c_str(), "%*s %d passed, %d failed", &passed, &failed) == 2);
  CHECK(passed >= least_passed);
  CHECK(failed == static_cast<int>(failures.size()));
  CHECK(result->exit == (failures.empty() ? 0 : 1));
  return failures;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("configfs-tsm behaves as the kernel's, but for lseek") {
  const auto [provider, checks] =
      GENERATE(table<std::string, int>({{"sev_guest", 49}, {"tdx_guest", 44}}));
  MOUNT_OR_SKIP(mount, provider);
  // FUSE offers pread only together with lseek.
  CHECK(Failures({ATTESTD_ABI_PROBE, provider, mount.report_root(), mount.File("faults")},
                 checks) == std::vector<std::string>{"FAIL: lseek: ESPIPE"});
}

TEST_CASE("The devices behave as the kernel's") {
  const auto [provider, device, checks] = GENERATE(table<std::string, std::string, int>(
      {{"sev_guest", "sev-guest", 13}, {"tdx_guest", "tdx_guest", 5}}));
  MOUNT_OR_SKIP(mount, provider);
  CHECK(Failures({ATTESTD_DEVICE_PROBE, provider, mount.File(device)}, checks).empty());
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
               std::string("outblob error EIO 0"), std::string("outblob error EIO 1 1"),
               std::string("outblob emtpy 1"), std::string("outblob huge much"));
  CAPTURE(command);
  CHECK_FALSE(mount.Control(command).ok());
  CHECK(mount.Control("outblob error EIO 1\nclear\n").ok());
}

TEST_CASE("A fault that no part would use is refused by its name") {
  const auto [command, named] = GENERATE(table<std::string, std::string>(
      {{"outblob emtpy 1", "outblob knows no fault emtpy"},
       {"auxblob wrong-nonce 1", "auxblob knows no fault wrong-nonce"},
       {"mkdir stale 1", "mkdir knows no fault stale"},
       {"sev-guest late 1", "sev-guest knows no fault late"},
       {"tdx-guest garbage 1", "tdx-guest knows no fault garbage"},
       {"tpm foreign 1", "tpm knows no fault foreign"},
       {"open", "expected WHERE WHAT"},
       {"somewhere delay 1", "\"somewhere delay 1\": there is no place"},
       {"inblob delay soon", "\"inblob delay soon\": it takes a number"},
       {"paravisor corrupt", "\"paravisor corrupt\": it takes a number"},
       {"outblob patch 7", "\"outblob patch 7\": it takes OFFSET:HEX"},
       {"sev-guest patch x:00", "it takes OFFSET:HEX"},
       {"auxblob patch 1:00", "auxblob knows no fault patch"},
       {"auxblob file", "\"auxblob file\": it takes a word"},
       {"paravisor error", "\"paravisor error\": not the name of an error"},
       {"provider text", "\"provider text\": it takes a word"}}));
  FaultPlan plan;
  // The lines before it are not taken over either.
  const absl::Status status = plan.Apply("outblob empty 1\n" + command + "\n");
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains(named));
  CHECK_FALSE(plan.Take("outblob", "empty").has_value());
}

TEST_CASE("A patch changes the bytes that it names and no others, once") {
  FaultPlan plan;
  REQUIRE(plan.Apply("outblob patch 1:eeff 1\noutblob patch 3:0102 1\n").ok());
  base::Bytes bytes = {1, 2, 3, 4};
  plan.Patch("sev-guest", bytes);
  CHECK(bytes == base::Bytes{1, 2, 3, 4});
  plan.Patch("outblob", bytes);
  CHECK(bytes == base::Bytes{1, 0xee, 0xff, 4});
  plan.Patch("outblob", bytes);  // it would reach past the end
  plan.Patch("outblob", bytes);  // there is none left
  CHECK(bytes == base::Bytes{1, 0xee, 0xff, 4});
}

TEST_CASE("A file takes the place of a blob, once") {
  const test::TempDir folder;
  std::ofstream(folder.File("blob")) << "from a file";
  FaultPlan plan;
  REQUIRE(plan.Apply("auxblob file " + folder.File("blob") + " 1\n").ok());
  CHECK(plan.Replace("auxblob", {1, 2}) == base::ToBytes(base::AsBytes("from a file")));
  CHECK(plan.Replace("auxblob", {1, 2}) == base::Bytes{1, 2});
}

TEST_CASE("Every place can fail and be slow") {
  const std::string where =
      GENERATE(std::string("mkdir"), std::string("privlevel"), std::string("inblob"),
               std::string("outblob"), std::string("auxblob"), std::string("generation"),
               std::string("provider"), std::string("sev-guest"), std::string("tdx-guest"),
               std::string("tpm"), std::string("paravisor"), std::string("open"));
  FaultPlan plan;
  REQUIRE(plan.Apply(where + " error EBUSY 1\n" + where + " delay 1 1\n").ok());
  CHECK(plan.Enter(where) == EBUSY);
  CHECK(plan.Enter(where) == 0);
  CHECK(plan.Counts() == where + " 2\n");
}

}  // namespace
}  // namespace attestd::fake_tee
