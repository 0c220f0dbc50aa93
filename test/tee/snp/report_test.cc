// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/report.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "test/fakes/snp_signer.h"
#include "test/support/vectors.h"

namespace attestd::tee::snp {
namespace {

using fakes::SnpSigner;

const SnpSigner& Signer(Generation generation) {
  const auto make = [](Generation wanted) {
    return SnpSigner::Create(
               {.generation = wanted,
                .tcb = {.fmc = {}, .bootloader = 10, .tee = 1, .snp = 23, .microcode = 0xdb}})
        .value();
  };
  static const SnpSigner milan = make(Generation::kMilan);
  static const SnpSigner genoa = make(Generation::kGenoa);
  static const SnpSigner turin = make(Generation::kTurin);
  return generation == Generation::kMilan   ? milan
         : generation == Generation::kGenoa ? genoa
                                            : turin;
}

base::Bytes SignedReport(Generation generation) {
  const SnpSigner& signer = Signer(generation);
  return signer.Sign(signer.TypicalReport(base::Bytes(64, 0x5a))).value();
}

// Of version 2, which tells its processor by the chip id only.
base::Bytes Version2() {
  const SnpSigner& signer = Signer(Generation::kMilan);
  Report report = signer.TypicalReport({});
  report.version = 2;
  report.cpuid_fam_id = report.cpuid_mod_id = report.cpuid_step = std::nullopt;
  report.chip_id.fill(0xc1);
  return signer.Sign(report).value();
}

}  // namespace

TEST_CASE("SnpReport is written back as it was read, for each processor and version") {
  const auto generation = GENERATE(Generation::kMilan, Generation::kGenoa, Generation::kTurin);
  const base::Bytes bytes = SignedReport(generation);
  REQUIRE(bytes.size() == kReportSize);
  const auto report = ParseReport(bytes);
  REQUIRE(report.ok());
  CHECK(GenerationOf(*report).value() == generation);
  CHECK(report->version == (generation == Generation::kTurin ? 5 : 3));
  CHECK(report->reported_tcb.bootloader == 10);
  CHECK(report->reported_tcb.snp == 23);
  CHECK(report->reported_tcb.microcode == 0xdb);
  CHECK(report->reported_tcb.fmc.has_value() == (generation == Generation::kTurin));
  CHECK(EncodeReport(*report).value() == bytes);
}

TEST_CASE("SnpReport lays out a TCB by the processor, not by the version") {
  const base::Bytes milan = SignedReport(Generation::kMilan);
  CHECK(base::HexEncode(base::ByteView(milan).subspan(0x180, 8)) == "0a010000000017db");
  const base::Bytes turin = SignedReport(Generation::kTurin);
  CHECK(base::HexEncode(base::ByteView(turin).subspan(0x180, 8)) == "010a0117000000db");

  const SnpSigner& genoa = Signer(Generation::kGenoa);
  Report report = genoa.TypicalReport({});
  report.version = 5;
  report.launch_mit_vector = 3;
  report.current_mit_vector = 7;
  const base::Bytes bytes = genoa.Sign(report).value();
  CHECK(base::HexEncode(base::ByteView(bytes).subspan(0x180, 8)) == "0a010000000017db");
  CHECK(ParseReport(bytes).value().current_mit_vector == 7);
}

TEST_CASE("SnpReport of version 2 tells its processor by the chip id") {
  base::Bytes bytes = Version2();
  REQUIRE(ParseReport(bytes).ok());
  CHECK(GenerationOf(ParseReport(bytes).value()).value() == Generation::kMilan);
  CHECK(EncodeReport(ParseReport(bytes).value()).value() == bytes);

  std::fill_n(bytes.begin() + 0x1a0, 64, uint8_t{0});
  CHECK(absl::IsInvalidArgument(ParseReport(bytes).status()));

  Report report;
  report.version = 2;
  report.chip_id = {1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(GenerationOf(report).value() == Generation::kTurin);
}

TEST_CASE("SnpReport knows AMD's families and models, and no others") {
  struct Row {
    uint8_t family;
    uint8_t model;
    std::optional<Generation> generation;
  };
  const auto row = GENERATE(values<Row>({{0x19, 0x00, Generation::kMilan},
                                         {0x19, 0x0f, Generation::kMilan},
                                         {0x19, 0x10, Generation::kGenoa},
                                         {0x19, 0x1f, Generation::kGenoa},
                                         {0x19, 0x20, std::nullopt},
                                         {0x19, 0x9f, std::nullopt},
                                         {0x19, 0xa0, Generation::kGenoa},
                                         {0x19, 0xaf, Generation::kGenoa},
                                         {0x19, 0xb0, std::nullopt},
                                         {0x1a, 0x00, Generation::kTurin},
                                         {0x1a, 0x11, Generation::kTurin},
                                         {0x1a, 0x12, std::nullopt},
                                         {0x17, 0x01, std::nullopt}}));
  Report report;
  report.version = 3;
  report.cpuid_fam_id = row.family;
  report.cpuid_mod_id = row.model;
  const auto generation = GenerationOf(report);
  CHECK(generation.ok() == row.generation.has_value());
  if (generation.ok()) {
    CHECK(*generation == row.generation);
  }
}

TEST_CASE("SnpReport refuses a wrong size and an unknown version") {
  const base::Bytes good = SignedReport(Generation::kMilan);
  REQUIRE(ParseReport(good).ok());
  const base::ByteView view(good);
  CHECK(absl::IsInvalidArgument(ParseReport(view.first(1183)).status()));
  CHECK(absl::IsInvalidArgument(ParseReport({}).status()));
  base::Bytes longer = good;
  longer.push_back(0);
  CHECK(absl::IsInvalidArgument(ParseReport(longer).status()));

  const uint8_t version = GENERATE(uint8_t{0}, uint8_t{1}, uint8_t{6}, uint8_t{255});
  base::Bytes changed = good;
  changed[0] = version;
  const auto report = ParseReport(changed);
  REQUIRE(absl::IsInvalidArgument(report.status()));
  CHECK(std::string(report.status().message()).find("version: expected 2 to 5") !=
        std::string::npos);
}

TEST_CASE("SnpReport refuses a reserved byte that is not zero") {
  // Each lies at an edge of a reserved range of version 3.
  const auto offset =
      static_cast<size_t>(GENERATE(0x03a, 0x03d, 0x04c, 0x04f, 0x182, 0x18b, 0x19f, 0x1eb, 0x1ef,
                                   0x1f8, 0x207, 0x208, 0x29f, 0x330, 0x49f));
  base::Bytes bytes = SignedReport(Generation::kMilan);
  REQUIRE(ParseReport(bytes).ok());
  bytes.at(offset) = 1;
  CHECK(absl::IsInvalidArgument(ParseReport(bytes).status()));
}

TEST_CASE("SnpReport refuses reserved bytes of the version or processor at hand") {
  base::Bytes version2 = Version2();
  REQUIRE(ParseReport(version2).ok());
  version2.at(0x188) = 0x19;
  CHECK(absl::IsInvalidArgument(ParseReport(version2).status()));

  base::Bytes turin = SignedReport(Generation::kTurin);
  turin.at(0x1f8) = 1;  // launch_mit_vector
  CHECK(ParseReport(turin).ok());
  turin.at(0x184) = 1;  // reserved in Turin's TCB
  CHECK(absl::IsInvalidArgument(ParseReport(turin).status()));
}

TEST_CASE("SnpReport is not encoded when a field has no place in its layout") {
  const Report milan = Signer(Generation::kMilan).TypicalReport({});
  REQUIRE(EncodeReport(milan).ok());
  Report report = milan;
  report.current_tcb.fmc = 1;
  CHECK(absl::IsInvalidArgument(EncodeReport(report).status()));
  report = milan;
  report.launch_mit_vector = 0;
  CHECK(absl::IsInvalidArgument(EncodeReport(report).status()));
  report = milan;
  report.cpuid_step.reset();
  CHECK(absl::IsInvalidArgument(EncodeReport(report).status()));
  report = milan;
  report.version = 6;
  CHECK(absl::IsInvalidArgument(EncodeReport(report).status()));
  report = Signer(Generation::kTurin).TypicalReport({});
  REQUIRE(EncodeReport(report).ok());
  report.launch_tcb.fmc.reset();
  CHECK(absl::IsInvalidArgument(EncodeReport(report).status()));
}

TEST_CASE("SnpReport reads real reports and writes them back unchanged") {
  const std::string name =
      GENERATE("snp/milan-v2-vcek/report.bin", "snp/milan-v3-vlek-vmpl1/report.bin",
               "snp/e2e/report.bin", "snp/ms-milan/report.bin");
  const auto text = test::ReadVector(name);
  if (!text.has_value()) {
    return;
  }
  INFO(name);
  const auto report = ParseReport(base::AsBytes(*text));
  REQUIRE(report.ok());
  CHECK(EncodeReport(*report).value() == base::ToBytes(base::AsBytes(*text)));
}

}  // namespace attestd::tee::snp
