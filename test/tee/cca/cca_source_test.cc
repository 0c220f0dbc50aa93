// SPDX-License-Identifier: Apache-2.0
// The source against the kernel interface as the file system in test/fuse stands in for it.
#include "tee/cca/cca_source.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"
#include "tee/cca/format/evidence.h"
#include "test/fuse/mount_or_skip.h"

namespace attestd::tee::cca {
namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(20)); }

evidence::ReportData Report(size_t size) {
  return evidence::ReportData::Create(base::Bytes(size, 0x5a)).value();
}

TEST_CASE("CCA evidence carries the report data padded to 64 bytes as its challenge") {
  MOUNT_OR_SKIP(mount, "arm_cca_guest");
  CcaSource source(mount.report_root());
  CHECK(source.Check().ok());
  const size_t size = GENERATE(size_t{0}, size_t{1}, size_t{32}, size_t{48}, size_t{64});
  CAPTURE(size);
  const auto evidence = source.Collect(Report(size), Soon());
  INFO(evidence.status().ToString());
  REQUIRE(evidence.ok());
  const Token token = ParseToken(ParseEvidence(evidence->json).value()).value();
  const base::Bytes wanted = Report(size).Regularized(64);
  CHECK(base::HexEncode(token.realm.challenge) == base::HexEncode(wanted));
  CHECK(mount.Reports().empty());
}

TEST_CASE("A provider that is not CCA's, or makes no token, gives no evidence") {
  MOUNT_OR_SKIP(mount, "echo");
  CcaSource source(mount.report_root());
  CHECK(absl::IsFailedPrecondition(source.Check()));
  CHECK(absl::IsFailedPrecondition(source.Collect(Report(48), Soon()).status()));
}

TEST_CASE("Case 73: a CCA token over another challenge never leaves") {
  MOUNT_OR_SKIP(mount, "arm_cca_guest");
  CcaSource source(mount.report_root());
  REQUIRE(mount.Control("outblob wrong-nonce").ok());
  const auto evidence = source.Collect(Report(48), Soon());
  CHECK(evidence.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(evidence.status().message()),
             Catch::Contains("challenge is not the report data"));
}

TEST_CASE("BindInitData of CCA compares the personalization value") {
  MOUNT_OR_SKIP(mount, "arm_cca_guest");
  CcaSource source(mount.report_root());
  // The stand-in's realm has none: zeros.
  CHECK(source.BindInitData(base::Bytes(32), Soon()).ok());
  const absl::Status status = source.BindInitData(base::Bytes(32, 1), Soon());
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kInitDataUnbound);
  CHECK_THAT(std::string(status.message()), Catch::Contains("personalization value"));
}

}  // namespace
}  // namespace attestd::tee::cca
