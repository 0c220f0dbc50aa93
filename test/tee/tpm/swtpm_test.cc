// SPDX-License-Identifier: Apache-2.0
#include "test/support/swtpm.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "tee/tpm/esys_device.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm/tpm_source.h"

// attestd's TPM source against a real TPM 2.0 implementation, over the production transport.
namespace attestd::tee::tpm {
namespace {

using test::Swtpm;

constexpr uint32_t kDefaultAk = 0x81010002;

// Starts an emulator; a case returns at once, as skipped, where there is none to be had.
#define START_SWTPM_OR_SKIP(name)                   \
  if (!Swtpm::Available()) {                        \
    WARN("SKIPPED: swtpm is not installed");        \
    return;                                         \
  }                                                 \
  absl::StatusOr<Swtpm> name##_or = Swtpm::Start(); \
  REQUIRE(name##_or.ok());                          \
  Swtpm& name = *name##_or

std::unique_ptr<TpmSource> SourceOn(const Swtpm& swtpm, uint32_t ak_handle = kDefaultAk) {
  return std::make_unique<TpmSource>(
      CreateEsysDevice({.tcti = swtpm.tcti(), .ak_handle = ak_handle}));
}

absl::StatusOr<evidence::Evidence> Collect(TpmSource& source,
                                           const base::Bytes& report_data = base::Bytes(32, 0x42)) {
  return source.Collect(*evidence::ReportData::Create(report_data),
                        base::Deadline::After(absl::Seconds(30)));
}

TpmEvidence MustCollect(TpmSource& source) {
  const auto evidence = Collect(source);
  INFO(evidence.status().ToString());
  REQUIRE(evidence.ok());
  const auto parsed = ParseEvidence(evidence->json);
  REQUIRE(parsed.ok());
  return *parsed;
}

std::string MustRun(const Swtpm& swtpm, std::vector<std::string> argv) {
  const auto out = swtpm.Tool(std::move(argv));
  INFO(out.status().ToString());
  REQUIRE(out.ok());
  return *out;
}

void FlushTransient(const Swtpm& swtpm) { MustRun(swtpm, {"tpm2_flushcontext", "-t"}); }

std::string Pem(base::ByteView spki) {
  constexpr size_t kLine = 64;
  const std::string text = base::Base64Encode(spki);
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (size_t i = 0; i < text.size(); i += kLine) {
    pem += text.substr(i, kLine) + "\n";
  }
  return pem + "-----END PUBLIC KEY-----\n";
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_CASE("A TPM without a key gets one, and it is found again") {
  START_SWTPM_OR_SKIP(swtpm);
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-persistent"}).empty());
  const TpmEvidence first = MustCollect(*SourceOn(swtpm));
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-persistent"}) == "- 0x81010002\n");
  const TpmEvidence second = MustCollect(*SourceOn(swtpm));
  CHECK(first.ak_public == second.ak_public);
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-persistent"}) == "- 0x81010002\n");
}

TEST_CASE("tpm2_checkquote accepts the evidence, and refuses it for another nonce") {
  START_SWTPM_OR_SKIP(swtpm);
  const TpmEvidence evidence = MustCollect(*SourceOn(swtpm));
  WriteFile(swtpm.dir() + "/ak.pem", Pem(evidence.ak_public));
  WriteFile(swtpm.dir() + "/message", base::AsText(evidence.message));
  WriteFile(swtpm.dir() + "/signature", base::AsText(evidence.signature));
  const auto check = [&](const base::Bytes& nonce) {
    return swtpm.Tool({"tpm2_checkquote", "-u", swtpm.dir() + "/ak.pem", "-m",
                       swtpm.dir() + "/message", "-s", swtpm.dir() + "/signature", "-q",
                       base::HexEncode(nonce)});
  };
  const auto good = check(base::Bytes(32, 0x42));
  INFO(good.status().ToString());
  CHECK(good.ok());
  CHECK_FALSE(check(base::Bytes(32, 0x43)).ok());
}

TEST_CASE("Evidence shows an extended PCR, also to a source that has the old value") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  const base::Bytes zeros(32, 0);
  CHECK(MustCollect(*source).pcrs[16] == zeros);
  MustRun(swtpm, {"tpm2_pcrextend", "16:sha256=" + std::string(64, 'b')});
  const base::Bytes extended = MustCollect(*source).pcrs[16];
  CHECK(extended != zeros);
  CHECK_THAT(MustRun(swtpm, {"tpm2_pcrread", "-o", swtpm.dir() + "/pcr16", "sha256:16"}),
             Catch::Contains(base::HexEncode(extended), Catch::CaseSensitive::No));
}

TEST_CASE("Two hundred evidences leave no transient object in the TPM") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(Collect(*source).ok());
  }
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-transient"}).empty());
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-loaded-session"}).empty());
}

TEST_CASE("A refused key says what to do and leaves nothing behind") {
  START_SWTPM_OR_SKIP(swtpm);
  const std::string hierarchy = GENERATE("o", "e");
  MustRun(swtpm, {"tpm2_changeauth", "-c", hierarchy, "word"});
  const auto source = SourceOn(swtpm);
  const auto evidence = Collect(*source);
  const std::string message(evidence.status().message());
  INFO(message);
  CHECK(absl::IsFailedPrecondition(evidence.status()));
  CHECK(base::GetReason(evidence.status()) == base::Reason::kKeyMissing);
  CHECK_THAT(message, Catch::Contains(swtpm.tcti()) && Catch::Contains("0x81010002") &&
                          Catch::Contains("authorization") && Catch::Contains("tpm2_evictcontrol"));
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-transient"}).empty());
  // Without the cause it works, on the same source.
  MustRun(swtpm, {"tpm2_changeauth", "-c", hierarchy, "-p", "word"});
  CHECK(source->Check().ok());
}

TEST_CASE("A key that tpm2_createak made is used as it is") {
  START_SWTPM_OR_SKIP(swtpm);
  constexpr uint32_t kHandle = 0x81010005;
  const std::string ek = swtpm.dir() + "/ek.ctx";
  const std::string ak = swtpm.dir() + "/ak.ctx";
  MustRun(swtpm, {"tpm2_createek", "-c", ek, "-G", "rsa"});
  FlushTransient(swtpm);
  MustRun(swtpm, {"tpm2_createak", "-C", ek, "-c", ak, "-G", "rsa", "-g", "sha256", "-s", "rsassa",
                  "-u", swtpm.dir() + "/ak.pem", "-f", "pem"});
  FlushTransient(swtpm);
  MustRun(swtpm, {"tpm2_evictcontrol", "-c", ak, "0x81010005"});
  FlushTransient(swtpm);
  const TpmEvidence evidence = MustCollect(*SourceOn(swtpm, kHandle));
  std::ifstream file(swtpm.dir() + "/ak.pem");
  const std::string pem((std::istreambuf_iterator<char>(file)), {});
  CHECK(Pem(evidence.ak_public) == pem);
}

TEST_CASE("A key of another kind at the handle is refused and named") {
  START_SWTPM_OR_SKIP(swtpm);
  const std::string algorithm = GENERATE("rsa2048", "ecc256");
  MustRun(swtpm,
          {"tpm2_createprimary", "-C", "o", "-G", algorithm, "-c", swtpm.dir() + "/storage.ctx"});
  MustRun(swtpm, {"tpm2_evictcontrol", "-c", swtpm.dir() + "/storage.ctx", "0x81010002"});
  FlushTransient(swtpm);
  const absl::Status status = SourceOn(swtpm)->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()),
             Catch::Contains(algorithm == "rsa2048" ? "no restricted signing key" : "not RSA") &&
                 Catch::Contains("0x81010002") && Catch::Contains("ak_handle"));
}

TEST_CASE("A key that was evicted is made again for the next evidence") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  MustCollect(*source);
  MustRun(swtpm, {"tpm2_evictcontrol", "-c", "0x81010002"});
  MustCollect(*source);
  MustRun(swtpm, {"tpm2_evictcontrol", "-c", "0x81010002"});
  CHECK(source->Check().ok());
}

TEST_CASE("A TPM that went away is an error, and one that comes back is used") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  const TpmEvidence before = MustCollect(*source);
  swtpm.Kill();
  const auto evidence = Collect(*source);
  CHECK(absl::IsFailedPrecondition(evidence.status()));
  CHECK(base::GetReason(evidence.status()) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains(swtpm.tcti()));
  CHECK_FALSE(source->Check().ok());
  const auto fresh = Swtpm::StartAt(swtpm.port());
  INFO(fresh.status().ToString());
  REQUIRE(fresh.ok());
  CHECK(MustCollect(*source).ak_public != before.ak_public);
}

TEST_CASE("A real TPM extends a register as reckoned, and shows it in the evidence") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  MustCollect(*source);
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(30));
  const base::Bytes digest(32, 0xd1);
  REQUIRE(source->registers()->Extend(23, digest, deadline).ok());
  base::Bytes input(32);
  input.insert(input.end(), digest.begin(), digest.end());
  const base::Bytes expected = *base::Hash(base::HashAlgorithm::kSha256, input);
  CHECK(*source->registers()->Read(23, deadline) == expected);
  CHECK(MustCollect(*source).pcrs[23] == expected);
  CHECK(source->BindInitData(digest, deadline).ok());
  CHECK(source->BindInitData(digest, deadline).ok());
  CHECK(MustCollect(*source).pcrs[8] == expected);
  CHECK(absl::IsFailedPrecondition(source->BindInitData(base::Bytes(32, 0xd2), deadline)));
}

TEST_CASE("A TPM that was replaced between two requests goes unnoticed") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  MustCollect(*source);
  swtpm.Kill();
  const auto fresh = Swtpm::StartAt(swtpm.port());
  REQUIRE(fresh.ok());
  MustCollect(*source);
}

TEST_CASE("An expired deadline asks nothing of the TPM") {
  START_SWTPM_OR_SKIP(swtpm);
  const auto source = SourceOn(swtpm);
  const auto evidence = source->Collect(*evidence::ReportData::Create({}),
                                        base::Deadline::After(absl::ZeroDuration()));
  CHECK(absl::IsDeadlineExceeded(evidence.status()));
  CHECK(MustRun(swtpm, {"tpm2_getcap", "handles-persistent"}).empty());
}

}  // namespace
}  // namespace attestd::tee::tpm
