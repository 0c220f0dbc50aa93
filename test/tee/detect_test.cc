// SPDX-License-Identifier: Apache-2.0
#include "tee/detect.h"

#include <catch2/catch.hpp>
#include <vector>

namespace attestd::tee {
namespace {

Backend Platform(std::string name, bool fake, ProbeResult (*probe)(const Settings&)) {
  Backend backend;
  backend.name = std::move(name);
  backend.fake = fake;
  backend.probe = probe;
  return backend;
}

ProbeResult Present(const Settings& /*settings*/) { return {.present = true, .seen = "there"}; }

ProbeResult Absent(const Settings& /*settings*/) {
  return {.present = false, .seen = "/dev/void is not there"};
}

ProbeResult PresentWhenSet(const Settings& settings) {
  return {.present = settings.contains("tcti"), .seen = "looked at tcti"};
}

struct Row {
  std::string what;
  std::vector<Backend> backends;
  std::string word;
  std::string chosen;  // empty: an error
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message;  // part of the error's text
};

std::vector<Row> Rows() {
  const Backend snp = Platform("snp", false, Absent);
  const Backend tpm = Platform("tpm", false, Present);
  const Backend gone = Platform("tpm", false, Absent);
  const Backend sample = Platform("sample", true, Present);
  const auto missing = absl::StatusCode::kFailedPrecondition;
  const auto invalid = absl::StatusCode::kInvalidArgument;
  return {
      {"auto takes the one that is present", {snp, tpm, sample}, "auto", "tpm", {}, ""},
      {"auto keeps to the order", {tpm, Platform("tdx", false, Present)}, "auto", "tpm", {}, ""},
      {"auto never takes a fake", {sample, tpm}, "auto", "tpm", {}, ""},
      {"auto with only a fake", {sample}, "auto", "", missing, "this build probes for none"},
      {"auto tells each probe",
       {snp, gone},
       "auto",
       "",
       missing,
       "snp: /dev/void is not there; tpm: /dev/void is not there"},
      {"auto tells what to set",
       {gone, sample},
       "auto",
       "",
       missing,
       "set [tee] backend to one of: auto, tpm, sample"},
      {"a name is taken without a probe", {gone}, "tpm", "tpm", {}, ""},
      {"a fake is taken by name", {tpm, sample}, "sample", "sample", {}, ""},
      {"an unknown name", {tpm, sample}, "sgx", "", invalid, "auto, tpm, sample"},
      {"an empty name", {tpm}, "", "", invalid, "no backend \"\""},
      {"names are exact", {tpm}, "TPM", "", invalid, "no backend \"TPM\""},
  };
}

TEST_CASE("SelectBackend chooses by name, or the first present platform that is no fake") {
  const std::vector<Row> rows = Rows();
  const Row& row = rows[GENERATE_COPY(range(size_t{0}, rows.size()))];
  INFO(row.what);
  const auto backend = SelectBackend(row.backends, row.word, {});
  if (row.chosen.empty()) {
    REQUIRE_FALSE(backend.ok());
    CHECK(backend.status().code() == row.code);
    CHECK_THAT(std::string(backend.status().message()), Catch::Contains(row.message));
  } else {
    REQUIRE(backend.ok());
    CHECK((*backend)->name == row.chosen);
  }
}

TEST_CASE("SelectBackend hands each probe the backend's own settings") {
  const std::vector<Backend> backends = {Platform("tpm", false, PresentWhenSet)};
  CHECK_FALSE(SelectBackend(backends, "auto", {}).ok());
  CHECK_FALSE(SelectBackend(backends, "auto", {{"snp", {{"tcti", "x"}}}}).ok());
  CHECK(SelectBackend(backends, "auto", {{"tpm", {{"tcti", "x"}}}}).ok());
}

TEST_CASE("SelectBackend says that the device is missing when auto finds nothing") {
  const std::vector<Backend> backends = {Platform("tpm", false, Absent)};
  CHECK(base::GetReason(SelectBackend(backends, "auto", {}).status()) ==
        base::Reason::kDeviceMissing);
}

}  // namespace
}  // namespace attestd::tee
