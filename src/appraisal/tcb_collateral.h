// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_TCB_COLLATERAL_H_
#define ATTESTD_APPRAISAL_TCB_COLLATERAL_H_

#include <absl/time/time.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// Intel's statements about TCB levels: TCB info of version 3 and enclave identities of version 2
// (Intel SGX and TDX Provisioning Certification Service API, version 4).
namespace attestd::appraisal {

using Svns = std::array<uint8_t, 16>;

struct TcbLevel {
  Svns sgx{};
  Svns tdx{};  // zeros in SGX TCB info
  uint16_t pce_svn = 0;
  std::string status;
  std::string date;
  std::vector<std::string> advisories;
};

// A level of an enclave, or of the TDX module.
struct IsvLevel {
  uint16_t isv_svn = 0;
  std::string status;
  std::vector<std::string> advisories;
};

struct TdxModule {
  std::string id;  // "TDX_01"; empty for that of major version 0
  base::Bytes mr_signer;
  base::Bytes attributes;
  base::Bytes attributes_mask;
  std::vector<IsvLevel> levels;
};

struct TcbInfo {
  std::string id;  // "SGX" or "TDX"
  absl::Time issued;
  absl::Time next_update;
  base::Bytes fmspc;
  base::Bytes pce_id;
  std::vector<TcbLevel> levels;
  std::optional<TdxModule> module;
  std::vector<TdxModule> module_identities;
};

struct QeIdentity {
  std::string id;  // "QE" or "TD_QE"
  absl::Time issued;
  absl::Time next_update;
  base::Bytes misc_select;
  base::Bytes misc_select_mask;
  base::Bytes attributes;
  base::Bytes attributes_mask;
  base::Bytes mr_signer;
  uint16_t isv_prod_id = 0;
  std::vector<IsvLevel> levels;
};

// {"<member>":<body>,"signature":"<hex>"}: the signature is over the body's bytes as they are.
struct SignedText {
  std::string member;  // "tcbInfo" or "enclaveIdentity"
  std::string body;
  base::Bytes signature;  // r || s
};

// Cuts the text of an answer; InvalidArgument unless it is one of the two, in that order of
// members and without white space between them, as Intel sends it.
absl::StatusOr<SignedText> SplitCollateral(std::string_view text);
// The bodies. InvalidArgument naming the member that is missing or malformed.
absl::StatusOr<TcbInfo> ParseTcbInfo(std::string_view body);
absl::StatusOr<QeIdentity> ParseQeIdentity(std::string_view body);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_TCB_COLLATERAL_H_
