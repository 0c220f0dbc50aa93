// SPDX-License-Identifier: Apache-2.0
#include "tee/tsm/tsm_report.h"

#include <catch2/catch.hpp>
#include <string>

#include "test/fuse/fake_tee_mount.h"
#include "test/fuse/mount_or_skip.h"

// The reader against real system calls on attestd-fake-tee-fs.
namespace attestd::tee::tsm {
namespace {

using fake_tee::FakeTeeMount;

base::Bytes Nonce(uint8_t first = 1) {
  base::Bytes nonce(64, 0x42);
  nonce[0] = first;
  return nonce;
}

TsmRequest RequestFor(const base::Bytes& nonce) {
  TsmRequest request;
  request.inblob = nonce;
  return request;
}

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(20)); }

std::string Text(const absl::Status& status) { return std::string(status.message()); }

std::string Echo(const base::Bytes& nonce, unsigned level = 0) {
  return "echo:" + std::to_string(level) + ":" + std::string(base::AsText(nonce));
}

struct Refusal {
  std::string faults;
  absl::StatusCode code;
  base::Reason reason;
  std::string words;
};

TEST_CASE("TsmReporter gets a report that carries the inblob and the privilege level") {
  MOUNT_OR_SKIP(mount, "echo");
  const TsmReporter reporter(mount.report_root(), "echo");
  CHECK(reporter.Check().ok());
  TsmRequest request = RequestFor(Nonce());
  request.privlevel = 2;
  request.max_auxblob = 100;
  const auto report = reporter.Get(request, Soon());
  INFO(report.status().ToString());
  REQUIRE(report.ok());
  CHECK(base::AsText(report->outblob) == Echo(Nonce(), 2));
  CHECK(base::AsText(report->auxblob) == "certificates");
  CHECK(mount.Reports().empty());
}

TEST_CASE("TsmReporter reads no auxblob unless one is wanted, and none where there is none") {
  MOUNT_OR_SKIP(snp, "echo");
  const auto report = TsmReporter(snp.report_root(), "echo").Get(RequestFor(Nonce()), Soon());
  REQUIRE(report.ok());
  CHECK(report->auxblob.empty());
  CHECK(snp.Count("auxblob") == 0);
  MOUNT_OR_SKIP(tdx, "tdx_guest");
  TsmRequest request = RequestFor(Nonce());
  request.max_auxblob = 100;
  const auto quote = TsmReporter(tdx.report_root(), "tdx_guest").Get(request, Soon());
  INFO(quote.status().ToString());
  REQUIRE(quote.ok());
  CHECK(quote->auxblob.empty());
}

TEST_CASE("Case 75: an absent interface is named, with what to do") {
  const TsmReporter reporter("/nonexistent/tsm/report", "sev_guest");
  const auto report = reporter.Get(RequestFor(Nonce()), Soon());
  for (const absl::Status& status : {reporter.Check(), report.status()}) {
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
    CHECK_THAT(Text(status), Catch::Contains("/nonexistent/tsm/report") &&
                                 Catch::Contains("CONFIG_TSM_REPORTS") &&
                                 Catch::Contains("mount -t configfs"));
  }
}

TEST_CASE("Case 75: another provider than expected is refused by both names") {
  MOUNT_OR_SKIP(mount, "echo");
  const TsmReporter reporter(mount.report_root(), "tdx_guest");
  const auto report = reporter.Get(RequestFor(Nonce()), Soon());
  for (const absl::Status& status : {reporter.Check(), report.status()}) {
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
    CHECK_THAT(Text(status), Catch::Contains("\"tdx_guest\"") && Catch::Contains("\"echo\""));
  }
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: what passes with another try is tried again, in a directory of its own") {
  MOUNT_OR_SKIP(mount, "echo");
  const std::string fault =
      GENERATE(std::string("outblob error EBUSY 3"), std::string("outblob error EINTR 3"),
               std::string("outblob error EAGAIN 3"), std::string("outblob error ETIMEDOUT 3"),
               std::string("outblob error ESTALE 3"), std::string("outblob error ENOENT 3"),
               std::string("inblob error EBUSY 3"), std::string("mkdir error EEXIST 3"),
               std::string("generation stale 1 3"), std::string("provider error EINTR 3"),
               std::string("auxblob error EBUSY 3"));
  CAPTURE(fault);
  REQUIRE(mount.Control(fault).ok());
  TsmRequest request = RequestFor(Nonce());
  request.max_auxblob = 100;
  const auto report = TsmReporter(mount.report_root(), "echo").Get(request, Soon());
  INFO(report.status().ToString());
  REQUIRE(report.ok());
  CHECK(base::AsText(report->outblob) == Echo(Nonce()));
  CHECK(mount.Count("mkdir") == 4);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: what does not pass is refused at once, by path and cause") {
  MOUNT_OR_SKIP(mount, "echo");
  using Code = absl::StatusCode;
  using base::Reason;
  const Refusal refusal = GENERATE(values<Refusal>({
      {"outblob error ENXIO", Code::kFailedPrecondition, Reason::kDeviceMissing, "no provider"},
      {"mkdir error ENXIO", Code::kFailedPrecondition, Reason::kDeviceMissing, "no provider"},
      {"mkdir error EACCES", Code::kFailedPrecondition, Reason::kDeviceMissing, "only root"},
      {"mkdir error EROFS", Code::kFailedPrecondition, Reason::kDeviceMissing, "ReadWritePaths"},
      {"inblob error EFBIG", Code::kFailedPrecondition, Reason::kDeviceFailed, "64 bytes"},
      {"outblob error ENOSPC", Code::kFailedPrecondition, Reason::kDeviceFailed, "room"},
      {"outblob error EINVAL", Code::kFailedPrecondition, Reason::kDeviceFailed, "wrong size"},
      {"outblob error EIO", Code::kFailedPrecondition, Reason::kDeviceFailed, "firmware"},
      {"outblob error ENOTTY", Code::kFailedPrecondition, Reason::kDeviceFailed, "VMPCK"},
      {"outblob empty 1", Code::kFailedPrecondition, Reason::kDeviceFailed, "no quote service"},
      {"outblob huge 104857600", Code::kFailedPrecondition, Reason::kDeviceFailed, "1048576 bytes"},
  }));
  CAPTURE(refusal.faults);
  REQUIRE(mount.Control(refusal.faults).ok());
  const auto report = TsmReporter(mount.report_root(), "echo").Get(RequestFor(Nonce()), Soon());
  INFO(report.status().ToString());
  CHECK(report.status().code() == refusal.code);
  CHECK(base::GetReason(report.status()) == refusal.reason);
  CHECK_THAT(Text(report.status()),
             Catch::Contains(mount.report_root()) && Catch::Contains(refusal.words));
  CHECK(mount.Count("mkdir") == 1);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: a privilege level below the floor is refused with the floor") {
  MOUNT_OR_SKIP(mount, "echo", {"--privlevel-floor", "2"});
  TsmRequest request = RequestFor(Nonce());
  request.privlevel = GENERATE(1U, 4U);
  const auto report = TsmReporter(mount.report_root(), "echo").Get(request, Soon());
  CHECK(absl::IsFailedPrecondition(report.status()));
  CHECK_THAT(Text(report.status()),
             Catch::Contains("privilege level " + std::to_string(*request.privlevel)) &&
                 Catch::Contains("floor: 2"));
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: a privilege level where there is none is refused by the attribute's name") {
  MOUNT_OR_SKIP(mount, "tdx_guest");
  TsmRequest request = RequestFor(Nonce());
  request.privlevel = 0;
  const auto report = TsmReporter(mount.report_root(), "tdx_guest").Get(request, Soon());
  CHECK(absl::IsFailedPrecondition(report.status()));
  CHECK_THAT(Text(report.status()), Catch::Contains("privlevel: the provider has no such"));
}

TEST_CASE("Case 75: report data of a size that the provider does not take is refused") {
  MOUNT_OR_SKIP(mount, "sev_guest");
  const size_t size = GENERATE(size_t{0}, size_t{32}, size_t{65});
  CAPTURE(size);
  const auto report = TsmReporter(mount.report_root(), "sev_guest")
                          .Get(RequestFor(base::Bytes(size, 0x42)), Soon());
  INFO(report.status().ToString());
  CHECK(absl::IsFailedPrecondition(report.status()));
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: a device that stays busy ends with the deadline, naming the last cause") {
  MOUNT_OR_SKIP(mount, "echo");
  REQUIRE(mount.Control("outblob error EBUSY always").ok());
  const absl::Duration before = base::BootTime();
  const auto report = TsmReporter(mount.report_root(), "echo")
                          .Get(RequestFor(Nonce()), base::Deadline::After(absl::Milliseconds(300)));
  CHECK(absl::IsDeadlineExceeded(report.status()));
  CHECK(base::GetReason(report.status()) == base::Reason::kDeadline);
  CHECK_THAT(Text(report.status()), Catch::Contains("outblob") && Catch::Contains("busy"));
  CHECK(base::BootTime() - before < absl::Seconds(3));
  // It neither gave up early nor hammered the device.
  CHECK(mount.Count("outblob") >= 4);
  CHECK(mount.Count("outblob") <= 40);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 75: no time left means no request") {
  MOUNT_OR_SKIP(mount, "echo");
  const auto report = TsmReporter(mount.report_root(), "echo")
                          .Get(RequestFor(Nonce()), base::Deadline::After(absl::ZeroDuration()));
  CHECK(absl::IsDeadlineExceeded(report.status()));
  CHECK(mount.Count("mkdir") == 0);
}

TEST_CASE("Case 78: an oversized or unreadable auxblob is dropped and the report kept") {
  MOUNT_OR_SKIP(mount, "echo");
  const std::string fault =
      GENERATE(std::string("auxblob huge 70000"), std::string("auxblob error EIO"));
  CAPTURE(fault);
  REQUIRE(mount.Control(fault).ok());
  TsmRequest request = RequestFor(Nonce());
  request.max_auxblob = 65536;
  const auto report = TsmReporter(mount.report_root(), "echo").Get(request, Soon());
  INFO(report.status().ToString());
  REQUIRE(report.ok());
  CHECK(base::AsText(report->outblob) == Echo(Nonce()));
  CHECK(report->auxblob.empty());
}

TEST_CASE("Case 78: an auxblob of just the size that is allowed is kept") {
  MOUNT_OR_SKIP(mount, "echo");
  REQUIRE(mount.Control("auxblob huge 65536").ok());
  TsmRequest request = RequestFor(Nonce());
  request.max_auxblob = 65536;
  const auto report = TsmReporter(mount.report_root(), "echo").Get(request, Soon());
  REQUIRE(report.ok());
  CHECK(report->auxblob.size() == 65536);
}

}  // namespace
}  // namespace attestd::tee::tsm
