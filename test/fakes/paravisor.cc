// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/paravisor.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/handle.h"
#include "base/hash.h"

namespace attestd::fakes {
namespace {

using tee::azure_vtpm::Kind;

constexpr size_t kHardwareSize = 1184;
constexpr size_t kTdReportSize = 1024;
constexpr size_t kReportDataSize = 64;
constexpr size_t kUserDataSize = 64;

void AppendU32(base::Bytes& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

base::Bytes Modulus(base::ByteView spki) {
  const uint8_t* der = spki.data();
  const base::Handle<EVP_PKEY, EVP_PKEY_free> key(
      d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size())));
  BIGNUM* number = nullptr;
  if (key == nullptr || EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &number) != 1) {
    return {};
  }
  const base::Handle<BIGNUM, BN_free> owned(number);
  base::Bytes bytes(static_cast<size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

}  // namespace

HardwareReport UnsignedReport(Kind kind) {
  constexpr size_t kSnpReportData = 0x50;
  constexpr size_t kSnpReportedTcb = 0x180;
  constexpr size_t kSnpChipId = 0x1a0;
  constexpr size_t kTdReportData = 128;
  return [kind](base::ByteView report_data) {
    base::Bytes report(kind == Kind::kSnp ? kHardwareSize : kTdReportSize);
    size_t offset = kTdReportData;
    if (kind == Kind::kSnp) {
      offset = kSnpReportData;
      std::fill_n(report.begin() + kSnpReportedTcb, 8, uint8_t{0x02});
      std::fill_n(report.begin() + kSnpChipId, 64, uint8_t{0x01});
    } else {
      report[0] = 0x81;
    }
    std::copy(report_data.begin(), report_data.end(),
              report.begin() + static_cast<std::ptrdiff_t>(offset));
    return report;
  };
}

std::string RuntimeData(base::ByteView ak_spki, base::ByteView user_data) {
  base::Bytes padded = base::ToBytes(user_data);
  padded.resize(kUserDataSize);
  std::string hex = base::HexEncode(padded);
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return R"({"keys":[{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":"AQAB","n":")" +
         base::Base64UrlEncode(Modulus(ak_spki)) +
         R"("}],"vm-configuration":{"console-enabled":true,"secure-boot":true,"tpm-enabled":true,)" +
         R"("vmUniqueId":"00000000-0000-4000-8000-000000000000"},"user-data":")" + hex + R"("})";
}

base::Bytes HclImage(const ParavisorSpec& spec, base::ByteView user_data) {
  return HclImageOf(spec, RuntimeData(spec.ak_spki, user_data));
}

base::Bytes HclImageOf(const ParavisorSpec& spec, std::string_view runtime_data) {
  constexpr uint32_t kHeaderSize = 32;
  constexpr uint32_t kDataHeaderSize = 20;
  const auto runtime_size = static_cast<uint32_t>(runtime_data.size());
  base::Bytes report_data = *base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(runtime_data));
  report_data.resize(kReportDataSize);
  base::Bytes hardware = spec.hardware(report_data);
  hardware.resize(kHardwareSize);
  base::Bytes image;
  AppendU32(image, tee::azure_vtpm::kHclSignature);
  AppendU32(image, spec.kind == Kind::kSnp ? 1 : 2);
  AppendU32(image,
            kHeaderSize + static_cast<uint32_t>(kHardwareSize) + kDataHeaderSize + runtime_size);
  AppendU32(image, 2);
  image.resize(kHeaderSize);
  image.insert(image.end(), hardware.begin(), hardware.end());
  AppendU32(image, kDataHeaderSize + runtime_size);
  AppendU32(image, 1);
  AppendU32(image, static_cast<uint32_t>(spec.kind));
  AppendU32(image, 1);
  AppendU32(image, runtime_size);
  image.insert(image.end(), runtime_data.begin(), runtime_data.end());
  image.resize(std::max(image.size(), spec.image_size));
  return image;
}

}  // namespace attestd::fakes
