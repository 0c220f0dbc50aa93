// SPDX-License-Identifier: Apache-2.0
#include "appraisal/tcb_match.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

using tee::tdx::EnclaveReport;
using tee::tdx::TdBody;

// TEE_TCB_SVN: SVN and major version of the TDX module.
constexpr size_t kModuleSvn = 0;
constexpr size_t kModuleMajor = 1;

bool Reaches(std::span<const uint8_t> svns, std::span<const uint8_t> level) {
  return std::equal(svns.begin(), svns.end(), level.begin(), level.end(),
                    [](uint8_t have, uint8_t need) { return have >= need; });
}

bool ReachesLevel(const TcbLevel& level, const TdBody* td, const PckExtension& pck) {
  if (!Reaches(pck.tcb_components, level.sgx) || pck.pce_svn < level.pce_svn) {
    return false;
  }
  if (td == nullptr) {
    return true;
  }
  // From major version 1 on, the module is judged by levels of its own.
  const size_t first = td->tee_tcb_svn[kModuleMajor] > 0 ? 2 : 0;
  return Reaches(std::span(td->tee_tcb_svn).subspan(first), std::span(level.tdx).subspan(first));
}

absl::Status Differs(std::string_view what, base::ByteView expected, base::ByteView found) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                          std::string(what) + ": expected " + base::HexEncode(expected) +
                              ", found " + base::HexEncode(found));
}

// found & mask == expected
absl::Status CheckMasked(std::string_view what, base::ByteView found, base::ByteView mask,
                         base::ByteView expected) {
  base::Bytes masked = base::ToBytes(found);
  for (size_t i = 0; i < masked.size() && i < mask.size(); ++i) {
    masked.at(i) &= mask[i];
  }
  return std::equal(masked.begin(), masked.end(), expected.begin(), expected.end())
             ? absl::OkStatus()
             : Differs(what, expected, masked);
}

absl::Status CheckModule(const TdxModule& module, const TdBody& td) {
  if (!std::equal(td.mr_signer_seam.begin(), td.mr_signer_seam.end(), module.mr_signer.begin(),
                  module.mr_signer.end())) {
    return Differs("MRSIGNERSEAM", module.mr_signer, td.mr_signer_seam);
  }
  return CheckMasked("SEAM attributes", base::LittleEndian(td.seam_attributes, 8),
                     module.attributes_mask, module.attributes);
}

}  // namespace

std::optional<TcbVerdict> MatchPlatform(const TcbInfo& info, const TdBody* td,
                                        const PckExtension& pck) {
  const auto level =
      std::find_if(info.levels.begin(), info.levels.end(),
                   [&](const TcbLevel& candidate) { return ReachesLevel(candidate, td, pck); });
  if (level == info.levels.end()) {
    return std::nullopt;
  }
  return TcbVerdict{.status = level->status, .date = level->date, .advisories = level->advisories};
}

absl::StatusOr<TcbVerdict> MatchModule(const TcbInfo& info, const TdBody& td) {
  const uint8_t major = td.tee_tcb_svn[kModuleMajor];
  if (major == 0) {
    if (!info.module.has_value()) {
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "no TDX module is named");
    }
    RETURN_IF_ERROR(CheckModule(*info.module, td));
    return TcbVerdict{.status = "UpToDate", .date = "", .advisories = {}};
  }
  const std::string id =
      absl::AsciiStrToUpper(absl::StrCat("TDX_", absl::Hex(major, absl::kZeroPad2)));
  const auto module =
      std::find_if(info.module_identities.begin(), info.module_identities.end(),
                   [&](const TdxModule& m) { return absl::AsciiStrToUpper(m.id) == id; });
  if (module == info.module_identities.end()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            "no identity of the TDX module " + id);
  }
  RETURN_IF_ERROR(CheckModule(*module, td));
  std::optional<TcbVerdict> verdict = MatchIsvLevel(module->levels, td.tee_tcb_svn[kModuleSvn]);
  if (!verdict.has_value()) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        id + ": no level matches SVN " + std::to_string(td.tee_tcb_svn[kModuleSvn]));
  }
  return *std::move(verdict);
}

absl::Status MatchIdentity(const QeIdentity& identity, const EnclaveReport& qe) {
  if (!std::equal(qe.mr_signer.begin(), qe.mr_signer.end(), identity.mr_signer.begin(),
                  identity.mr_signer.end())) {
    return Differs("MRSIGNER", identity.mr_signer, qe.mr_signer);
  }
  if (qe.isv_prod_id != identity.isv_prod_id) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("ISVPRODID: expected ", identity.isv_prod_id, ", found ", qe.isv_prod_id));
  }
  RETURN_IF_ERROR(
      CheckMasked("attributes", qe.attributes, identity.attributes_mask, identity.attributes));
  return CheckMasked("MISCSELECT", base::LittleEndian(qe.misc_select, 4), identity.misc_select_mask,
                     identity.misc_select);
}

std::optional<TcbVerdict> MatchIsvLevel(std::span<const IsvLevel> levels, uint16_t isv_svn) {
  const auto level = std::find_if(levels.begin(), levels.end(), [&](const IsvLevel& candidate) {
    return isv_svn >= candidate.isv_svn;
  });
  if (level == levels.end()) {
    return std::nullopt;
  }
  return TcbVerdict{.status = level->status, .date = "", .advisories = level->advisories};
}

TcbVerdict Combine(TcbVerdict platform, const TcbVerdict& part) {
  platform.advisories.insert(platform.advisories.end(), part.advisories.begin(),
                             part.advisories.end());
  if (part.status == "Revoked" || platform.status == "Revoked") {
    platform.status = "Revoked";
  } else if (part.status == "OutOfDate") {
    if (platform.status == "UpToDate" || platform.status == "SWHardeningNeeded") {
      platform.status = "OutOfDate";
    } else if (platform.status == "ConfigurationNeeded" ||
               platform.status == "ConfigurationAndSWHardeningNeeded") {
      platform.status = "OutOfDateConfigurationNeeded";
    }
  }
  return platform;
}

}  // namespace attestd::appraisal
