// SPDX-License-Identifier: Apache-2.0
#include "bench/bench_report.h"

#include <absl/strings/str_format.h>

namespace attestd::bench {
namespace {

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }
double Mib(long kib) { return static_cast<double>(kib) / 1024; }

std::string PartRow(const char* name, const Part& part) {
  return absl::StrFormat("| %s | %.3f | %.3f | %.3f | |\n", name, Ms(part.in_turn.p50),
                         Ms(part.in_turn.p99), Ms(part.in_a_row.p50));
}

std::string LoadRow(const char* name, const Load& load) {
  return absl::StrFormat("| %s | %.3f | %.3f | | %.0f/s |\n", name, Ms(load.latency.p50),
                         Ms(load.latency.p99), load.per_second);
}

std::string TimeRow(const char* name, absl::Duration median) {
  return absl::StrFormat("| %s | %.1f | | | |\n", name, Ms(median));
}

std::string FootprintRow(const char* name, const Footprint& footprint) {
  return absl::StrFormat("| %s | | | | PSS %.1f MiB, RSS %.1f MiB, %d threads |\n", name,
                         Mib(footprint.pss_kib), Mib(footprint.rss_kib), footprint.threads);
}

// `value` is at most `limit`.
std::string Criterion(const char* name, double value, double limit, const char* unit) {
  return absl::StrFormat("| %s | %.3f %s | %.3f %s | %s |\n", name, value, unit, limit, unit,
                         value <= limit ? "yes" : "NO");
}

std::string WarmCriterion(const char* name, const Results& results, Latency Part::*how) {
  const auto p50 = [how](const Part& part) { return Ms((part.*how).p50); };
  return Criterion(name, p50(results.get_resource),
                   p50(results.broker_get) + p50(results.unwrap) + 1.3 * p50(results.empty_rpc),
                   "ms");
}

std::string EvidenceCriterion(const char* name, const Part& evidence, const Part& quote) {
  return Criterion(name, Ms(evidence.in_turn.p50), 1.15 * Ms(quote.in_turn.p50), "ms");
}

std::string Criteria(const Results& results) {
  constexpr double kMbPerMib = 1.048576;
  std::string text = "\n| criterion | measured | limit | met |\n| --- | --- | --- | --- |\n";
  text += WarmCriterion("warm GetResource p50 ≤ GET + unwrap + 1.3 × empty unary, each in a row",
                        results, &Part::in_a_row);
  text += WarmCriterion("the same, in turn", results, &Part::in_turn);
  text += EvidenceCriterion("evidence p50 ≤ 1.15 × TPM2_Quote", results.evidence_library,
                            results.quote);
  text +=
      EvidenceCriterion("the same, by GetEvidence over gRPC", results.evidence_rpc, results.quote);
  text += Criterion("exec → listening, median", Ms(results.listening), 20, "ms");
  text += Criterion("idle PSS", Mib(results.idle.pss_kib) * kMbPerMib, 12, "MB");
  text += Criterion("attestd, stripped", results.attestd_mib * kMbPerMib, 10, "MB");
  return text;
}

}  // namespace

std::string FormatReport(const Results& results) {
  std::string text =
      "| what | p50 ms | p99 ms | p50 ms in a row | |\n| --- | --- | --- | --- | --- |\n";
  text += PartRow("empty gRPC unary, unix socket", results.empty_rpc);
  text += PartRow("broker GET, kept TLS connection", results.broker_get);
  text += PartRow("JWE unwrap", results.unwrap);
  text += PartRow("warm GetResource, one client", results.get_resource);
  text += LoadRow("warm GetResource, 8 clients", results.clients8);
  text += LoadRow("warm GetResource, 32 clients", results.clients32);
  text += PartRow("TPM2_Quote alone", results.quote);
  text += PartRow("evidence, library", results.evidence_library);
  text += PartRow("evidence, GetEvidence through attestd", results.evidence_rpc);
  text += TimeRow("exec → listening", results.listening);
  text += TimeRow("exec → first secret", results.first_secret);
  text += FootprintRow("attestd idle, 3 s after its start", results.idle);
  text += FootprintRow("attestd after all of the above", results.used);
  text += absl::StrFormat("| stripped programs | | | | attestd %.2f MiB, attestctl %.2f MiB |\n",
                          results.attestd_mib, results.attestctl_mib);
  return text + Criteria(results);
}

}  // namespace attestd::bench
