// SPDX-License-Identifier: Apache-2.0
#include "psp/signer.h"

#include <cerrno>
#include <iostream>
#include <utility>

namespace attestd::vm {
namespace {

struct Blobs {
  base::Bytes out;
  base::Bytes aux;
};

base::Bytes Encode(const fake_tee_reply& reply, const Blobs& blobs) {
  const base::ByteView header(reinterpret_cast<const uint8_t*>(&reply), sizeof reply);
  base::Bytes bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), blobs.out.begin(), blobs.out.end());
  bytes.insert(bytes.end(), blobs.aux.begin(), blobs.aux.end());
  return bytes;
}

absl::StatusOr<Blobs> SnpReport(const fakes::SnpSigner& signer, const fake_tee_request& request) {
  tee::snp::Report report = signer.TypicalReport(request.report_data);
  report.vmpl = request.vmpl;
  Blobs blobs;
  ASSIGN_OR_RETURN(blobs.out, signer.Sign(report));
  return blobs;
}

absl::StatusOr<Blobs> TdxEvidence(const fakes::TdxSigner& signer, const fake_tee_request& request) {
  fakes::TdQuoteSpec spec;
  spec.report_data = base::ToBytes(request.report_data);
  Blobs blobs;
  if (request.kind == FAKE_TEE_TDX_REPORT) {
    blobs.out = fakes::TdxSigner::TdReport(spec);
  } else {
    ASSIGN_OR_RETURN(blobs.out, signer.Quote(spec));
  }
  return blobs;
}

}  // namespace

Signer::Signer(fakes::SnpSigner snp, fakes::TdxSigner tdx, base::Bytes certs)
    : snp_(std::move(snp)), tdx_(std::move(tdx)), certs_(std::move(certs)) {}

absl::StatusOr<Signer> Signer::Load(const std::string& folder) {
  ASSIGN_OR_RETURN(fakes::SnpSigner snp, fakes::SnpSigner::Load(folder + "/snp"));
  ASSIGN_OR_RETURN(fakes::TdxSigner tdx, fakes::TdxSigner::Load(folder + "/tdx"));
  ASSIGN_OR_RETURN(base::Bytes certs, snp.CertTable());
  return Signer(std::move(snp), std::move(tdx), std::move(certs));
}

base::Bytes Signer::Answer(const fake_tee_request& request) const {
  absl::StatusOr<Blobs> blobs =
      request.kind == FAKE_TEE_SNP_REPORT ? SnpReport(snp_, request) : TdxEvidence(tdx_, request);
  fake_tee_reply reply{};
  reply.id = request.id;
  if (!blobs.ok()) {
    std::cerr << "attestd-fake-psp: " << blobs.status().message() << std::endl;
    reply.err = EIO;
    return Encode(reply, {});
  }
  if (request.kind == FAKE_TEE_SNP_REPORT) {
    blobs->aux = certs_;
  }
  reply.out_len = static_cast<__u32>(blobs->out.size());
  reply.aux_len = static_cast<__u32>(blobs->aux.size());
  return Encode(reply, *blobs);
}

}  // namespace attestd::vm
