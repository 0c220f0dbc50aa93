// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_AZURE_VTPM_SOURCE_BENCH_H_
#define ATTESTD_TEST_TEE_AZURE_VTPM_SOURCE_BENCH_H_

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "tee/azure_vtpm/azure_source.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/tdx_signer.h"
#include "test/tee/azure_vtpm/fake_azure_device.h"

// An AzureSource over a vTPM and an IMDS in memory.
namespace attestd::tee::azure_vtpm {

inline const base::Bytes kDigest(48, 0x3c);  // a SHA-384

inline std::array<uint8_t, 64> Ones() {
  std::array<uint8_t, 64> ones{};
  ones.fill(1);
  return ones;
}

inline const fakes::SnpSigner& Signer() {
  static const fakes::SnpSigner kSigner = *fakes::SnpSigner::Create({.chip_id = Ones()});
  return kSigner;
}

inline std::string CertificationOf(const fakes::SnpSigner& signer) {
  return base::Json{{"vcekCert", signer.vcek().ToPem()}}.dump();
}

// IMDS in memory: answers with what is set, after the faults.
class FakeImds : public base::HttpTransport {
 public:
  void Start(base::HttpRequest request, Done done) override {
    ++requests;
    last = std::move(request);
    if (status.ok()) {
      done(base::HttpResponse{.status = http_status, .headers = {}, .body = answer(last)});
    } else {
      done(status);
    }
  }
  int requests = 0;
  int http_status = 200;
  absl::Status status;
  base::HttpRequest last;
  std::function<std::string(const base::HttpRequest&)> answer;
};

// A TD quote over the report data of the TDREPORT that was posted.
inline std::string QuoteReply(const base::HttpRequest& request) {
  static const fakes::TdxSigner kSigner = *fakes::TdxSigner::Create();
  const base::Json body = *base::ParseJson(request.body);
  const base::Bytes report = *base::Base64UrlDecode(body["report"].get<std::string>());
  fakes::TdQuoteSpec spec;
  spec.report_data = base::Bytes(report.begin() + 128, report.begin() + 192);
  return base::Json{{"quote", base::Base64UrlEncode(*kSigner.Quote(spec))}}.dump();
}

struct Bench {
  explicit Bench(Kind kind_ = Kind::kSnp, int version = 2)
      : kind(kind_),
        owned(std::make_unique<FakeAzureDevice>(kind)),
        owned_imds(std::make_unique<FakeImds>()),
        device(*owned),
        imds(*owned_imds),
        source(std::move(owned), std::make_unique<ImdsClient>(std::move(owned_imds), "http://imds"),
               {.kind = kind,
                .evidence_version = version,
                .user_data_time = absl::Milliseconds(300)}) {
    imds.answer = kind == Kind::kSnp
                      ? [](const base::HttpRequest&) { return CertificationOf(Signer()); }
                      : QuoteReply;
  }

  absl::StatusOr<evidence::Evidence> Collect(const base::Bytes& report_data = kDigest,
                                             absl::Duration time = absl::Seconds(30)) {
    return source.Collect(*evidence::ReportData::Create(report_data), base::Deadline::After(time));
  }
  AzureEvidence MustCollect(const base::Bytes& report_data = kDigest) {
    const auto evidence = Collect(report_data);
    INFO(evidence.status().ToString());
    REQUIRE(evidence.ok());
    return *ParseEvidence(kind, evidence->json);
  }

  Kind kind;
  std::unique_ptr<FakeAzureDevice> owned;  // moved into source, as the next
  std::unique_ptr<FakeImds> owned_imds;
  FakeAzureDevice& device;
  FakeImds& imds;
  AzureSource source;
};

inline base::Bytes UserData(const AzureEvidence& evidence) {
  return ParseRuntimeClaims(ParseHclReport(evidence.hcl_report)->runtime_data)->user_data;
}

inline void CheckRefused(const absl::StatusOr<evidence::Evidence>& evidence,
                         const std::string& why) {
  INFO(evidence.status().ToString());
  CHECK(absl::IsFailedPrecondition(evidence.status()));
  CHECK(base::GetReason(evidence.status()) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains(why));
}

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEST_TEE_AZURE_VTPM_SOURCE_BENCH_H_
