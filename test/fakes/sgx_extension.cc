// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/sgx_extension.h"

#include <array>
#include <initializer_list>

namespace attestd::fakes {
namespace {

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kOid = 0x06;
constexpr uint8_t kEnumerated = 0x0a;
constexpr uint8_t kSequence = 0x30;
// 1.2.840.113741.1.13.1
constexpr std::array<uint8_t, 9> kSgx = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

base::Bytes Concat(std::initializer_list<base::Bytes> parts) {
  base::Bytes all;
  for (const base::Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

// Tag, length and content in DER.
base::Bytes Tlv(uint8_t tag, const base::Bytes& content) {
  base::Bytes out;
  out.push_back(tag);
  constexpr size_t kShortForm = 0x80;
  if (content.size() >= kShortForm) {
    out.push_back(0x82);
    out.push_back(static_cast<uint8_t>(content.size() >> 8));
  }
  out.push_back(static_cast<uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

// SEQUENCE { 1.2.840.113741.1.13.1.<tail>, value }
base::Bytes Entry(std::initializer_list<uint8_t> tail, const base::Bytes& value) {
  base::Bytes oid(kSgx.begin(), kSgx.end());
  oid.insert(oid.end(), tail);
  return Tlv(kSequence, Concat({Tlv(kOid, oid), value}));
}

base::Bytes Number(uint8_t value) { return Tlv(kInteger, base::Bytes(1, value)); }

base::Bytes Tcb() {
  constexpr std::array<uint8_t, 16> kComponents = {3, 3, 2, 2, 2, 1, 0, 2};
  constexpr uint8_t kPceSvn = 11;
  base::Bytes entries;
  uint8_t number = 1;
  for (const uint8_t svn : kComponents) {
    entries = Concat({entries, Entry({2, number}, Number(svn))});
    ++number;
  }
  const base::Bytes cpu_svn(kComponents.begin(), kComponents.end());
  return Tlv(kSequence, Concat({entries, Entry({2, 17}, Number(kPceSvn)),
                                Entry({2, 18}, Tlv(kOctetString, cpu_svn))}));
}

}  // namespace

base::Bytes SgxExtension() {
  base::Bytes fmspc(6);
  fmspc.at(0) = 0x50;
  fmspc.at(1) = 0x80;
  fmspc.at(2) = 0x6f;
  return Tlv(kSequence, Concat({Entry({1}, Tlv(kOctetString, base::Bytes(16, 0x77))),  // PPID
                                Entry({2}, Tcb()),                                     //
                                Entry({3}, Tlv(kOctetString, base::Bytes(2))),         // PCE id
                                Entry({4}, Tlv(kOctetString, fmspc)),                  //
                                Entry({5}, Tlv(kEnumerated, base::Bytes(1, 0x01)))}));
}

}  // namespace attestd::fakes
