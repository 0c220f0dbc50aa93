// SPDX-License-Identifier: Apache-2.0
#include "ctl/appraise.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "appraisal/trust_store.h"
#include "base/file.h"

namespace attestd::ctl {
namespace {

constexpr size_t kMaxEvidence = size_t{32} << 20;
constexpr size_t kMaxCertificates = size_t{1} << 20;
// The parser's own limit.
constexpr size_t kMaxEventLog = size_t{16} << 20;

// Whatever kept the input from being read, it is the command line's fault.
absl::Status BadInput(std::string_view option, const absl::Status& cause) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          std::string(option) + ": " + std::string(cause.message()));
}

absl::StatusOr<std::string> ReadStandardInput(size_t limit) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return base::ErrnoStatus(errno, "standard input");
    }
    if (count == 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > limit) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "standard input: more than " + std::to_string(limit) + " bytes");
    }
  }
}

absl::StatusOr<std::string> ReadInput(const AppraiseInput& input) {
  absl::StatusOr<std::string> text = input.path == "-" ? ReadStandardInput(kMaxEvidence)
                                                       : base::ReadFile(input.path, kMaxEvidence);
  if (!text.ok()) {
    return BadInput(input.option, text.status());
  }
  if (text->empty()) {
    return BadInput(input.option, base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                                   input.path + ": the file is empty"));
  }
  return text;
}

absl::StatusOr<std::vector<base::Certificate>> ReadCertificates(
    const std::vector<std::string>& paths) {
  std::vector<base::Certificate> all;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> content = base::ReadFile(path, kMaxCertificates);
    if (!content.ok()) {
      return BadInput("--certs", content.status());
    }
    const absl::StatusOr<std::vector<base::Certificate>> list =
        appraisal::ParseCertificates(*content);
    if (!list.ok()) {
      return BadInput("--certs", base::Annotate(list.status(), path));
    }
    all.insert(all.end(), list->begin(), list->end());
  }
  return all;
}

absl::StatusOr<appraisal::ReferenceValues> ReadReference(const AppraiseOptions& options) {
  appraisal::ReferenceValues reference;
  if (!options.roots.empty()) {
    const absl::Status status = appraisal::LoadTrusted(options.roots, reference);
    if (!status.ok()) {
      return BadInput("--roots", status);
    }
  }
  reference.init_data_digest = options.init_data_digest;
  reference.at = options.at.value_or(reference.at);
  reference.allow_debug = options.allow_debug;
  return reference;
}

absl::StatusOr<std::optional<std::string>> ReadEventLog(const std::string& path) {
  if (path.empty()) {
    return std::nullopt;
  }
  absl::StatusOr<std::string> log = base::ReadFile(path, kMaxEventLog);
  if (!log.ok()) {
    return BadInput("--event-log", log.status());
  }
  return *std::move(log);
}

}  // namespace

absl::StatusOr<appraisal::Appraisal> Appraise(const AppraiseOptions& options) {
  ASSIGN_OR_RETURN(const std::string input, ReadInput(options.input));
  ASSIGN_OR_RETURN(const std::vector<base::Certificate> certificates,
                   ReadCertificates(options.certs));
  ASSIGN_OR_RETURN(const appraisal::ReferenceValues reference, ReadReference(options));
  ASSIGN_OR_RETURN(const std::optional<std::string> event_log, ReadEventLog(options.event_log));

  appraisal::Question question{.reference = reference};
  if (options.input.option == "--evidence") {
    question.evidence_json = input;
  } else {
    question.raw = base::AsBytes(input);
  }
  question.certificates = certificates;
  if (options.report_data.has_value()) {
    question.report_data = *options.report_data;
  }
  if (event_log.has_value()) {
    question.event_log = base::AsBytes(*event_log);
  }
  absl::StatusOr<appraisal::Appraisal> appraisal = appraisal::Appraise(options.tee, question);
  if (!appraisal.ok()) {
    return BadInput(options.input.option, appraisal.status());
  }
  return appraisal;
}

}  // namespace attestd::ctl
