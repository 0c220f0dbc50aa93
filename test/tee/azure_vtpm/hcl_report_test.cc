// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/hcl_report.h"

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "test/fakes/paravisor.h"
#include "test/fakes/tpm_quote_builder.h"
#include "test/support/vectors.h"

namespace attestd::tee::azure_vtpm {
namespace {

using fakes::ParavisorSpec;

const base::Bytes& AkSpki() {
  static const base::Bytes kSpki = *fakes::FakeAk::Rsa(2048)->SpkiDer();
  return kSpki;
}

ParavisorSpec Spec(Kind kind = Kind::kSnp) {
  return {.kind = kind,
          .ak_spki = AkSpki(),
          .hardware = fakes::UnsignedReport(kind),
          .image_size = 2600};
}

void SetU32(base::Bytes& image, size_t offset, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) {
    image.at(offset + i) = static_cast<uint8_t>(value >> (8 * i));
  }
}

bool IsBound(const HclReport& report) {
  const base::Bytes digest = *RuntimeDataDigest(report);
  const base::Bytes found = *HardwareReportData(report);
  return found.size() == 64 && std::equal(digest.begin(), digest.end(), found.begin());
}

TEST_CASE("An HCL report of either kind is taken apart") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const base::Bytes user_data(48, 0xab);
  const auto report = ParseHclReport(fakes::HclImage(Spec(kind), user_data));
  REQUIRE(report.ok());
  CHECK(report->kind == kind);
  CHECK(TeeName(report->kind) == (kind == Kind::kSnp ? "az-snp-vtpm" : "az-tdx-vtpm"));
  CHECK(report->hash_type == 1);
  CHECK(report->hardware_report.size() == (kind == Kind::kSnp ? 1184 : 1024));
  CHECK(base::AsText(report->runtime_data) == fakes::RuntimeData(AkSpki(), user_data));
  CHECK(IsBound(*report));
  const auto claims = ParseRuntimeClaims(report->runtime_data);
  REQUIRE(claims.ok());
  CHECK(*claims->ak.ToSpkiDer() == AkSpki());
  base::Bytes padded = user_data;
  padded.resize(64);
  CHECK(claims->user_data == padded);
  CHECK(GetSnpIdentity(*report).ok() == (kind == Kind::kSnp));
}

TEST_CASE("The identity of an SNP guest's processor is read from its report") {
  const auto report = ParseHclReport(fakes::HclImage(Spec(), {}));
  CHECK(*GetSnpIdentity(*report) ==
        SnpIdentity{.chip_id = base::Bytes(64, 1), .reported_tcb = base::Bytes(8, 2)});
}

struct Lie {
  std::string what;
  std::function<void(base::Bytes&)> tell;
  std::string message;
};

TEST_CASE("Case 82: an HCL report whose fields lie is refused by name") {
  const uint32_t size = static_cast<uint32_t>(fakes::RuntimeData(AkSpki(), {}).size());
  const std::vector<Lie> lies = {
      {"signature", [](auto& image) { image[0] ^= 1; }, "HCLA"},
      {"report_size", [](auto& image) { SetU32(image, 8, 0); }, "report_size"},
      {"report_size 2^32-1", [](auto& image) { SetU32(image, 8, ~0U); }, "report_size"},
      {"data_size", [](auto& image) { SetU32(image, 1216, 19); }, "data_size"},
      {"data_size 2^32-1", [](auto& image) { SetU32(image, 1216, ~0U); }, "data_size"},
      {"sum wraps",
       [](auto& image) {
         SetU32(image, 1232, ~0U - 19);
         SetU32(image, 1216, 0);
       },
       "data_size"},
      {"report_type VBS", [](auto& image) { SetU32(image, 1224, 3); }, "report_type"},
      {"report_type 0", [](auto& image) { SetU32(image, 1224, 0); }, "report_type"},
      {"runtime data one longer", [&](auto& image) { SetU32(image, 1232, size + 1); }, "data_size"},
      {"runtime data past the end",
       [](auto& image) {
         SetU32(image, 1232, 5000);
         SetU32(image, 1216, 5020);
         SetU32(image, 8, 5020 + 1216);
       },
       "offset"},
      {"cut in the runtime data", [](auto& image) { image.resize(1300); }, "offset"},
      {"cut in the header", [](auto& image) { image.resize(31); }, "offset"},
      {"empty", [](auto& image) { image.clear(); }, "offset"},
      {"too long", [](auto& image) { image.resize(kMaxHclReportSize + 1); }, "16 KiB"},
  };
  const Lie& lie = lies[GENERATE_COPY(range(size_t{0}, lies.size()))];
  CAPTURE(lie.what);
  base::Bytes image = fakes::HclImage(Spec(), {});
  REQUIRE(ParseHclReport(image).ok());
  lie.tell(image);
  const auto report = ParseHclReport(image);
  CHECK(absl::IsInvalidArgument(report.status()));
  CHECK_THAT(std::string(report.status().message()), Catch::Contains(lie.message));
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("Case 82: runtime data that is deep, huge or lacks the key is refused") {
  const std::string good = fakes::RuntimeData(AkSpki(), {});
  const std::string jwk = good.substr(9, good.find('}') - 8);
  const auto bad = GENERATE_COPY(values<std::pair<std::string, std::string>>({
      {"", "JSON"},
      {"[]", "object"},
      {"null", "object"},
      {R"({"keys":)" + Nested(1000) + "}", "JSON"},
      {R"({"keys":[],"x":)" + std::string(4000, '1') + "}", "JSON"},
      {"{\"keys\":[],\"x\":[0" +
           [] {
             std::string many;
             for (int i = 0; i < 2000; ++i) {
               many += ",0";
             }
             return many;
           }() +
           "]}",
       "JSON"},
      {"{}", "keys"},
      {R"({"keys":1})", "keys"},
      {R"({"keys":[1]})", "object"},
      {R"({"keys":[]})", "HCLAkPub"},
      {R"({"keys":[{"kid":"HCLEkPub"}]})", "HCLAkPub"},
      {R"({"keys":[{"kid":"HCLAkPub"}]})", "kty"},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"EC"}]})", "kty"},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"RSA"}]})", "\"e\""},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB"}]})", "\"n\""},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"","n":"AQAB"}]})", "1 to 4"},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQABAQAB","n":"AQAB"}]})", "1 to 4"},
      {R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"+/+/"}]})", "n: "},
      {R"({"keys":[)" + jwk + "," + jwk + "]}", "two keys"},
      {R"({"keys":[)" + jwk + R"(],"user-data":7})", "user-data"},
      {R"({"keys":[)" + jwk + R"(],"user-data":"0"})", "user-data"},
      {good + "x", "JSON"},
  }));
  CAPTURE(bad.first.substr(0, 100));
  const auto claims = ParseRuntimeClaims(base::AsBytes(bad.first));
  CHECK(absl::IsInvalidArgument(claims.status()));
  CHECK_THAT(std::string(claims.status().message()),
             Catch::StartsWith("HCL runtime data") && Catch::Contains(bad.second));
  CHECK(ParseRuntimeClaims(base::AsBytes(R"({"keys":[)" + jwk + "]}"))->user_data.empty());
}

struct Recorded {
  std::string name;
  size_t size;
  Kind kind;
  bool user_data;
};

TEST_CASE("Recorded HCL reports parse, and their runtime data is bound") {
  const auto recorded = GENERATE(values<Recorded>({
      {"az-snp-vtpm/hcl-report.bin", 2600, Kind::kSnp, true},
      {"az-common/hcl-report-snp-2048.bin", 2048, Kind::kSnp, false},
      {"az-common/hcl-report-tdx.bin", 2600, Kind::kTdx, true},
      {"az-tdx-vtpm/hcl-report.bin", 2600, Kind::kTdx, true},
  }));
  const std::optional<std::string> image = test::ReadVector(recorded.name);
  if (!image.has_value()) {
    return;
  }
  CAPTURE(recorded.name);
  CHECK(image->size() == recorded.size);
  const auto report = ParseHclReport(base::AsBytes(*image));
  REQUIRE(report.ok());
  CHECK(report->kind == recorded.kind);
  CHECK(IsBound(*report));
  const auto claims = ParseRuntimeClaims(report->runtime_data);
  REQUIRE(claims.ok());
  CHECK(claims->user_data.size() == (recorded.user_data ? 64 : 0));
  CHECK(claims->ak.bits() == 2048);
  // One byte of the runtime data: the binding is gone.
  std::string changed = *image;
  changed[0x600] ^= 1;
  CHECK_FALSE(IsBound(*ParseHclReport(base::AsBytes(changed))));
}

TEST_CASE("Recorded runtime data alone parses") {
  const std::optional<std::string> text = test::ReadVector("az-common/var-data.bin");
  const std::optional<std::string> pem = test::ReadVector("az-common/akpub.pem");
  if (!text.has_value() || !pem.has_value()) {
    return;
  }
  const auto claims = ParseRuntimeClaims(base::AsBytes(*text));
  REQUIRE(claims.ok());
  CHECK(base::PublicKey::FromPem(*pem).ok());
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
