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

Backend Device(std::string name, bool fake) {
  Backend backend = Platform(std::move(name), fake, Present);
  backend.device = true;
  return backend;
}

TEST_CASE("SelectBackend takes a device neither by auto nor by name, and says where it belongs") {
  const std::vector<Backend> backends = {Device("nvidia", false), Platform("tpm", false, Present)};
  CHECK((*SelectBackend(backends, "auto", {}))->name == "tpm");
  const auto named = SelectBackend(backends, "nvidia", {});
  CHECK(absl::IsInvalidArgument(named.status()));
  CHECK_THAT(std::string(named.status().message()),
             Catch::Contains("[tee] devices") && Catch::Contains("one of: auto, tpm"));
  const std::vector<Backend> devices = {Device("nvidia", false)};
  CHECK(absl::IsFailedPrecondition(SelectBackend(devices, "auto", {}).status()));
}

// "tpm:+there" for what is present, "*" in front of what was chosen.
std::string Told(const std::vector<Detected>& explained) {
  std::string text;
  for (const Detected& detected : explained) {
    text += (text.empty() ? "" : "; ") + std::string(detected.chosen ? "*" : "") + detected.name +
            ": " + detected.why;
  }
  return text;
}

TEST_CASE("ExplainChoice tells of each backend, in order, what was seen and why it was chosen") {
  const std::vector<Backend> backends = {
      Platform("snp", false, Absent), Platform("tdx", false, Present),
      Platform("tpm", false, Present), Device("nvidia", false), Platform("sample", true, Present)};
  const auto by_auto =
      ExplainChoice(backends, {.word = "auto", .backend = "tdx", .devices = {"nvidia"}}, {});
  CHECK(Told(by_auto) ==
        "snp: not there; *tdx: auto: the first that is there; tpm: auto found another first; "
        "*nvidia: named by [tee] devices; sample: a fake: only by [tee] backend");
  CHECK(by_auto[0].probe.seen == "/dev/void is not there");
  CHECK(by_auto[2].probe.present);
  const auto by_name =
      ExplainChoice(backends, {.word = "tpm", .backend = "tpm", .devices = {}}, {});
  CHECK(Told(by_name) ==
        "snp: [tee] backend names another; tdx: [tee] backend names another; *tpm: named by [tee] "
        "backend; nvidia: a device: only by [tee] devices; sample: a fake: only by [tee] backend");
  const auto fake =
      ExplainChoice(backends, {.word = "sample", .backend = "sample", .devices = {}}, {});
  CHECK(fake[4].chosen);
  CHECK(fake[4].why == "named by [tee] backend");
}

TEST_CASE("ExplainChoice tells of a platform that appeared after the choice") {
  const std::vector<Backend> backends = {Platform("snp", false, Present),
                                         Platform("tpm", false, Present)};
  CHECK(Told(ExplainChoice(backends, {.word = "auto", .backend = "tpm", .devices = {}}, {})) ==
        "snp: was not there when attestd started; *tpm: auto: the first that is there");
}

}  // namespace
}  // namespace attestd::tee
