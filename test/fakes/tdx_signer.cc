// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/tdx_signer.h"

#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"
#include "base/hash.h"
#include "test/fakes/crl_issuer.h"
#include "test/fakes/sgx_extension.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::fakes {

struct TdxSigner::State {
  base::Certificate root;
  base::Certificate intermediate;
  base::Certificate pck;
  base::Certificate tcb_signing;  // of a loaded signer: its root
  PrivateKey pck_key;
  PrivateKey attestation_key;
  // Not of a loaded signer.
  std::optional<PrivateKey> root_key;
  std::optional<PrivateKey> intermediate_key;
  std::optional<PrivateKey> tcb_key;
};

namespace {

constexpr size_t kTdReportSize = 1024;
constexpr size_t kEnclaveReportSize = 384;
constexpr size_t kFileLimit = size_t{1} << 16;

class Writer {
 public:
  template <typename T>
  Writer& Le(T value) {
    for (size_t i = 0; i < sizeof value; ++i) {
      bytes_.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
    }
    return *this;
  }
  Writer& Put(base::ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Writer& Zeros(size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
  }
  base::Bytes& bytes() { return bytes_; }

 private:
  base::Bytes bytes_;
};

base::Bytes Padded(base::Bytes bytes, size_t size) {
  bytes.resize(size);
  return bytes;
}

absl::StatusOr<base::Bytes> VendorId(uint8_t first) {
  ASSIGN_OR_RETURN(base::Bytes vendor, base::HexDecode("939a7233f79c4ca9940a0db3957f0607"));
  vendor.front() = first;
  return vendor;
}

void PutBody(const TdQuoteSpec& spec, Writer& out) {
  constexpr uint64_t kXfam = 0x642e7;
  out.Put(spec.tee_tcb_svn).Zeros(48 + 48).Le(uint64_t{0}).Le(spec.td_attributes).Le(kXfam);
  out.Put(spec.mr_td).Put(spec.mr_config_id).Zeros(48 + 48);
  for (const auto& rtmr : spec.rtmrs) {
    out.Put(rtmr);
  }
  out.Put(Padded(spec.report_data, 64));
}

absl::StatusOr<base::Bytes> HeaderAndBody(const TdQuoteSpec& spec) {
  ASSIGN_OR_RETURN(const base::Bytes vendor, VendorId(spec.qe_vendor));
  Writer out;
  out.Le(spec.version).Le(spec.key_type).Le(spec.tee_type).Zeros(4).Put(vendor).Zeros(20);
  if (spec.version == 5) {
    const bool tdx15 = spec.body_type == 3;
    out.Le(spec.body_type).Le(uint32_t{tdx15 ? 648U : 584U});
    PutBody(spec, out);
    if (tdx15) {
      out.Put(spec.tee_tcb_svn).Zeros(48);
    }
  } else {
    PutBody(spec, out);
  }
  return out.bytes();
}

absl::StatusOr<base::Bytes> QeReport(const TdQuoteSpec& spec, base::ByteView attestation_point,
                                     base::ByteView auth) {
  Writer bound;
  bound.Put(attestation_point).Put(auth);
  ASSIGN_OR_RETURN(base::Bytes digest, base::Hash(base::HashAlgorithm::kSha256, bound.bytes()));
  digest.front() = static_cast<uint8_t>(digest.front() + spec.qe_binding);
  // MRSIGNER of Intel's quoting enclaves for TDs.
  ASSIGN_OR_RETURN(
      base::Bytes mr_signer,
      base::HexDecode("dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5"));
  mr_signer.front() = spec.qe_mr_signer;
  Writer out;
  out.Zeros(16 + 4 + 28).Put(Padded({spec.qe_attributes}, 16)).Zeros(32 + 32).Put(mr_signer);
  constexpr uint16_t kTdQe = 2;
  out.Zeros(96).Le(kTdQe).Le(spec.qe_svn).Zeros(60).Put(Padded(digest, 64));
  return out.bytes().size() == kEnclaveReportSize
             ? absl::StatusOr<base::Bytes>(out.bytes())
             : base::MakeStatus(absl::StatusCode::kInternal, "enclave report of a wrong size");
}

absl::Status WriteText(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file.good() ? absl::OkStatus()
                     : base::MakeStatus(absl::StatusCode::kInternal, path + ": not written");
}

absl::StatusOr<base::Certificate> ReadCertificate(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path, kFileLimit));
  ASSIGN_OR_RETURN(const std::vector<base::Certificate> list, base::Certificate::ListFromPem(pem));
  return list.front();
}

absl::StatusOr<PrivateKey> ReadKey(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path, kFileLimit));
  return PrivateKey::FromPem(pem);
}

// Affine coordinates x || y: the end of a SubjectPublicKeyInfo.
absl::StatusOr<base::Bytes> PointOf(const PrivateKey& key) {
  ASSIGN_OR_RETURN(const base::PublicKey public_key, key.GetPublicKey());
  ASSIGN_OR_RETURN(const base::Bytes spki, public_key.ToSpkiDer());
  return base::Bytes(spki.end() - 64, spki.end());
}

absl::StatusOr<base::Bytes> Sign(const PrivateKey& key, base::ByteView message) {
  return key.SignEcdsa(base::HashAlgorithm::kSha256, message);
}

absl::Status NotHere() {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                          "a loaded signer has no keys of the authorities");
}

}  // namespace

absl::StatusOr<TdxSigner> TdxSigner::Create() {
  constexpr auto kCurve = base::PublicKey::Curve::kP256;
  ASSIGN_OR_RETURN(PrivateKey root_key, PrivateKey::Ec(kCurve));
  ASSIGN_OR_RETURN(PrivateKey intermediate_key, PrivateKey::Ec(kCurve));
  ASSIGN_OR_RETURN(PrivateKey pck_key, PrivateKey::Ec(kCurve));
  ASSIGN_OR_RETURN(PrivateKey attestation_key, PrivateKey::Ec(kCurve));
  ASSIGN_OR_RETURN(PrivateKey tcb_key, PrivateKey::Ec(kCurve));
  const std::string root_name = "Fake SGX Root CA";
  const std::string intermediate_name = "Fake SGX PCK Platform CA";
  ASSIGN_OR_RETURN(
      base::Certificate root,
      IssueCertificate({.subject = root_name, .issuer = root_name, .serial = 1, .ca = true},
                       root_key, root_key));
  ASSIGN_OR_RETURN(
      base::Certificate intermediate,
      IssueCertificate({.subject = intermediate_name, .issuer = root_name, .serial = 2, .ca = true},
                       intermediate_key, root_key));
  ASSIGN_OR_RETURN(base::Certificate pck,
                   IssueCertificate({.subject = "Fake SGX PCK Certificate",
                                     .issuer = intermediate_name,
                                     .serial = 3,
                                     .extensions = {{"1.2.840.113741.1.13.1", SgxExtension()}}},
                                    pck_key, intermediate_key));
  ASSIGN_OR_RETURN(
      base::Certificate tcb_signing,
      IssueCertificate({.subject = "Intel SGX TCB Signing", .issuer = root_name, .serial = 4},
                       tcb_key, root_key));
  TdxSigner signer;
  signer.state_ =
      std::make_shared<const State>(State{.root = std::move(root),
                                          .intermediate = std::move(intermediate),
                                          .pck = std::move(pck),
                                          .tcb_signing = std::move(tcb_signing),
                                          .pck_key = std::move(pck_key),
                                          .attestation_key = std::move(attestation_key),
                                          .root_key = std::move(root_key),
                                          .intermediate_key = std::move(intermediate_key),
                                          .tcb_key = std::move(tcb_key)});
  return signer;
}

absl::Status TdxSigner::Save(const std::string& folder) const {
  RETURN_IF_ERROR(WriteText(folder + "/root.pem", root().ToPem()));
  RETURN_IF_ERROR(WriteText(folder + "/intermediate.pem", intermediate().ToPem()));
  RETURN_IF_ERROR(WriteText(folder + "/pck.pem", pck().ToPem()));
  ASSIGN_OR_RETURN(const std::string pck_key, state_->pck_key.ToPem());
  RETURN_IF_ERROR(WriteText(folder + "/pck.key", pck_key));
  ASSIGN_OR_RETURN(const std::string attestation_key, state_->attestation_key.ToPem());
  return WriteText(folder + "/attestation.key", attestation_key);
}

absl::StatusOr<TdxSigner> TdxSigner::Load(const std::string& folder) {
  ASSIGN_OR_RETURN(base::Certificate root, ReadCertificate(folder + "/root.pem"));
  ASSIGN_OR_RETURN(base::Certificate intermediate, ReadCertificate(folder + "/intermediate.pem"));
  ASSIGN_OR_RETURN(base::Certificate pck, ReadCertificate(folder + "/pck.pem"));
  ASSIGN_OR_RETURN(PrivateKey pck_key, ReadKey(folder + "/pck.key"));
  ASSIGN_OR_RETURN(PrivateKey attestation_key, ReadKey(folder + "/attestation.key"));
  TdxSigner signer;
  signer.state_ = std::make_shared<const State>(State{.root = root,
                                                      .intermediate = std::move(intermediate),
                                                      .pck = std::move(pck),
                                                      .tcb_signing = root,
                                                      .pck_key = std::move(pck_key),
                                                      .attestation_key = std::move(attestation_key),
                                                      .root_key = std::nullopt,
                                                      .intermediate_key = std::nullopt,
                                                      .tcb_key = std::nullopt});
  return signer;
}

const base::Certificate& TdxSigner::root() const { return state_->root; }
const base::Certificate& TdxSigner::intermediate() const { return state_->intermediate; }
const base::Certificate& TdxSigner::pck() const { return state_->pck; }
const base::Certificate& TdxSigner::tcb_signing() const { return state_->tcb_signing; }

absl::StatusOr<base::Bytes> TdxSigner::Quote(const TdQuoteSpec& spec) const {
  ASSIGN_OR_RETURN(const base::Bytes signed_bytes, HeaderAndBody(spec));
  ASSIGN_OR_RETURN(const base::Bytes point, PointOf(state_->attestation_key));
  ASSIGN_OR_RETURN(const base::Bytes signature, Sign(state_->attestation_key, signed_bytes));
  base::Bytes auth(32);
  for (size_t i = 0; i < auth.size(); ++i) {
    auth.at(i) = static_cast<uint8_t>(i);
  }
  ASSIGN_OR_RETURN(const base::Bytes qe_report, QeReport(spec, point, auth));
  ASSIGN_OR_RETURN(const base::Bytes qe_signature, Sign(state_->pck_key, qe_report));
  // The real ones end in a zero byte.
  const std::string chain =
      pck().ToPem() + intermediate().ToPem() + root().ToPem() + std::string(1, '\0');
  Writer certification;
  certification.Put(qe_report).Put(qe_signature).Le(static_cast<uint16_t>(auth.size())).Put(auth);
  certification.Le(uint16_t{5}).Le(static_cast<uint32_t>(chain.size())).Put(base::AsBytes(chain));
  Writer signature_data;
  signature_data.Put(signature).Put(point).Le(uint16_t{6});
  signature_data.Le(static_cast<uint32_t>(certification.bytes().size()));
  signature_data.Put(certification.bytes());
  Writer quote;
  quote.Put(signed_bytes).Le(static_cast<uint32_t>(signature_data.bytes().size()));
  quote.Put(signature_data.bytes()).Put(spec.trailing);
  return quote.bytes();
}

absl::StatusOr<std::string> TdxSigner::Collateral(std::string_view member,
                                                  std::string_view body) const {
  if (!state_->tcb_key.has_value()) {
    return NotHere();
  }
  ASSIGN_OR_RETURN(const base::Bytes signature, Sign(*state_->tcb_key, base::AsBytes(body)));
  return "{\"" + std::string(member) + "\":" + std::string(body) + ",\"signature\":\"" +
         base::HexEncode(signature) + "\"}";
}

absl::StatusOr<base::Bytes> TdxSigner::Crl(Issuer issuer,
                                           std::span<const base::Certificate> revoked) const {
  const bool of_root = issuer == Issuer::kRoot;
  const std::optional<PrivateKey>& key = of_root ? state_->root_key : state_->intermediate_key;
  if (!key.has_value()) {
    return NotHere();
  }
  return IssueCrl({.revoked = {revoked.begin(), revoked.end()}}, of_root ? root() : intermediate(),
                  *key);
}

base::Bytes TdxSigner::TdReport(const TdQuoteSpec& spec) {
  Writer out;
  // REPORTMACSTRUCT: type, then up to the report data; its MAC. TEE_TCB_INFO.
  out.Put(Padded({0x81}, 128)).Put(Padded(spec.report_data, 64)).Zeros(64);
  out.Zeros(8).Put(spec.tee_tcb_svn).Zeros(232);
  // TDINFO_STRUCT.
  out.Le(spec.td_attributes).Zeros(8).Put(spec.mr_td).Put(spec.mr_config_id).Zeros(96);
  for (const auto& rtmr : spec.rtmrs) {
    out.Put(rtmr);
  }
  out.Zeros(kTdReportSize - out.bytes().size());
  return out.bytes();
}

}  // namespace attestd::fakes
