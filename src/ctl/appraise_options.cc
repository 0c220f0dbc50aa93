// SPDX-License-Identifier: Apache-2.0
#include "ctl/appraise_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "ctl/not_empty.h"

namespace attestd::ctl {
namespace {

// Report data and init-data digests are at most a SHA-512 (KBS protocol 0.4.0).
constexpr size_t kMaxDigest = 64;

// What the hardware itself makes, without JSON around it, and the option that takes it.
struct RawInput {
  std::string_view tee;
  std::string_view option;
};
constexpr RawInput kRawInputs[] = {
    {"snp", "--report"}, {"cca", "--report"}, {"tdx", "--quote"}, {"sgx", "--quote"}};

absl::Status UsageError(std::string_view option, std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "usage: " + std::string(option) + ": " + std::string(text));
}

absl::Status CheckTee(const std::string& tee) {
  std::string known;
  for (const std::string_view platform : appraisal::KnownPlatforms()) {
    if (platform == tee) {
      return absl::OkStatus();
    }
    known += (known.empty() ? "" : ", ") + std::string(platform);
  }
  return UsageError("--tee", "unknown platform; one of " + known + " is needed");
}

absl::StatusOr<AppraiseInput> CheckInput(const AppraiseWords& words) {
  if (!words.evidence.empty()) {
    return AppraiseInput{.option = "--evidence", .path = words.evidence};
  }
  const AppraiseInput input = words.report.empty()
                                  ? AppraiseInput{.option = "--quote", .path = words.quote}
                                  : AppraiseInput{.option = "--report", .path = words.report};
  const bool fits = std::any_of(std::begin(kRawInputs), std::end(kRawInputs),
                                [&words, &input](const RawInput& raw) {
                                  return raw.tee == words.tee && raw.option == input.option;
                                });
  if (!fits) {
    return UsageError(input.option,
                      "--tee " + words.tee + " has none; give the evidence as JSON by --evidence");
  }
  return input;
}

absl::StatusOr<std::optional<base::Bytes>> CheckHex(std::string_view option,
                                                    const std::optional<std::string>& text) {
  if (!text.has_value()) {
    return std::nullopt;
  }
  absl::StatusOr<base::Bytes> bytes = base::HexDecode(*text);
  if (!bytes.ok()) {
    return UsageError(option, "pairs of hex digits are needed");
  }
  if (bytes->size() > kMaxDigest) {
    return UsageError(option, "at most 64 bytes (128 hex digits) are needed");
  }
  return *std::move(bytes);
}

absl::StatusOr<std::optional<absl::Time>> CheckTime(const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time == absl::InfiniteFuture() ||
      time == absl::InfinitePast()) {
    return UsageError("--at", "a date as 2026-03-01T12:00:00Z (RFC 3339) is needed");
  }
  return time;
}

}  // namespace

void AddAppraiseCommand(CLI::App& app, AppraiseWords& words) {
  CLI::App* appraise =
      app.add_subcommand("appraise", "Judge evidence as a verifier does; needs no daemon");
  appraise->add_option("--tee", words.tee, "Platform of the evidence: snp, tdx, tpm, ...")
      ->required();
  CLI::Option_group* input = appraise->add_option_group("evidence");
  input->add_option("--evidence", words.evidence, "Evidence as an attester sends it (JSON)")
      ->check(NotEmpty());
  CLI::Option* report = input->add_option("--report", words.report,
                                          "Report as the hardware makes it: snp, cca (a token)");
  report->check(NotEmpty());
  input->add_option("--quote", words.quote, "Quote as the hardware makes it: tdx")
      ->check(NotEmpty());
  input->require_option(1);
  appraise->add_option("--certs", words.certs, "Certificates that came beside the report")
      ->needs(report)
      ->check(NotEmpty());
  appraise->add_option("--report-data", words.report_data,
                       "Hex: what the evidence must be bound to; not judged without");
  appraise->add_option("--init-data-digest", words.init_data_digest,
                       "Hex: digest of the init data that must be bound");
  appraise->add_option("--event-log", words.event_log, "Event log that must replay")
      ->check(NotEmpty());
  appraise
      ->add_option("--roots", words.roots,
                   "Folder or file of what is trusted: certificates, public keys, CRLs, collateral")
      ->check(NotEmpty());
  appraise->add_option("--at", words.at, "The time that dates are judged by; now without")
      ->check(NotEmpty());
  appraise->add_flag("--allow-debug", words.allow_debug, "Let guests pass that can be debugged");
}

absl::StatusOr<AppraiseOptions> CheckAppraiseWords(const AppraiseWords& words) {
  AppraiseOptions options;
  RETURN_IF_ERROR(CheckTee(words.tee));
  options.tee = words.tee;
  ASSIGN_OR_RETURN(options.input, CheckInput(words));
  options.certs = words.certs;
  ASSIGN_OR_RETURN(options.report_data, CheckHex("--report-data", words.report_data));
  ASSIGN_OR_RETURN(options.init_data_digest,
                   CheckHex("--init-data-digest", words.init_data_digest));
  if (options.init_data_digest.has_value() && options.init_data_digest->empty()) {
    return UsageError("--init-data-digest", "a digest is needed");
  }
  options.event_log = words.event_log;
  options.roots = words.roots;
  ASSIGN_OR_RETURN(options.at, CheckTime(words.at));
  options.allow_debug = words.allow_debug;
  return options;
}

}  // namespace attestd::ctl
