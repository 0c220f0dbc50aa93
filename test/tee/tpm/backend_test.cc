// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <catch2/catch.hpp>
#include <string>

#include "tee/detect.h"

namespace attestd::tee {
namespace {

const Backend& TpmBackend() {
  static const std::vector<Backend> kBackends = BuiltInBackends();
  return **SelectBackend(kBackends, "tpm", {});
}

TEST_CASE("The tpm backend takes a device or an emulator by TCTI") {
  const std::string tcti = GENERATE("device:/dev/tpmrm0", "device:/dev/tpm0",
                                    "swtpm:", "swtpm:host=127.0.0.1,port=2321");
  CHECK(TpmBackend().validate({{"tcti", tcti}}).ok());
}

TEST_CASE("The tpm backend refuses other transports, naming the key") {
  const std::string tcti = GENERATE("", "device", "device:", "/dev/tpmrm0", "mssim:port=2321",
                                    "cmd:rm -r /", "tabrmd", "pcap:device:/dev/tpm0");
  const absl::Status status = TpmBackend().validate({{"tcti", tcti}});
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("tcti: "));
}

TEST_CASE("The tpm backend takes only persistent handles of the owner") {
  const auto validate = [](int64_t handle) {
    return TpmBackend().validate({{"ak_handle", handle}});
  };
  CHECK(validate(0x81000000).ok());
  CHECK(validate(0x81010002).ok());
  CHECK(validate(0x817fffff).ok());
  for (const int64_t handle : {int64_t{-1}, int64_t{0}, int64_t{0x80000000}, int64_t{0x80ffffff},
                               int64_t{0x81800000}, int64_t{0x181010002}}) {
    const absl::Status status = validate(handle);
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Catch::StartsWith("ak_handle: "));
  }
}

TEST_CASE("The tpm probe looks for the device node, and trusts an emulator's name") {
  const auto probe = [](const std::string& tcti) { return TpmBackend().probe({{"tcti", tcti}}); };
  CHECK(probe("device:/dev/null").present);
  CHECK(probe("device:/dev/null").seen == "/dev/null is there");
  CHECK_FALSE(probe("device:/nonexistent/tpm").present);
  CHECK_THAT(probe("device:/nonexistent/tpm").seen, Catch::StartsWith("/nonexistent/tpm"));
  CHECK(probe("swtpm:host=127.0.0.1,port=1").present);
  CHECK_THAT(probe("swtpm:host=127.0.0.1,port=1").seen, Catch::Contains("configured by name"));
}

TEST_CASE("The tpm source says which device is missing and what to do") {
  const auto source = TpmBackend().create({{"tcti", "device:/nonexistent/tpm"}}, {});
  const absl::Status status = source->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("/nonexistent/tpm") && Catch::Contains("[tpm] tcti"));
}

TEST_CASE("The tpm source refuses a node that is no TPM and keeps running") {
  const auto source = TpmBackend().create({{"tcti", "device:/dev/null"}}, {});
  const absl::Status status = source->Check();
  CHECK_FALSE(status.ok());
  CHECK_THAT(std::string(status.message()), Catch::Contains("/dev/null"));
}

}  // namespace
}  // namespace attestd::tee
