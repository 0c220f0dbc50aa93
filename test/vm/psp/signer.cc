// SPDX-License-Identifier: Apache-2.0
#include "psp/signer.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iostream>
#include <utility>

namespace attestd::vm {
namespace {

constexpr ptrdiff_t kSnpReportDataOffset = 0x50;
constexpr ptrdiff_t kTdQuoteReportDataOffset = 48 + 520;  // version 4

absl::StatusOr<base::Bytes> SnpReport(const fakes::SnpSigner& signer,
                                      const fake_tee_request& request) {
  tee::snp::Report report = signer.TypicalReport(request.report_data);
  report.vmpl = request.vmpl;
  return signer.Sign(report);
}

fakes::TdQuoteSpec TdSpec(const fake_tee_request& request) {
  fakes::TdQuoteSpec spec;
  spec.report_data = base::ToBytes(request.report_data);
  return spec;
}

base::Bytes FillIn(base::Bytes evidence, ptrdiff_t offset, const fake_tee_request& request) {
  std::ranges::copy(request.report_data, evidence.begin() + offset);
  return evidence;
}

base::Bytes Encode(const fake_tee_reply& reply, base::ByteView out, base::ByteView aux) {
  const base::ByteView header(reinterpret_cast<const uint8_t*>(&reply), sizeof reply);
  base::Bytes bytes;
  for (const base::ByteView part : {header, out, aux}) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace

Signer::Signer(fakes::SnpSigner snp, fakes::TdxSigner tdx, base::Bytes certs)
    : snp_(std::move(snp)), tdx_(std::move(tdx)), certs_(std::move(certs)) {}

absl::StatusOr<Signer> Signer::Load(const std::string& folder, bool templates) {
  ASSIGN_OR_RETURN(fakes::SnpSigner snp, fakes::SnpSigner::Load(folder + "/snp"));
  ASSIGN_OR_RETURN(fakes::TdxSigner tdx, fakes::TdxSigner::Load(folder + "/tdx"));
  ASSIGN_OR_RETURN(base::Bytes certs, snp.CertTable());
  Signer signer(std::move(snp), std::move(tdx), std::move(certs));
  if (templates) {
    const fake_tee_request request{};
    ASSIGN_OR_RETURN(signer.snp_template_, SnpReport(signer.snp_, request));
    ASSIGN_OR_RETURN(signer.tdx_template_, signer.tdx_.Quote(TdSpec(request)));
  }
  return signer;
}

absl::StatusOr<base::Bytes> Signer::Make(const fake_tee_request& request) const {
  switch (request.kind) {
    case FAKE_TEE_SNP_REPORT:
      if (!snp_template_.empty()) {
        return FillIn(snp_template_, kSnpReportDataOffset, request);
      }
      return SnpReport(snp_, request);
    case FAKE_TEE_TDX_QUOTE:
      if (!tdx_template_.empty()) {
        return FillIn(tdx_template_, kTdQuoteReportDataOffset, request);
      }
      return tdx_.Quote(TdSpec(request));
    case FAKE_TEE_TDX_REPORT:
      return fakes::TdxSigner::TdReport(TdSpec(request));
    default:
      return absl::UnimplementedError("unknown kind of request");
  }
}

base::Bytes Signer::Answer(const fake_tee_request& request) const {
  fake_tee_reply reply{};
  reply.id = request.id;
  const absl::StatusOr<base::Bytes> out = Make(request);
  if (!out.ok()) {
    std::cerr << "attestd-fake-psp: " << out.status().message() << std::endl;
    reply.err = EIO;
    return Encode(reply, {}, {});
  }
  const base::ByteView aux =
      request.kind == FAKE_TEE_SNP_REPORT ? base::ByteView(certs_) : base::ByteView();
  reply.out_len = static_cast<__u32>(out->size());
  reply.aux_len = static_cast<__u32>(aux.size());
  return Encode(reply, *out, aux);
}

}  // namespace attestd::vm
