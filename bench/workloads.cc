// SPDX-License-Identifier: Apache-2.0
#include "bench/workloads.h"

#include <absl/time/clock.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/raw_quote.h"
#include "bench/rpc_client.h"
#include "evidence/collector.h"
#include "tee/tpm/esys_device.h"
#include "tee/tpm/tpm_source.h"

namespace attestd::bench {
namespace {

constexpr RoundOptions kWarmRounds = {.rounds = 15, .calls = 200};
constexpr RoundOptions kEvidenceRounds = {.rounds = 15, .calls = 20};
constexpr absl::Duration kLoadTime = absl::Seconds(3);
constexpr int kStarts = 25;
constexpr int kFirstSecrets = 15;
// attestd gives the pages of its start back after 2 s.
constexpr absl::Duration kSettled = absl::Seconds(3);
constexpr size_t kReportDataSize = 32;

std::unique_ptr<evidence::Collector> MakeCollector(const Surroundings& surroundings) {
  return std::make_unique<evidence::Collector>(std::make_unique<tee::tpm::TpmSource>(
      tee::tpm::CreateEsysDevice({.tcti = surroundings.tcti})));
}

std::string Uri(const Surroundings& surroundings) {
  return "kbs:///" + surroundings.broker.resource;
}

absl::StatusOr<ChildProcess> StartAttestd(const Surroundings& surroundings) {
  ASSIGN_OR_RETURN(ChildProcess attestd,
                   ChildProcess::Start({surroundings.attestd, "--config", surroundings.config}));
  RETURN_IF_ERROR(WaitUntilListening(surroundings.socket));
  return attestd;
}

Operation GetResourceOf(RpcClient& client, const std::string& uri) {
  return {.name = "GetResource",
          .run = [&client, uri] { return client.GetResource(uri).status(); }};
}

absl::StatusOr<std::vector<Part>> MeasureParts(const std::vector<Operation>& operations,
                                               RoundOptions options) {
  options.burst = 1;
  ASSIGN_OR_RETURN(const std::vector<Latency> in_turn, MeasureInterleaved(operations, options));
  options.burst = options.calls;
  ASSIGN_OR_RETURN(const std::vector<Latency> in_a_row, MeasureInterleaved(operations, options));
  std::vector<Part> parts;
  for (size_t i = 0; i < operations.size(); ++i) {
    parts.push_back({.in_turn = in_turn[i], .in_a_row = in_a_row[i]});
  }
  return parts;
}

// The warm path beside its parts. The TPM is not in it.
absl::Status MeasureWarm(const Surroundings& surroundings, evidence::Collector& collector,
                         Results& results) {
  const std::string empty_socket = surroundings.folder + "/empty.sock";
  ASSIGN_OR_RETURN(const ChildProcess server,
                   ChildProcess::Start({"/proc/self/exe", "--serve-empty", empty_socket}));
  RETURN_IF_ERROR(WaitUntilListening(empty_socket));
  ASSIGN_OR_RETURN(RpcClient empty, RpcClient::Connect(empty_socket));
  ASSIGN_OR_RETURN(RpcClient client, RpcClient::Connect(surroundings.socket));
  ASSIGN_OR_RETURN(BrokerSession broker, BrokerSession::Open(surroundings.broker, collector));
  ASSIGN_OR_RETURN(const std::string body, broker.Get());
  ASSIGN_OR_RETURN(
      const std::vector<Part> parts,
      MeasureParts({{.name = "empty RPC", .run = [&] { return empty.Empty(); }},
                    {.name = "broker GET", .run = [&] { return broker.Get().status(); }},
                    {.name = "unwrap", .run = [&] { return broker.Unwrap(body); }},
                    GetResourceOf(client, Uri(surroundings))},
                   kWarmRounds));
  results.empty_rpc = parts.at(0);
  results.broker_get = parts.at(1);
  results.unwrap = parts.at(2);
  results.get_resource = parts.at(3);
  return absl::OkStatus();
}

absl::StatusOr<Load> MeasureClients(const Surroundings& surroundings, int count) {
  std::vector<std::unique_ptr<RpcClient>> clients;
  std::vector<Operation> operations;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(RpcClient client, RpcClient::Connect(surroundings.socket));
    clients.push_back(std::make_unique<RpcClient>(std::move(client)));
    operations.push_back(GetResourceOf(*clients.back(), Uri(surroundings)));
  }
  return MeasureLoad(operations, kLoadTime);
}

absl::Status MeasureEvidence(const Surroundings& surroundings, evidence::Collector& collector,
                             Results& results) {
  ASSIGN_OR_RETURN(RawQuote quote, RawQuote::Open(surroundings.tcti));
  ASSIGN_OR_RETURN(RpcClient client, RpcClient::Connect(surroundings.socket));
  const std::string report_data(kReportDataSize, '\x42');
  const auto collect = [&] {
    return collector
        .CollectRaw(base::AsBytes(report_data), base::Deadline::After(absl::Seconds(30)))
        .status();
  };
  ASSIGN_OR_RETURN(const std::vector<Part> parts,
                   MeasureParts({{.name = "TPM2_Quote", .run = [&] { return quote.Take(); }},
                                 {.name = "Collector", .run = collect},
                                 {.name = "GetEvidence",
                                  .run = [&] { return client.GetEvidence(report_data); }}},
                                kEvidenceRounds));
  results.quote = parts.at(0);
  results.evidence_library = parts.at(1);
  results.evidence_rpc = parts.at(2);
  return absl::OkStatus();
}

// exec → connect() succeeds.
absl::StatusOr<absl::Duration> TimeListening(const Surroundings& surroundings) {
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const ChildProcess attestd, StartAttestd(surroundings));
  return absl::Now() - begin;
}

// exec → the secret is in this process: the whole handshake with TPM and broker.
absl::StatusOr<absl::Duration> TimeFirstSecret(const Surroundings& surroundings) {
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const ChildProcess attestd, StartAttestd(surroundings));
  ASSIGN_OR_RETURN(RpcClient client, RpcClient::Connect(surroundings.socket));
  RETURN_IF_ERROR(client.GetResource(Uri(surroundings)).status());
  return absl::Now() - begin;
}

absl::StatusOr<absl::Duration> MedianOfRuns(
    int runs, absl::StatusOr<absl::Duration> (*run)(const Surroundings&),
    const Surroundings& surroundings) {
  std::vector<absl::Duration> samples;
  for (int i = 0; i < runs; ++i) {
    ASSIGN_OR_RETURN(samples.emplace_back(), run(surroundings));
  }
  return Percentile(std::move(samples), 0.5);
}

absl::StatusOr<double> SizeInMib(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return base::MakeStatus(absl::StatusCode::kNotFound, path + ": " + error.message());
  }
  return static_cast<double>(size) / (1 << 20);
}

// Everything that one running attestd is asked.
absl::Status MeasureServing(const Surroundings& surroundings, Results& results) {
  const auto collector = MakeCollector(surroundings);
  ASSIGN_OR_RETURN(const ChildProcess attestd, StartAttestd(surroundings));
  absl::SleepFor(kSettled);
  ASSIGN_OR_RETURN(results.idle, ReadFootprint(attestd.pid()));
  RETURN_IF_ERROR(MeasureWarm(surroundings, *collector, results));
  ASSIGN_OR_RETURN(results.clients8, MeasureClients(surroundings, 8));
  ASSIGN_OR_RETURN(results.clients32, MeasureClients(surroundings, 32));
  RETURN_IF_ERROR(MeasureEvidence(surroundings, *collector, results));
  ASSIGN_OR_RETURN(results.used, ReadFootprint(attestd.pid()));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Results> RunAll(const Surroundings& surroundings) {
  Results results;
  RETURN_IF_ERROR(MeasureServing(surroundings, results));
  ASSIGN_OR_RETURN(results.listening, MedianOfRuns(kStarts, TimeListening, surroundings));
  ASSIGN_OR_RETURN(results.first_secret,
                   MedianOfRuns(kFirstSecrets, TimeFirstSecret, surroundings));
  ASSIGN_OR_RETURN(results.attestd_mib, SizeInMib(surroundings.attestd));
  ASSIGN_OR_RETURN(results.attestctl_mib, SizeInMib(surroundings.attestctl));
  return results;
}

}  // namespace attestd::bench
