// SPDX-License-Identifier: Apache-2.0
// What attestd adds to the device's own time for evidence through configfs-tsm:
//   tsm-overhead PROVIDER [REPORT_ROOT]
// PROVIDER is sev_guest or tdx_guest; without a root, the stand-in devices are mounted. Turn by
// turn it measures the bare system calls, TsmReporter, and the platform's whole source with checks
// and JSON, and prints the medians.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/handle.h"
#include "tee/backend.h"
#include "tee/tsm/tsm_report.h"
#include "test/fuse/fake_tee_mount.h"

namespace attestd::bench {
namespace {

constexpr int kRounds = 500;
constexpr int kWarmup = 20;

bool RawWrite(int item, const char* name, base::ByteView bytes) {
  const int fd = ::openat(item, name, O_WRONLY | O_CLOEXEC);
  const bool written = std::cmp_equal(::write(fd, bytes.data(), bytes.size()), bytes.size());
  return ::close(fd) == 0 && written;
}

bool RawRead(int item, const char* name) {
  static std::array<uint8_t, 65536> report;
  const int fd = ::openat(item, name, O_RDONLY | O_CLOEXEC);
  ssize_t count = 0;
  size_t size = 0;
  while ((count = ::read(fd, report.data() + size, report.size() - size)) > 0) {
    size += static_cast<size_t>(count);
  }
  ::close(fd);
  return count == 0 && size > 0;
}

// The least that gets what the platform's evidence is made of. Names are looked up below an open
// folder, since each part of a path costs the stand-in file system a round trip.
absl::Status RawReport(int root, bool snp) {
  const std::string name = "bench-" + std::to_string(::getpid());
  const base::Bytes nonce(64, 1);
  if (::mkdirat(root, name.c_str(), 0700) != 0) {
    return absl::InternalError("mkdir " + name);
  }
  const base::UniqueFd item(::openat(root, name.c_str(), O_PATH | O_CLOEXEC));
  const bool got = (!snp || RawWrite(item.get(), "privlevel", base::AsBytes("0"))) &&
                   RawWrite(item.get(), "inblob", nonce) && RawRead(item.get(), "outblob") &&
                   (!snp || RawRead(item.get(), "auxblob"));
  return ::unlinkat(root, name.c_str(), AT_REMOVEDIR) == 0 && got
             ? absl::OkStatus()
             : absl::InternalError("no report from " + name);
}

struct Column {
  std::string name;
  std::function<absl::Status()> run;
  std::vector<absl::Duration> times;
};

double MedianMicroseconds(std::vector<absl::Duration> times) {
  std::sort(times.begin(), times.end());
  return absl::ToDoubleMicroseconds(times[times.size() / 2]);
}

absl::StatusOr<std::unique_ptr<evidence::EvidenceSource>> MakeSource(const std::string& tee,
                                                                     const std::string& root) {
  for (const tee::Backend& backend : tee::BuiltInBackends()) {
    if (backend.name == tee) {
      return backend.create({{"tsm_root", root}}, {});
    }
  }
  return base::MakeStatus(absl::StatusCode::kNotFound, "no backend " + tee + " in this build");
}

absl::Status MeasureAll(std::vector<Column>& columns) {
  for (int i = -kWarmup; i < kRounds; ++i) {
    for (Column& column : columns) {
      const absl::Duration begin = base::BootTime();
      RETURN_IF_ERROR(column.run());
      if (i >= 0) {
        column.times.push_back(base::BootTime() - begin);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Measure(const std::string& provider, const std::string& root) {
  const base::UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const tee::tsm::TsmReporter reporter(root, provider);
  const bool snp = provider == "sev_guest";
  ASSIGN_OR_RETURN(const auto source, MakeSource(snp ? "snp" : "tdx", root));
  const auto soon = [] { return base::Deadline::After(absl::Seconds(30)); };
  const base::Bytes nonce(64, 1);
  ASSIGN_OR_RETURN(const auto report_data, evidence::ReportData::Create(nonce));
  tee::tsm::TsmRequest request;
  request.inblob = nonce;
  if (snp) {
    request.privlevel = 0;
    request.max_auxblob = size_t{64} << 10;
  }
  std::vector<Column> columns = {
      {"device", [&] { return RawReport(folder.get(), snp); }, {}},
      {"reader", [&] { return reporter.Get(request, soon()).status(); }, {}},
      {"source", [&] { return source->Collect(report_data, soon()).status(); }, {}},
  };
  RETURN_IF_ERROR(source->Check());
  RETURN_IF_ERROR(MeasureAll(columns));
  const double device = MedianMicroseconds(columns[0].times);
  for (const Column& column : columns) {
    const double median = MedianMicroseconds(column.times);
    std::printf("%s %s: %.0f us, %+.0f us over the device\n", provider.c_str(), column.name.c_str(),
                median, median - device);
  }
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& words) {
  if (words.empty() || words.size() > 2) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "usage: tsm-overhead PROVIDER [REPORT_ROOT]");
  }
  if (words.size() == 2) {
    return Measure(words[0], words[1]);
  }
  ASSIGN_OR_RETURN(const auto mount, fake_tee::FakeTeeMount::Start(words[0]));
  return Measure(words[0], mount.report_root());
}

}  // namespace
}  // namespace attestd::bench

int main(int argc, char** argv) {
  const absl::Status status = attestd::bench::Run({argv + 1, argv + argc});
  if (!status.ok()) {
    std::fprintf(stderr, "tsm-overhead: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
