// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/snp_signer.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"
#include "tee/snp/format/cert_table.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::fakes {
namespace {

using tee::snp::CertType;
using tee::snp::Generation;
using tee::snp::Report;
using tee::snp::TcbVersion;

// AMD, "VCEK certificate and KDS interface specification" 57230, table 8.
constexpr char kProductOid[] = "1.3.6.1.4.1.3704.1.2";
constexpr char kBootloaderOid[] = "1.3.6.1.4.1.3704.1.3.1";
constexpr char kTeeOid[] = "1.3.6.1.4.1.3704.1.3.2";
constexpr char kSnpOid[] = "1.3.6.1.4.1.3704.1.3.3";
constexpr char kMicrocodeOid[] = "1.3.6.1.4.1.3704.1.3.8";
constexpr char kFmcOid[] = "1.3.6.1.4.1.3704.1.3.9";
constexpr char kHwidOid[] = "1.3.6.1.4.1.3704.1.4";

constexpr size_t kTurinChipIdSize = 8;
constexpr size_t kHalfSize = 48;  // of a P-384 signature
constexpr size_t kMaxFile = size_t{64} << 10;

// ASN.1 tags (X.680, 8.4).
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kIa5String = 0x16;

std::string ProductName(Generation generation) {
  switch (generation) {
    case Generation::kMilan:
      return "Milan";
    case Generation::kGenoa:
      return "Genoa";
    case Generation::kTurin:
      return "Turin";
  }
  return "";
}

// For content of less than 128 bytes.
base::Bytes Der(uint8_t tag, base::ByteView content) {
  base::Bytes der(2 + content.size());
  der[0] = tag;
  der[1] = static_cast<uint8_t>(content.size());
  std::copy(content.begin(), content.end(), der.begin() + 2);
  return der;
}

base::Bytes DerInteger(uint8_t value) {
  return value < 0x80 ? Der(kInteger, std::array<uint8_t, 1>{value})
                      : Der(kInteger, std::array<uint8_t, 2>{0, value});
}

base::Bytes Hwid(const SnpSignerSpec& spec) {
  base::Bytes hwid(spec.chip_id.begin(), spec.chip_id.end());
  if (spec.generation == Generation::kTurin) {
    hwid.resize(kTurinChipIdSize);
  }
  return spec.wrapped_hwid ? Der(kOctetString, hwid) : hwid;
}

std::vector<std::pair<std::string, base::Bytes>> Extensions(const SnpSignerSpec& spec) {
  std::vector<std::pair<std::string, base::Bytes>> extensions = {
      {kProductOid, Der(kIa5String, base::AsBytes(ProductName(spec.generation)))},
      {kBootloaderOid, DerInteger(spec.tcb.bootloader)},
      {kTeeOid, DerInteger(spec.tcb.tee)},
      {kSnpOid, DerInteger(spec.tcb.snp)},
      {kMicrocodeOid, DerInteger(spec.tcb.microcode)}};
  if (spec.tcb.fmc.has_value()) {
    extensions.emplace_back(kFmcOid, DerInteger(*spec.tcb.fmc));
  }
  if (!spec.vlek) {
    extensions.emplace_back(kHwidOid, Hwid(spec));
  }
  return extensions;
}

// What Extensions wrote, read back.
uint8_t LastByte(const base::Certificate& certificate, const char* oid) {
  const std::optional<base::Bytes> content = certificate.Extension(oid);
  return content.has_value() && !content->empty() ? content->back() : 0;
}

absl::StatusOr<SnpSignerSpec> SpecOf(const base::Certificate& leaf) {
  SnpSignerSpec spec;
  const std::optional<base::Bytes> product = leaf.Extension(kProductOid);
  const std::string name = product.has_value() && product->size() > 2
                               ? std::string(base::AsText(base::ByteView(*product).subspan(2)))
                               : "";
  bool known = false;
  for (const Generation generation : {Generation::kMilan, Generation::kGenoa, Generation::kTurin}) {
    if (ProductName(generation) == name) {
      spec.generation = generation;
      known = true;
    }
  }
  const std::optional<base::Bytes> hwid = leaf.Extension(kHwidOid);
  if (!known || (hwid.has_value() && hwid->size() < kTurinChipIdSize)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "vcek.pem is none of ours");
  }
  spec.tcb = {.fmc = {},
              .bootloader = LastByte(leaf, kBootloaderOid),
              .tee = LastByte(leaf, kTeeOid),
              .snp = LastByte(leaf, kSnpOid),
              .microcode = LastByte(leaf, kMicrocodeOid)};
  if (leaf.Extension(kFmcOid).has_value()) {
    spec.tcb.fmc = LastByte(leaf, kFmcOid);
  }
  spec.vlek = !hwid.has_value();
  spec.chip_id = {};
  if (hwid.has_value()) {
    spec.wrapped_hwid = hwid->size() == spec.chip_id.size() + 2;
    const size_t size = std::min(hwid->size(), spec.chip_id.size());
    std::copy(hwid->end() - static_cast<ptrdiff_t>(size), hwid->end(), spec.chip_id.begin());
  }
  return spec;
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? absl::OkStatus() : base::MakeStatus(absl::StatusCode::kInternal, path);
}

absl::StatusOr<base::Certificate> LoadCertificate(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path, kMaxFile));
  ASSIGN_OR_RETURN(const std::vector<base::Certificate> list,
                   base::Certificate::ListFromPem(pem, 1));
  return list.front();
}

void AppendU32(base::Bytes& bytes, size_t value) {
  for (size_t i = 0; i < sizeof(uint32_t); ++i) {
    bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

// Big-endian into the report's little-endian field.
void PutReversed(base::ByteView half, uint8_t* field) {
  std::reverse_copy(half.begin(), half.end(), field);
}

}  // namespace

struct SnpSigner::State {
  SnpSignerSpec spec;
  base::Certificate ark;
  base::Certificate ask;
  base::Certificate vcek;
  PrivateKey vcek_key;
};

absl::StatusOr<SnpSigner> SnpSigner::Create(const SnpSignerSpec& wanted) {
  SnpSignerSpec spec = wanted;
  if (spec.generation == Generation::kTurin && !spec.tcb.fmc.has_value()) {
    spec.tcb.fmc = 1;
  }
  const std::string product = ProductName(spec.generation);
  const std::string ark_name = "ARK-" + product;
  const std::string ask_name = (spec.vlek ? "SEV-VLEK-" : "SEV-") + product;
  ASSIGN_OR_RETURN(const PrivateKey ark_key, PrivateKey::Rsa(spec.rsa_bits));
  ASSIGN_OR_RETURN(const PrivateKey ask_key, PrivateKey::Rsa(spec.rsa_bits));
  ASSIGN_OR_RETURN(const PrivateKey vcek_key, PrivateKey::Ec(base::PublicKey::Curve::kP384));
  ASSIGN_OR_RETURN(
      const base::Certificate ark,
      IssueCertificate({.subject = ark_name, .issuer = ark_name, .ca = true}, ark_key, ark_key));
  ASSIGN_OR_RETURN(
      const base::Certificate ask,
      IssueCertificate({.subject = ask_name, .issuer = ark_name, .ca = true}, ask_key, ark_key));
  ASSIGN_OR_RETURN(const base::Certificate vcek,
                   IssueCertificate({.subject = spec.vlek ? "SEV-VLEK" : "SEV-VCEK",
                                     .issuer = ask_name,
                                     .extensions = Extensions(spec)},
                                    vcek_key, ask_key));
  SnpSigner signer;
  signer.state_ = std::make_shared<const State>(
      State{.spec = spec, .ark = ark, .ask = ask, .vcek = vcek, .vcek_key = vcek_key});
  return signer;
}

absl::Status SnpSigner::Save(const std::string& folder) const {
  RETURN_IF_ERROR(WriteFile(folder + "/ark.pem", ark().ToPem()));
  RETURN_IF_ERROR(WriteFile(folder + "/ask.pem", ask().ToPem()));
  RETURN_IF_ERROR(WriteFile(folder + "/vcek.pem", vcek().ToPem()));
  ASSIGN_OR_RETURN(const std::string key, state_->vcek_key.ToPem());
  return WriteFile(folder + "/vcek.key", key);
}

absl::StatusOr<SnpSigner> SnpSigner::Load(const std::string& folder) {
  ASSIGN_OR_RETURN(const base::Certificate ark, LoadCertificate(folder + "/ark.pem"));
  ASSIGN_OR_RETURN(const base::Certificate ask, LoadCertificate(folder + "/ask.pem"));
  ASSIGN_OR_RETURN(const base::Certificate vcek, LoadCertificate(folder + "/vcek.pem"));
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(folder + "/vcek.key", kMaxFile));
  ASSIGN_OR_RETURN(const PrivateKey key, PrivateKey::FromPem(pem));
  ASSIGN_OR_RETURN(const SnpSignerSpec spec, SpecOf(vcek));
  SnpSigner signer;
  signer.state_ = std::make_shared<const State>(
      State{.spec = spec, .ark = ark, .ask = ask, .vcek = vcek, .vcek_key = key});
  return signer;
}

const base::Certificate& SnpSigner::ark() const { return state_->ark; }
const base::Certificate& SnpSigner::ask() const { return state_->ask; }
const base::Certificate& SnpSigner::vcek() const { return state_->vcek; }

absl::StatusOr<base::Bytes> SnpSigner::CertTable() const {
  constexpr size_t kRowSize = 24;
  const std::vector<std::pair<CertType, base::Bytes>> entries = {
      {state_->spec.vlek ? CertType::kVlek : CertType::kVcek, vcek().ToDer()},
      {CertType::kAsk, ask().ToDer()},
      {CertType::kArk, ark().ToDer()}};
  base::Bytes table;
  size_t offset = (entries.size() + 1) * kRowSize;
  for (const auto& [type, der] : entries) {
    std::string guid(tee::snp::GuidOf(type));
    std::erase(guid, '-');
    ASSIGN_OR_RETURN(const base::Bytes bytes, base::HexDecode(guid));
    std::copy(bytes.begin(), bytes.end(), std::back_inserter(table));
    AppendU32(table, offset);
    AppendU32(table, der.size());
    offset += der.size();
  }
  table.resize(table.size() + kRowSize);
  for (const auto& [type, der] : entries) {
    std::copy(der.begin(), der.end(), std::back_inserter(table));
  }
  return table;
}

Report SnpSigner::TypicalReport(base::ByteView report_data) const {
  const SnpSignerSpec& spec = state_->spec;
  const bool turin = spec.generation == Generation::kTurin;
  Report report;
  report.version = turin ? 5 : 3;
  report.policy = 0x30000;  // SMT allowed, and the bit that is always 1
  report.sig_algo = 1;
  report.plat_info = 0x25;  // SMT, ECC, alias check done
  report.key_info = spec.vlek ? 1U << 2 : 0;
  report.measurement.fill(0xab);
  report.report_id.fill(0x1d);
  report.report_id_ma.fill(0xff);
  report.cpuid_fam_id = turin ? 0x1a : 0x19;
  report.cpuid_mod_id = spec.generation == Generation::kMilan ? 0x01 : 0x11;
  report.cpuid_step = 1;
  std::copy_n(report_data.begin(), std::min(report_data.size(), report.report_data.size()),
              report.report_data.begin());
  report.current_tcb = report.committed_tcb = report.launch_tcb = report.reported_tcb = spec.tcb;
  report.current = report.committed = {.major = 1, .minor = 55, .build = 40};
  if (!spec.vlek) {
    std::copy_n(spec.chip_id.begin(), turin ? kTurinChipIdSize : spec.chip_id.size(),
                report.chip_id.begin());
  }
  if (turin) {
    report.launch_mit_vector = report.current_mit_vector = 0;
  }
  return report;
}

absl::StatusOr<base::Bytes> SnpSigner::Sign(const Report& report) const {
  ASSIGN_OR_RETURN(base::Bytes bytes, tee::snp::EncodeReport(report));
  ASSIGN_OR_RETURN(const base::Bytes signature,
                   state_->vcek_key.SignEcdsa(base::HashAlgorithm::kSha384,
                                              base::ByteView(bytes).first(tee::snp::kSignedSize)));
  const base::ByteView halves(signature);
  uint8_t* r = bytes.data() + tee::snp::kSignedSize;
  std::fill_n(r, report.signature_r.size() + report.signature_s.size(), uint8_t{0});
  PutReversed(halves.first(kHalfSize), r);
  PutReversed(halves.subspan(kHalfSize), r + report.signature_r.size());
  return bytes;
}

}  // namespace attestd::fakes
