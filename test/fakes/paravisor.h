// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_PARAVISOR_H_
#define ATTESTD_TEST_FAKES_PARAVISOR_H_

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "tee/azure_vtpm/format/hcl_report.h"

// Makes HCL reports as the paravisor of an Azure CVM does: the same layout and members, throw-away
// keys.
namespace attestd::fakes {

// The hardware's report over 64 bytes of report data: 1184 bytes of SNP, or a TDREPORT of 1024.
using HardwareReport = std::function<base::Bytes(base::ByteView report_data)>;
// One that nobody signed: zeros but for the report data, chip id 0x01.. and reported TCB 0x02...
HardwareReport UnsignedReport(tee::azure_vtpm::Kind kind);

struct ParavisorSpec {
  tee::azure_vtpm::Kind kind = tee::azure_vtpm::Kind::kSnp;
  base::Bytes ak_spki;  // DER SubjectPublicKeyInfo of the vTPM's attestation key (RSA)
  HardwareReport hardware;
  size_t image_size = 2600;
};

// JSON as it is hashed; user-data padded with zeros to 64 bytes.
std::string RuntimeData(base::ByteView ak_spki, base::ByteView user_data);
// The image in NV 0x01400001.
base::Bytes HclImage(const ParavisorSpec& spec, base::ByteView user_data);
// The same around any runtime data; the report data is over these.
base::Bytes HclImageOf(const ParavisorSpec& spec, std::string_view runtime_data);

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_PARAVISOR_H_
