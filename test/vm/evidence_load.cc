// SPDX-License-Identifier: Apache-2.0
// attestd-evidence-load: asks attestd for evidence from several processes at once and looks whether
// each answer carries the nonce of its own request.
//   attestd-evidence-load SOCKET REQUESTS PROCESSES [control]
// "control" looks for another nonce than it asked with: then each answer must count as wrong.
// Prints "evidence-load: N good, W wrong, F failed, S s"; exits with 0 when all were good.
#include <openssl/rand.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/deadline.h"
#include "base/encoding.h"
#include "base/handle.h"
#include "base/secret_memory.h"
#include "ctl/client.h"

namespace attestd::vm {
namespace {

constexpr size_t kNonceSize = 64;
constexpr size_t kTdQuoteReportDataOffset = 48 + 520;  // version 4
constexpr absl::Duration kLimit = absl::Seconds(150);

struct Counts {
  int good = 0;
  int wrong = 0;
  int failed = 0;
};

// What stands behind `key` in the evidence.
absl::StatusOr<std::string_view> Behind(std::string_view evidence, std::string_view key) {
  const size_t found = evidence.find(key);
  if (found == std::string_view::npos) {
    return absl::NotFoundError("the evidence has no such member");
  }
  return evidence.substr(found + key.size());
}

// Of a TD quote, version 4, in base64.
absl::StatusOr<base::Bytes> QuoteReportData(std::string_view text) {
  constexpr size_t kNeeded = 4 * ((kTdQuoteReportDataOffset + kNonceSize + 2) / 3);
  ASSIGN_OR_RETURN(base::Bytes start, base::Base64Decode(text.substr(0, kNeeded)));
  if (start.size() < kTdQuoteReportDataOffset + kNonceSize) {
    return absl::InvalidArgumentError("the quote is short");
  }
  const auto begin = start.begin() + kTdQuoteReportDataOffset;
  return base::Bytes(begin, begin + kNonceSize);
}

// Of an SNP report in JSON: "1,2,3]".
absl::StatusOr<base::Bytes> SnpReportData(std::string_view text) {
  base::Bytes bytes;
  const char* next = text.data();
  const char* const end = next + text.size();
  while (next != end && bytes.size() < kNonceSize) {
    uint8_t value = 0;
    const auto [rest, error] = std::from_chars(next, end, value);
    if (error != std::errc() || rest == end) {
      return absl::InvalidArgumentError("report_data holds no bytes");
    }
    bytes.push_back(value);
    next = rest + 1;  // a comma
  }
  return bytes;
}

// The report data in evidence of "snp" or "tdx". Neither attestd's own parsers nor a JSON library:
// the emulated processor has enough to do.
absl::StatusOr<base::Bytes> ReportData(std::string_view evidence) {
  const auto quote = Behind(evidence, "\"quote\":\"");
  if (quote.ok()) {
    return QuoteReportData(*quote);
  }
  ASSIGN_OR_RETURN(const std::string_view numbers, Behind(evidence, "\"report_data\":["));
  return SnpReportData(numbers);
}

struct Plan {
  std::string socket;
  int requests = 0;  // of one process
  bool control = false;
};

absl::Status AskOnce(ctl::Client& client, const Plan& plan, Counts& counts) {
  std::array<uint8_t, kNonceSize> nonce{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
    return absl::InternalError("no random numbers");
  }
  ASSIGN_OR_RETURN(const std::string evidence, client.GetEvidence(nonce));
  ASSIGN_OR_RETURN(const base::Bytes carried, ReportData(evidence));
  if (plan.control) {
    nonce.front() ^= 0xff;
  }
  ++(std::ranges::equal(carried, nonce) ? counts.good : counts.wrong);
  return absl::OkStatus();
}

Counts Ask(const Plan& plan) {
  Counts counts;
  absl::Status status = base::SetUpSecretArena(size_t{1} << 20).status();
  absl::StatusOr<ctl::Client> client =
      ctl::ConnectWhenReady(plan.socket, base::Deadline::After(kLimit));
  if (!status.ok() || !client.ok()) {
    std::fprintf(stderr, "evidence-load: %s\n", client.status().ToString().c_str());
    return {.good = 0, .wrong = 0, .failed = plan.requests};
  }
  for (int i = 0; i < plan.requests; ++i) {
    status = AskOnce(*client, plan, counts);
    if (!status.ok()) {
      ++counts.failed;
      std::fprintf(stderr, "evidence-load: %s\n", status.ToString().c_str());
    }
  }
  return counts;
}

// Starts a process that asks, before gRPC has any thread here, and the pipe for its counts.
base::UniqueFd Start(const Plan& plan) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) {
    return {};
  }
  if (::fork() == 0) {
    const Counts counts = Ask(plan);
    ::_exit(::write(ends[1], &counts, sizeof counts) == sizeof counts ? 0 : 1);
  }
  ::close(ends[1]);
  return base::UniqueFd(ends[0]);
}

int Main(const Plan& plan, int processes) {
  const absl::Duration start = base::BootTime();
  std::vector<base::UniqueFd> pipes;
  for (int i = 0; i < processes; ++i) {
    pipes.push_back(Start(plan));
  }
  Counts sum;
  for (const base::UniqueFd& pipe : pipes) {
    Counts counts;
    if (::read(pipe.get(), &counts, sizeof counts) != sizeof counts) {
      counts = {.good = 0, .wrong = 0, .failed = plan.requests};
    }
    sum.good += counts.good;
    sum.wrong += counts.wrong;
    sum.failed += counts.failed;
  }
  while (::wait(nullptr) > 0) {
  }
  std::printf("evidence-load: %d good, %d wrong, %d failed, %.1f s\n", sum.good, sum.wrong,
              sum.failed, absl::ToDoubleSeconds(base::BootTime() - start));
  return sum.good == plan.requests * processes ? 0 : 1;
}

}  // namespace
}  // namespace attestd::vm

int main(int argc, char** argv) {
  const int requests = argc >= 4 ? std::atoi(argv[2]) : 0;
  const int processes = argc >= 4 ? std::atoi(argv[3]) : 0;
  const bool control = argc == 5 && std::string_view(argv[4]) == "control";
  if (argc > 5 || (argc == 5 && !control) || processes < 1 || requests % processes != 0 ||
      requests < 1) {
    std::fprintf(stderr,
                 "usage: attestd-evidence-load SOCKET REQUESTS PROCESSES [control]; REQUESTS is a "
                 "multiple of PROCESSES\n");
    return 2;
  }
  return attestd::vm::Main(
      {.socket = argv[1], .requests = requests / processes, .control = control}, processes);
}
