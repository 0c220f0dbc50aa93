// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/provider.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "test/fakes/cca_signer.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/tdx_signer.h"

namespace attestd::fake_tee {
namespace {

// SNP and TDX firmware takes exactly this much report data.
constexpr size_t kReportDataSize = 64;

absl::Status CheckReportData(base::ByteView inblob) {
  return inblob.size() == kReportDataSize
             ? absl::OkStatus()
             : base::MakeStatus(absl::StatusCode::kInvalidArgument, "report data of 64 bytes");
}

class EchoProvider : public Provider {
 public:
  explicit EchoProvider(const ProviderOptions& options)
      : traits_{.name = options.name,
                .has_privlevel = true,
                .has_auxblob = true,
                .privlevel_floor = options.privlevel_floor} {}
  const ProviderTraits& traits() const override { return traits_; }
  absl::StatusOr<TsmBlobs> Report(const ReportRequest& request) override {
    RETURN_IF_ERROR(CheckReportData(request.inblob));
    const std::string head = "echo:" + std::to_string(request.privlevel) + ":";
    TsmBlobs blobs{.outblob = base::ToBytes(base::AsBytes(head)),
                   .auxblob = base::ToBytes(base::AsBytes("certificates"))};
    blobs.outblob.insert(blobs.outblob.end(), request.inblob.begin(), request.inblob.end());
    return blobs;
  }

 private:
  const ProviderTraits traits_;
};

class SnpProvider : public Provider {
 public:
  SnpProvider(const ProviderOptions& options, fakes::SnpSigner signer)
      : traits_{.name = options.name,
                .has_privlevel = true,
                .has_auxblob = true,
                .privlevel_floor = options.privlevel_floor},
        signer_(std::move(signer)) {}
  const ProviderTraits& traits() const override { return traits_; }
  absl::StatusOr<TsmBlobs> Report(const ReportRequest& request) override {
    RETURN_IF_ERROR(CheckReportData(request.inblob));
    tee::snp::Report report = signer_.TypicalReport(request.inblob);
    report.vmpl = request.privlevel;
    TsmBlobs blobs;
    ASSIGN_OR_RETURN(blobs.outblob, signer_.Sign(report));
    ASSIGN_OR_RETURN(blobs.auxblob, signer_.CertTable());
    return blobs;
  }

 private:
  const ProviderTraits traits_;
  const fakes::SnpSigner signer_;
};

class TdxProvider : public Provider {
 public:
  TdxProvider(const ProviderOptions& options, fakes::TdxSigner signer)
      : traits_{.name = options.name}, signer_(std::move(signer)), registers_(options.registers) {}
  const ProviderTraits& traits() const override { return traits_; }
  absl::StatusOr<TsmBlobs> Report(const ReportRequest& request) override {
    RETURN_IF_ERROR(CheckReportData(request.inblob));
    ASSIGN_OR_RETURN(base::Bytes quote, signer_.Quote(Spec(request.inblob)));
    return TsmBlobs{.outblob = std::move(quote), .auxblob = {}};
  }
  absl::StatusOr<base::Bytes> TdReport(base::ByteView report_data) override {
    return fakes::TdxSigner::TdReport(Spec(report_data));
  }

 private:
  fakes::TdQuoteSpec Spec(base::ByteView report_data) const {
    fakes::TdQuoteSpec spec;
    spec.report_data = base::ToBytes(report_data);
    if (registers_ != nullptr) {
      spec.mr_td = registers_->mr_td();
      spec.mr_config_id = registers_->mr_config_id();
      spec.rtmrs = registers_->rtmrs();
    }
    return spec;
  }

  const ProviderTraits traits_;
  const fakes::TdxSigner signer_;
  const Registers* const registers_;
};

class CcaProvider : public Provider {
 public:
  CcaProvider(const ProviderOptions& options, fakes::CcaSigner signer)
      : traits_{.name = options.name}, signer_(std::move(signer)) {}
  const ProviderTraits& traits() const override { return traits_; }
  absl::StatusOr<TsmBlobs> Report(const ReportRequest& request) override {
    constexpr size_t kSmallestChallenge = 32;
    if (request.inblob.size() < kSmallestChallenge) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument, "a challenge of 32 to 64 bytes");
    }
    ASSIGN_OR_RETURN(const fakes::CcaTokenSpec spec, signer_.TypicalToken(request.inblob));
    ASSIGN_OR_RETURN(base::Bytes token, signer_.Sign(spec));
    return TsmBlobs{.outblob = std::move(token), .auxblob = {}};
  }

 private:
  const ProviderTraits traits_;
  const fakes::CcaSigner signer_;
};

// The keys of the folder; fresh ones, kept there, when it has none.
template <typename Signer, typename MakeSigner>
absl::StatusOr<Signer> LoadOrCreate(const std::string& folder, const std::string& key_file,
                                    MakeSigner make) {
  if (::access((folder + "/" + key_file).c_str(), R_OK) == 0) {
    return Signer::Load(folder);
  }
  ::mkdir(folder.c_str(), 0700);
  ASSIGN_OR_RETURN(Signer signer, make());
  RETURN_IF_ERROR(signer.Save(folder));
  return signer;
}

}  // namespace

absl::StatusOr<base::Bytes> Provider::TdReport(base::ByteView /*report_data*/) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented, "not a TDX guest");
}

absl::StatusOr<std::unique_ptr<Provider>> MakeProvider(const ProviderOptions& options) {
  if (options.name == "echo") {
    return std::make_unique<EchoProvider>(options);
  }
  if (options.name == "sev_guest") {
    ASSIGN_OR_RETURN(fakes::SnpSigner signer,
                     LoadOrCreate<fakes::SnpSigner>(options.keys, "vcek.key", [&] {
                       return fakes::SnpSigner::Create({.chip_id = {options.chip, 0x1d}});
                     }));
    return std::make_unique<SnpProvider>(options, std::move(signer));
  }
  if (options.name == "tdx_guest") {
    ASSIGN_OR_RETURN(fakes::TdxSigner signer,
                     LoadOrCreate<fakes::TdxSigner>(options.keys, "pck.key",
                                                    [] { return fakes::TdxSigner::Create(); }));
    return std::make_unique<TdxProvider>(options, std::move(signer));
  }
  if (options.name == "arm_cca_guest") {
    ASSIGN_OR_RETURN(fakes::CcaSigner signer,
                     LoadOrCreate<fakes::CcaSigner>(options.keys, "rak.key",
                                                    [] { return fakes::CcaSigner::Create(); }));
    return std::make_unique<CcaProvider>(options, std::move(signer));
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "--provider " + options.name + ": there is none of this name");
}

}  // namespace attestd::fake_tee
