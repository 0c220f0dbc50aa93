// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FORMAT_REPORT_LAYOUT_H_
#define ATTESTD_TEE_SNP_FORMAT_REPORT_LAYOUT_H_

#include "tee/snp/format/report.h"

// Inside the library only: the one list of the report's fields, in their binary order. A visitor
// reads or writes them, as bytes or as JSON; the names are those of the JSON form.
namespace attestd::tee::snp {

// First version with CPUID fields, and with mitigation vectors.
constexpr uint32_t kFirstWithCpuid = 3;
constexpr uint32_t kFirstWithMitigations = 5;

// A visitor has
//   Field(name, value)            for integers, byte arrays, TcbVersion and FirmwareVersion,
//   Optional(name, value, there)  for integers that the version may not have,
//   Signature(r, s)               and
//   Reserved(offset, size)        bytes that must be zero; they have no place in JSON.
// It keeps its first error for itself and passes over everything after it.
template <typename Visitor, typename ReportType>
void VisitReportHead(Visitor& visitor, ReportType& report) {
  visitor.Field("version", report.version);
  visitor.Field("guest_svn", report.guest_svn);
  visitor.Field("policy", report.policy);
  visitor.Field("family_id", report.family_id);
  visitor.Field("image_id", report.image_id);
  visitor.Field("vmpl", report.vmpl);
  visitor.Field("sig_algo", report.sig_algo);
  visitor.Field("current_tcb", report.current_tcb);
  visitor.Field("plat_info", report.plat_info);
  visitor.Field("key_info", report.key_info);
  visitor.Reserved(0x4c, 4);
  visitor.Field("report_data", report.report_data);
  visitor.Field("measurement", report.measurement);
  visitor.Field("host_data", report.host_data);
  visitor.Field("id_key_digest", report.id_key_digest);
  visitor.Field("author_key_digest", report.author_key_digest);
  visitor.Field("report_id", report.report_id);
  visitor.Field("report_id_ma", report.report_id_ma);
  visitor.Field("reported_tcb", report.reported_tcb);
}

template <typename Visitor, typename ReportType>
void VisitReport(Visitor& visitor, ReportType& report) {
  VisitReportHead(visitor, report);
  const bool cpuid = report.version >= kFirstWithCpuid;
  visitor.Optional("cpuid_fam_id", report.cpuid_fam_id, cpuid);
  visitor.Optional("cpuid_mod_id", report.cpuid_mod_id, cpuid);
  visitor.Optional("cpuid_step", report.cpuid_step, cpuid);
  visitor.Reserved(0x18b, 21);
  visitor.Field("chip_id", report.chip_id);
  visitor.Field("committed_tcb", report.committed_tcb);
  visitor.Field("current", report.current);
  visitor.Field("committed", report.committed);
  visitor.Field("launch_tcb", report.launch_tcb);
  const bool mitigations = report.version >= kFirstWithMitigations;
  visitor.Optional("launch_mit_vector", report.launch_mit_vector, mitigations);
  visitor.Optional("current_mit_vector", report.current_mit_vector, mitigations);
  visitor.Reserved(0x208, 152);
  visitor.Signature(report.signature_r, report.signature_s);
  visitor.Reserved(0x330, 368);
}

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FORMAT_REPORT_LAYOUT_H_
