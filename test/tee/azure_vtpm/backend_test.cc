// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <catch2/catch.hpp>
#include <string>

#include "tee/detect.h"

namespace attestd::tee {
namespace {

const Backend& AzureBackend() {
  static const std::vector<Backend> kBackends = BuiltInBackends();
  return **SelectBackend(kBackends, "azure_vtpm", {});
}

TEST_CASE("The azure_vtpm backend takes its settings, and the defaults") {
  CHECK(AzureBackend().validate({}).ok());
  const Settings settings = GENERATE(
      Settings{{"tcti", "device:/dev/tpm0"}}, Settings{{"tcti", "swtpm:port=1"}},
      Settings{{"kind", "auto"}}, Settings{{"kind", "snp"}}, Settings{{"kind", "tdx"}},
      Settings{{"evidence_version", int64_t{0}}}, Settings{{"evidence_version", int64_t{1}}},
      Settings{{"evidence_version", int64_t{2}}}, Settings{{"imds", "http://169.254.169.254"}},
      Settings{{"imds", "http://169.254.169.254/"}}, Settings{{"imds", "http://127.0.0.1:8080"}},
      Settings{{"imds", "http://[::1]:80"}});
  const absl::Status status = AzureBackend().validate(settings);
  INFO(status.ToString());
  CHECK(status.ok());
}

struct Bad {
  std::string key;
  std::variant<std::string, int64_t, bool> value;
};

TEST_CASE("The azure_vtpm backend refuses other settings, naming the key") {
  const Bad bad = GENERATE(
      Bad{"tcti", "/dev/tpm0"}, Bad{"tcti", "device:"}, Bad{"tcti", ""}, Bad{"kind", ""},
      Bad{"kind", "sgx"}, Bad{"evidence_version", int64_t{3}}, Bad{"evidence_version", int64_t{-1}},
      Bad{"imds", ""}, Bad{"imds", "169.254.169.254"}, Bad{"imds", "https://169.254.169.254"},
      Bad{"imds", "http://example.org"}, Bad{"imds", "http://localhost"},
      Bad{"imds", "http://10.0.0.1"}, Bad{"imds", "http://169.255.169.254"},
      Bad{"imds", "http://169.254.169.254.example.org"}, Bad{"imds", "http://127.0.0.1/path"},
      Bad{"imds", "http://u:p@127.0.0.1"}, Bad{"imds", "http://127.0.0.1?q"},
      Bad{"imds", "file:///etc/passwd"}, Bad{"imds", "http://[fd00::1]"});
  const absl::Status status = AzureBackend().validate({{bad.key, bad.value}});
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(bad.key + ": "));
}

TEST_CASE("Case 84: the azure_vtpm probe names a device that is missing, forbidden or no TPM") {
  const std::string path = GENERATE("/nonexistent/tpm", "/dev/null");
  const ProbeResult result = AzureBackend().probe({{"tcti", "device:" + path}});
  CHECK_FALSE(result.present);
  CHECK_THAT(result.seen, Catch::Contains(path));
}

TEST_CASE("An azure_vtpm source whose kind cannot be told says so and what to do") {
  const auto source = AzureBackend().create({{"tcti", "device:/nonexistent/tpm"}}, {});
  REQUIRE(source != nullptr);
  CHECK(source->tee() == "azure_vtpm");
  const absl::Status status = source->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("[azure_vtpm] kind") && Catch::Contains("/nonexistent/tpm"));
  CHECK(absl::IsFailedPrecondition(
      source->Collect(*evidence::ReportData::Create({}), base::Deadline::Infinite()).status()));
}

TEST_CASE("An azure_vtpm source of a configured kind touches no device before Check") {
  const std::string kind = GENERATE("snp", "tdx");
  const auto source =
      AzureBackend().create({{"tcti", "device:/nonexistent/tpm"}, {"kind", kind}}, {});
  CHECK(source->tee() == "az-" + kind + "-vtpm");
  CHECK(base::GetReason(source->Check()) == base::Reason::kDeviceMissing);
}

}  // namespace
}  // namespace attestd::tee
