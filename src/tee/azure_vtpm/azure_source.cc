// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/azure_source.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "tee/tdx/format/quote.h"

namespace attestd::tee::azure_vtpm {
namespace {

// Check has no deadline of its own.
constexpr absl::Duration kCheckTime = absl::Seconds(20);
// Between two looks at the HCL report.
constexpr absl::Duration kFirstPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
// For another process that writes user-data. One that never lets go must not keep us from evidence:
// what was written is looked at again anyway.
constexpr absl::Duration kLockTime = absl::Seconds(5);
// Evidence can do without the VCEK, so that it may take half of the caller's time, and this at
// most.
constexpr absl::Duration kVcekTime = absl::Seconds(5);

absl::Status BadReport(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          "the HCL report failed the check before sending: " + std::string(what));
}

bool StartsWith(base::ByteView bytes, base::ByteView start) {
  return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

}  // namespace

AzureSource::AzureSource(std::unique_ptr<AzureDevice> device, std::unique_ptr<ImdsClient> imds,
                         AzureSourceOptions options)
    : device_(std::move(device)),
      imds_(std::move(imds)),
      options_(options),
      tpm_(device_->tpm()),
      registers_(tpm_) {}

absl::StatusOr<AzureSource::BoundReport> AzureSource::CheckBinding(base::Bytes image) {
  absl::StatusOr<HclReport> report = ParseHclReport(image);
  if (!report.ok()) {
    return BadReport(std::string(report.status().message()));
  }
  absl::StatusOr<RuntimeClaims> claims = ParseRuntimeClaims(report->runtime_data);
  if (!claims.ok()) {
    return BadReport(std::string(claims.status().message()));
  }
  ASSIGN_OR_RETURN(const base::Bytes digest, RuntimeDataDigest(*report));
  ASSIGN_OR_RETURN(base::Bytes found, HardwareReportData(*report));
  if (!StartsWith(found, digest)) {
    return BadReport("the hardware's report data is not SHA-256 of the runtime data (hash_type " +
                     std::to_string(report->hash_type) + ")");
  }
  return BoundReport{.image = std::move(image),
                     .report = *std::move(report),
                     .claims = *std::move(claims),
                     .report_data = std::move(found)};
}

// The HCL report, once it is whole and carries the user-data. The paravisor may be writing it, and
// another process may have written user-data of its own: then it is read, and ours written, again.
absl::StatusOr<AzureSource::BoundReport> AzureSource::AwaitReport(base::ByteView user_data,
                                                                  base::Deadline deadline) {
  absl::Status last = absl::OkStatus();
  for (absl::Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    ASSIGN_OR_RETURN(base::Bytes image, device_->ReadHclReport(deadline));
    absl::StatusOr<BoundReport> bound = CheckBinding(std::move(image));
    if (bound.ok() && StartsWith(bound->claims.user_data, user_data)) {
      return bound;
    }
    last = bound.ok() ? BadReport(
                            "user-data is not the report data that was written to NV "
                            "0x01400002; does another process write there? Where the image "
                            "is too old for user-data, set [azure_vtpm] evidence_version = 1")
                      : bound.status();
    if (deadline.Remaining() <= pause) {
      return last;
    }
    absl::SleepFor(pause);
    if (!user_data.empty()) {
      ASSIGN_OR_RETURN(const base::Bytes written, device_->ReadUserData(deadline));
      if (!StartsWith(written, user_data)) {
        RETURN_IF_ERROR(device_->WriteUserData(user_data, deadline));
      }
    }
  }
}

// Kind and key are those that the evidence will be judged by.
absl::Status AzureSource::CheckOwner(const BoundReport& bound, base::Deadline deadline) {
  if (bound.report.kind != options_.kind) {
    return BadReport("it is of " + std::string(TeeName(bound.report.kind)) + ", not " +
                     std::string(tee()) + "; see [azure_vtpm] kind");
  }
  ASSIGN_OR_RETURN(const base::Bytes signer, tpm_.Ak(deadline));
  ASSIGN_OR_RETURN(const base::Bytes vouched, bound.claims.ak.ToSpkiDer());
  if (signer != vouched) {
    return BadReport("HCLAkPub is not the key at 0x81000003 that signs the quote");
  }
  return absl::OkStatus();
}

absl::StatusOr<AzureSource::BoundReport> AzureSource::ReportFor(base::ByteView report_data,
                                                                base::Deadline deadline) {
  const base::Deadline limit =
      base::Deadline::Earlier(deadline, base::Deadline::After(options_.user_data_time));
  if (options_.evidence_version < 2 || report_data.empty()) {
    return AwaitReport({}, limit);
  }
  const base::UniqueFd lock =
      device_->LockUserData(base::Deadline::After(std::min(kLockTime, limit.Remaining() / 2)));
  RETURN_IF_ERROR(device_->WriteUserData(report_data, limit));
  return AwaitReport(report_data, limit);
}

absl::Status AzureSource::Check() {
  const base::Deadline deadline = base::Deadline::After(kCheckTime);
  return tpm_.WithFreshConnection([&]() -> absl::Status {
    RETURN_IF_ERROR(tpm_.ReloadAk(deadline).status());
    ASSIGN_OR_RETURN(const BoundReport bound,
                     AwaitReport({}, base::Deadline::After(kCheckTime / 10)));
    return CheckOwner(bound, deadline);
  });
}

absl::StatusOr<evidence::Evidence> AzureSource::Collect(const evidence::ReportData& report_data,
                                                        base::Deadline deadline) {
  const base::ByteView bytes = report_data.view();
  if (bytes.size() > kMaxReportData) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kTooLarge,
                            "an Azure vTPM quotes at most 50 bytes, not " +
                                std::to_string(bytes.size()) +
                                "; the broker must ask for sha256 or sha384");
  }
  std::optional<BoundReport> bound;
  absl::StatusOr<tpm2::CheckedQuote> checked =
      tpm_.WithFreshConnection([&]() -> absl::StatusOr<tpm2::CheckedQuote> {
        ASSIGN_OR_RETURN(bound, ReportFor(bytes, deadline));
        RETURN_IF_ERROR(CheckOwner(*bound, deadline));
        return tpm_.Quote(bytes, deadline);
      });
  RETURN_IF_ERROR(checked.status());
  AzureEvidence evidence = {.version = options_.evidence_version,
                            .signature = std::move(checked->bare_signature),
                            .message = std::move(checked->quote.message),
                            .pcrs = std::move(checked->pcrs),
                            .hcl_report = bound->image,
                            .endorsement = {}};
  ASSIGN_OR_RETURN(evidence.endorsement, Endorsement(*bound, deadline));
  ASSIGN_OR_RETURN(std::string json, FormatEvidence(options_.kind, evidence));
  return evidence::Evidence{.json = std::move(json)};
}

absl::StatusOr<base::Bytes> AzureSource::Endorsement(const BoundReport& bound,
                                                     base::Deadline deadline) {
  if (options_.kind == Kind::kTdx) {
    return TdQuote(bound, deadline);
  }
  return VcekOrNothing(bound, deadline);
}

// The host makes it; without it there is no evidence at all.
absl::StatusOr<base::Bytes> AzureSource::TdQuote(const BoundReport& bound,
                                                 base::Deadline deadline) {
  ASSIGN_OR_RETURN(base::Bytes bytes, imds_->GetTdQuote(bound.report.hardware_report, deadline));
  const absl::StatusOr<tdx::Quote> quote = tdx::ParseQuote(bytes);
  if (!quote.ok() || quote->td() == nullptr) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
        "the TD quote from IMDS cannot be read: " +
            std::string(quote.ok() ? "it is of an SGX enclave" : quote.status().message()));
  }
  const auto& found = quote->td()->report_data;
  if (!std::equal(found.begin(), found.end(), bound.report_data.begin(), bound.report_data.end())) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "the TD quote from IMDS is not over this machine's TDREPORT: its "
                            "report data is another");
  }
  return bytes;
}

absl::StatusOr<base::Bytes> AzureSource::FetchVcek(const SnpIdentity& identity,
                                                   base::Deadline deadline) {
  const base::Deadline limit = base::Deadline::After(std::min(kVcekTime, deadline.Remaining() / 2));
  ASSIGN_OR_RETURN(const AmdCertification certification, imds_->GetAmdCertification(limit));
  if (!FitsChip(certification.vcek, identity.chip_id)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "IMDS gave the certificate of another chip");
  }
  return certification.vcek.ToDer();
}

// Empty where IMDS gives none that fits: the certificate is a hint, which a verifier can get
// elsewhere. Trustee's reader demands the member "vcek", so that "" is sent then.
base::Bytes AzureSource::VcekOrNothing(const BoundReport& bound, base::Deadline deadline) {
  const absl::StatusOr<SnpIdentity> identity = GetSnpIdentity(bound.report);
  if (!identity.ok()) {
    return {};
  }
  if (vcek_.has_value() && vcek_->identity == *identity) {
    return vcek_->der;
  }
  vcek_.reset();
  absl::StatusOr<base::Bytes> der = FetchVcek(*identity, deadline);
  if (!der.ok()) {
    base::Log(base::Severity::kWarning, "evidence goes without the VCEK",
              {{"cause", base::StatusText(der.status())}});
    return {};
  }
  vcek_.emplace(VcekOf{.identity = *identity, .der = *std::move(der)});
  return vcek_->der;
}

absl::Status AzureSource::BindInitData(base::ByteView digest, base::Deadline deadline) {
  return tpm2::BindInitDataPcr(tpm_, digest, deadline);
}

}  // namespace attestd::tee::azure_vtpm
