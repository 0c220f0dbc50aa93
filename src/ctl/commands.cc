// SPDX-License-Identifier: Apache-2.0
#include "ctl/commands.h"

#include <absl/strings/str_format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "ctl/appraise.h"
#include "ctl/client.h"
#include "ctl/exec.h"
#include "ctl/fetch.h"
#include "ctl/get_resource.h"
#include "ctl/output_file.h"

namespace attestd::ctl {
namespace {

// Runtime data is at most 64 bytes. What is larger, up to this, the daemon refuses in its own
// words.
constexpr size_t kMaxRuntimeDataFile = 4096;

// A failure on this side of the socket, with its step.
absl::Status FailedHere(const absl::Status& status, std::string_view step) {
  return base::Annotate(LocalFailure(status), step);
}

absl::Status Print(int out, std::string_view text) {
  return FailedHere(WriteAll(out, base::AsBytes(text)), "write the result");
}

absl::Status PrintLine(int out, std::string text) { return Print(out, text.append("\n")); }

absl::Status PrintJson(int out, const base::Json& value) {
  ASSIGN_OR_RETURN(std::string text, base::DumpJson(value));
  return PrintLine(out, std::move(text));
}

absl::StatusOr<base::Bytes> ReadRuntimeData(const Options& options) {
  if (options.runtime_data_file.empty()) {
    return options.runtime_data;
  }
  const absl::StatusOr<std::string> text =
      base::ReadFile(options.runtime_data_file, kMaxRuntimeDataFile);
  if (!text.ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "--runtime-data-file: " + std::string(text.status().message()));
  }
  return base::ToBytes(base::AsBytes(*text));
}

absl::Status GetEvidence(Client& client, const Options& options, int out) {
  ASSIGN_OR_RETURN(const base::Bytes runtime_data, ReadRuntimeData(options));
  absl::StatusOr<std::string> evidence = client.GetEvidence(runtime_data);
  RETURN_IF_ERROR(base::Annotate(evidence.status(), "get-evidence"));
  return PrintLine(out, *std::move(evidence));
}

// The token alone: a private key that comes along stays in the Secret.
absl::StatusOr<std::string> ReadToken(const base::Secret& reply) {
  ASSIGN_OR_RETURN(const base::ScannedMembers members,
                   base::ScanObject(base::AsText(reply.view())));
  ASSIGN_OR_RETURN(const std::string_view token, base::FindScanned(members, "token"));
  ASSIGN_OR_RETURN(const std::string_view text, base::ScanText(token));
  return std::string(text);
}

absl::Status GetToken(Client& client, const Options& options, int out) {
  const absl::StatusOr<base::Secret> reply = client.GetToken();
  RETURN_IF_ERROR(base::Annotate(reply.status(), "get-token"));
  absl::StatusOr<std::string> token = ReadToken(*reply);
  RETURN_IF_ERROR(FailedHere(token.status(), "get-token: the daemon's reply"));
  if (options.json) {
    ASSIGN_OR_RETURN(std::string json, base::DumpJson({{"token", *token}}));
    return PrintLine(out, std::move(json));
  }
  return PrintLine(out, *std::move(token));
}

base::Json ProbesJson(const std::vector<ProbeState>& probes) {
  base::Json list = base::Json::array();
  for (const ProbeState& probe : probes) {
    list.push_back({{"name", probe.name},
                    {"present", probe.present},
                    {"seen", probe.seen},
                    {"chosen", probe.chosen},
                    {"why", probe.why}});
  }
  return list;
}

absl::Status ExplainTee(Client& client, const Options& options, int out) {
  const auto probes = client.GetDetection();
  RETURN_IF_ERROR(base::Annotate(probes.status(), "tee --explain"));
  if (options.json) {
    return PrintJson(out, {{"probes", ProbesJson(*probes)}});
  }
  std::string text;
  for (const ProbeState& probe : *probes) {
    text += (probe.chosen ? "* " : "  ") + probe.name + ": " + probe.seen + "; " +
            (probe.chosen ? "CHOSEN, " : "not chosen, ") + probe.why + "\n";
  }
  return Print(out, text);
}

absl::Status GetTeeType(Client& client, const Options& options, int out) {
  if (options.explain) {
    return ExplainTee(client, options, out);
  }
  absl::StatusOr<std::string> tee = client.GetTeeType();
  RETURN_IF_ERROR(base::Annotate(tee.status(), "tee"));
  return options.json ? PrintJson(out, {{"tee", *tee}}) : PrintLine(out, *std::move(tee));
}

base::Json StatusJson(const DaemonStatus& status) {
  base::Json brokers = base::Json::array();
  for (const BrokerState& broker : status.brokers) {
    brokers.push_back({{"name", broker.name},
                       {"url", broker.url},
                       {"allow_http", broker.allow_http},
                       {"session", broker.session},
                       {"failing", broker.failing}});
  }
  return {{"version", status.version},
          {"tee", status.tee},
          {"ready", status.ready},
          {"not_ready_reason", status.not_ready_reason},
          {"sample", status.sample},
          {"brokers", brokers},
          {"uptime_seconds", status.uptime_seconds}};
}

std::string StatusText(const DaemonStatus& status) {
  std::string text;
  if (status.sample) {
    text += "SAMPLE EVIDENCE: nothing is proved\n";
  }
  text += "attestd " + status.version + ": " +
          (status.ready ? "ready" : "NOT READY: " + status.not_ready_reason) + "\n";
  text += "tee: " + (status.tee.empty() ? "none found" : status.tee) + "\n";
  for (const BrokerState& broker : status.brokers) {
    text += "broker " + broker.name + ": " + broker.url +
            (broker.session ? ", session live" : ", no session yet") +
            (broker.failing ? ", FAILING" : "") +
            (broker.allow_http ? ", PLAIN HTTP ALLOWED" : "") + "\n";
  }
  if (status.brokers.empty()) {
    text += "broker: none configured\n";
  }
  return text + absl::StrFormat("uptime: %.1f s\n", status.uptime_seconds);
}

absl::Status GetStatus(Client& client, const Options& options, int out) {
  const absl::StatusOr<DaemonStatus> status = client.GetStatus();
  RETURN_IF_ERROR(base::Annotate(status.status(), "status"));
  return options.json ? PrintJson(out, StatusJson(*status)) : Print(out, StatusText(*status));
}

// A denial is one here too.
absl::Status TestPolicy(Client& client, const Options& options, int out) {
  const auto answer = client.TestPolicy(options.policy);
  RETURN_IF_ERROR(base::Annotate(answer.status(), "policy test"));
  const auto& [allowed, why] = *answer;
  RETURN_IF_ERROR(options.json
                      ? PrintJson(out, {{"allowed", allowed}, {"why", why}})
                      : PrintLine(out, std::string(allowed ? "allowed: " : "denied: ") + why));
  return allowed ? absl::OkStatus()
                 : base::MakeStatus(absl::StatusCode::kPermissionDenied, "policy test: denied");
}

// A refusal is Unknown, so that it ends with the exit status of a failed verdict.
absl::Status JudgeEvidence(const Options& options, int out) {
  const absl::StatusOr<appraisal::Appraisal> appraisal = Appraise(options.appraise);
  RETURN_IF_ERROR(base::Annotate(appraisal.status(), "appraise"));
  RETURN_IF_ERROR(options.json ? PrintLine(out, AppraisalJson(*appraisal))
                               : Print(out, AppraisalText(*appraisal)));
  if (!appraisal->passed()) {
    return base::MakeStatus(absl::StatusCode::kUnknown,
                            "appraise: the evidence is refused: " + appraisal->FirstFailure());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunCommand(const Options& options, int out) {
  if (options.command == Command::kPrint) {
    return Print(out, options.text);
  }
  if (options.command == Command::kAppraise) {
    return JudgeEvidence(options, out);
  }
  if (options.command == Command::kGetResource) {
    return GetResource(options, out);
  }
  if (options.command == Command::kExec) {
    return Exec(options);
  }
  ASSIGN_OR_RETURN(Client client, Connect(options));
  switch (options.command) {
    case Command::kGetEvidence:
      return GetEvidence(client, options, out);
    case Command::kGetToken:
      return GetToken(client, options, out);
    case Command::kTee:
      return GetTeeType(client, options, out);
    case Command::kStatus:
      return GetStatus(client, options, out);
    case Command::kReload:
      return base::Annotate(client.Reload(), "reload");
    case Command::kPolicyTest:
      return TestPolicy(client, options, out);
    default:
      break;  // done above
  }
  return absl::OkStatus();
}

}  // namespace attestd::ctl
