// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/tss_status.h"

#include <tss2/tss2_tpm2_types.h>

#include <catch2/catch.hpp>
#include <string>

#include "tee/tpm2/esys_context.h"

namespace attestd::tee::tpm2 {
namespace {

struct Row {
  TSS2_RC rc;
  absl::StatusCode code;
};

TEST_CASE("TssStatus tells what another try may mend from what it will not") {
  const auto again = absl::StatusCode::kUnavailable;
  const auto final = absl::StatusCode::kFailedPrecondition;
  const Row row = GENERATE_COPY(
      Row{TSS2_TCTI_RC_IO_ERROR, again}, Row{TSS2_SYS_RC_MALFORMED_RESPONSE, again},
      Row{TSS2_ESYS_RC_BAD_SEQUENCE, again}, Row{TPM2_RC_RETRY, again},
      Row{TPM2_RC_OBJECT_MEMORY, again}, Row{TPM2_RC_NV_RATE, again},
      Row{TPM2_RC_HANDLE | TPM2_RC_H | TPM2_RC_1, again}, Row{TPM2_RC_REFERENCE_H0, again},
      Row{TPM2_RC_LOCKOUT, final}, Row{TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_LOCKOUT, final},
      Row{TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1, final}, Row{TPM2_RC_INITIALIZE, final},
      Row{TPM2_RC_FAILURE, final}, Row{TPM2_RC_HIERARCHY, final});
  const absl::Status status = TssStatus(row.rc, "TPM2_Quote");
  INFO(status.ToString());
  CHECK(status.code() == row.code);
  CHECK(base::GetReason(status) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("TPM2_Quote: "));
}

TEST_CASE("Case 80: RunCommand repeats what the TPM asks to repeat") {
  int calls = 0;
  const TSS2_RC asked = GENERATE(TPM2_RC_RETRY, TPM2_RC_YIELDED, TPM2_RC_TESTING, TPM2_RC_NV_RATE);
  const auto rc = RunCommand(base::Deadline::Infinite(),
                             [&] { return ++calls < 3 ? asked : TSS2_RC{TSS2_RC_SUCCESS}; });
  REQUIRE(rc.ok());
  CHECK(*rc == TSS2_RC_SUCCESS);
  CHECK(calls == 3);
}

TEST_CASE("Case 80: RunCommand does not repeat lockout or failure") {
  int calls = 0;
  const TSS2_RC answer = GENERATE(TPM2_RC_LOCKOUT, TPM2_RC_FAILURE, TSS2_TCTI_RC_IO_ERROR);
  const auto rc = RunCommand(base::Deadline::Infinite(), [&] {
    ++calls;
    return answer;
  });
  REQUIRE(rc.ok());
  CHECK(*rc == answer);
  CHECK(calls == 1);
}

TEST_CASE("RunCommand stays within the deadline") {
  int calls = 0;
  const auto retry = [&] {
    ++calls;
    return TSS2_RC{TPM2_RC_RETRY};
  };
  CHECK(absl::IsDeadlineExceeded(
      RunCommand(base::Deadline::After(absl::ZeroDuration()), retry).status()));
  CHECK(calls == 0);
  CHECK(absl::IsDeadlineExceeded(
      RunCommand(base::Deadline::After(absl::Milliseconds(30)), retry).status()));
  CHECK(calls >= 1);
}

TEST_CASE("RunCommand gives up on a TPM that always asks for another try") {
  int calls = 0;
  const auto rc = RunCommand(base::Deadline::Infinite(), [&] {
    ++calls;
    return TSS2_RC{TPM2_RC_YIELDED};
  });
  REQUIRE(rc.ok());
  CHECK(*rc == TPM2_RC_YIELDED);
  CHECK(calls == 11);
}

}  // namespace
}  // namespace attestd::tee::tpm2
