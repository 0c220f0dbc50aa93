// SPDX-License-Identifier: Apache-2.0
#include "tee/nvidia/nvidia_source.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "tee/backend.h"

namespace attestd::tee::nvidia {

Backend MakeBackend();

namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(10)); }

// What the stand-in library is to get wrong, until the end of the test.
class Wish {
 public:
  explicit Wish(const std::string& what) { ::setenv("FAKE_NVML", what.c_str(), 1); }
  ~Wish() { ::unsetenv("FAKE_NVML"); }
  Wish(const Wish&) = delete;
  Wish& operator=(const Wish&) = delete;
};

absl::StatusOr<evidence::Evidence> Collect(const base::Bytes& bytes,
                                           base::Deadline deadline = Soon()) {
  return NvidiaSource(FAKE_NVML_LIBRARY).Collect(*evidence::ReportData::Create(bytes), deadline);
}

TEST_CASE("NVIDIA evidence lists each GPU with report and certificates in base64") {
  const auto evidence = Collect(base::Bytes(32, 0x5a));
  REQUIRE(evidence.ok());
  const auto json = base::ParseJson(evidence->json);
  REQUIRE(json.ok());
  const base::Json& list = (*json)["device_evidence_list"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["arch"] == "HOPPER");
  CHECK(list[1]["arch"] == "BLACKWELL");
  CHECK(list[0]["uuid"] == "GPU-0000");
  CHECK(list[1]["uuid"] == "GPU-1111");
  const auto certificate = base::Base64Decode(list[0]["certificate"].get<std::string>());
  CHECK(base::AsText(*certificate) == "-----BEGIN CERTIFICATE-----\n");
}

TEST_CASE("The nonce of the SPDM request is the report data, cut or padded to 32 bytes") {
  const size_t size = GENERATE(size_t{0}, size_t{20}, size_t{32}, size_t{48});
  const auto evidence = Collect(base::Bytes(size, 0x5a));
  REQUIRE(evidence.ok());
  const auto json = base::ParseJson(evidence->json);
  base::Bytes nonce(size, 0x5a);
  nonce.resize(32, 0);
  for (const auto& gpu : (*json)["device_evidence_list"]) {
    const auto report = base::Base64Decode(gpu["evidence"].get<std::string>());
    REQUIRE(report.ok());
    REQUIRE(report->size() == 39);
    CHECK(base::HexEncode(*report) == "11e001ff" + base::HexEncode(nonce) + "00" + "1160");
  }
}

struct Failure {
  std::string wish;
  absl::StatusCode code;
  std::string words;
};

TEST_CASE("What the library answers wrong is named with GPU and step") {
  constexpr auto kBroken = absl::StatusCode::kFailedPrecondition;
  const Failure row = GENERATE(
      Failure{"init", kBroken, "nvmlInit_v2"}, Failure{"no gpu", kBroken, "no GPU was found"},
      Failure{"old gpu", kBroken, "GPU 0 is of architecture 8; expected Hopper"},
      Failure{"not confidential", kBroken,
              "GPU 0: nvmlDeviceGetConfComputeGpuAttestationReport: Not Supported"},
      Failure{"timeout", absl::StatusCode::kUnavailable, "GPU 1: "},
      Failure{"empty report", kBroken, "report of 0 bytes"},
      Failure{"short report", kBroken, "report of 36 bytes"},
      Failure{"report size", kBroken, "report of 8193 bytes"},
      Failure{"certificate size", kBroken, "chain of 5121 bytes"},
      Failure{"other nonce", kBroken, "our nonce at byte 4"});
  const Wish wish(row.wish);
  const auto evidence = Collect(base::Bytes(32, 0x5a));
  REQUIRE_FALSE(evidence.ok());
  CHECK(evidence.status().code() == row.code);
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains(row.words));
}

TEST_CASE("A GPU without a UUID is unknown, which costs nothing") {
  const Wish wish("uuid");
  const auto evidence = Collect({});
  REQUIRE(evidence.ok());
  CHECK_THAT(evidence->json, Catch::Contains(R"("uuid":"unknown")"));
}

TEST_CASE("A library that is not there is named, with what to install") {
  NvidiaSource source("libattestd-not-there.so.1");
  const auto status = source.Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("libattestd-not-there.so.1") && Catch::Contains("install"));
  CHECK(NvidiaSource(FAKE_NVML_LIBRARY).Check().ok());
}

TEST_CASE("A library of another kind is refused by the function that it lacks") {
  const auto status = NvidiaSource("libz.so.1").Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("no function nvmlInit_v2"));
}

TEST_CASE("No GPU is asked when the time is over") {
  CHECK(
      absl::IsDeadlineExceeded(Collect({}, base::Deadline::After(absl::ZeroDuration())).status()));
}

TEST_CASE("The backend is a device, and its library a name or an absolute path") {
  const Backend backend = MakeBackend();
  CHECK(backend.device);
  CHECK_FALSE(backend.fake);
  CHECK(backend.validate({{"library", "/opt/nvidia/libnvidia-ml.so.1"}}).ok());
  CHECK(backend.validate({{"library", "libnvidia-ml.so.535"}}).ok());
  const std::string wrong = GENERATE("", "lib/x.so", "./x.so");
  CHECK_THAT(std::string(backend.validate({{"library", wrong}}).message()),
             Catch::Contains("library"));
}

}  // namespace
}  // namespace attestd::tee::nvidia
