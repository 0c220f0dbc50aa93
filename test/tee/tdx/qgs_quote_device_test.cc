// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/qgs_quote_device.h"

#include <catch2/catch.hpp>

#include "tee/tdx/format/qgs_message.h"
#include "tee/tdx/format/quote.h"
#include "test/tee/tdx/qgs_peer.h"
#include "test/tee/tdx/quote_script.h"

namespace attestd::tee::tdx {
namespace {

using base::Bytes;

void PutLe(Bytes& out, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

// A framed get_quote response as qgs_msg_lib makes it.
Bytes Response(const Bytes& quote, uint32_t error = 0, uint16_t major = 1) {
  const size_t size = 24 + quote.size();
  Bytes out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(size >> shift));
  }
  PutLe(out, major, 2);
  PutLe(out, 1, 2);
  PutLe(out, 1, 4);
  PutLe(out, size, 4);
  PutLe(out, error, 4);
  PutLe(out, 0, 4);
  PutLe(out, quote.size(), 4);
  out.insert(out.end(), quote.begin(), quote.end());
  return out;
}

absl::StatusOr<Bytes> Ask(const std::string& path, base::Deadline deadline) {
  ScriptedReports reports(Reports({}));
  const auto device =
      CreateQgsQuoteDevice(ParseQgsAddress("unix:" + path).value(), "unix:" + path, reports);
  return device->GetQuote(Bytes(64, 0x5a), deadline);
}

TEST_CASE("The quote generation service is named by vsock or unix address") {
  const auto address = ParseQgsAddress("vsock:2:4050").value();
  CHECK(std::get<VsockAddress>(address).cid == 2);
  CHECK(std::get<VsockAddress>(address).port == 4050);
  CHECK(std::get<std::string>(ParseQgsAddress("unix:/run/qgs").value()) == "/run/qgs");
  const std::string bad = GENERATE(
      std::string(""), std::string("vsock:"), std::string("vsock:2"), std::string("vsock:2:"),
      std::string("vsock::4050"), std::string("vsock:-1:4050"), std::string("vsock:2:4294967296"),
      std::string("vsock:2:4050:1"), std::string("vsock:2: 4050"), std::string("unix:run"),
      std::string("tcp:1:2"), "unix:/" + std::string(107, 'a'));
  CHECK(absl::IsInvalidArgument(ParseQgsAddress(bad).status()));
}

TEST_CASE("The service is sent the TDREPORT over the report data and gives the quote") {
  Bytes request;
  const Bytes quote = Signer().Quote({}).value();
  {
    const QgsPeer peer([&](base::ByteView bytes) {
      request = base::ToBytes(bytes);
      return Response(quote);
    });
    const auto answer = Ask(peer.path(), Soon());
    INFO(answer.status().ToString());
    CHECK(answer.value() == quote);
  }
  fakes::TdQuoteSpec spec;
  spec.report_data = Bytes(64, 0x5a);
  const Bytes expected = FormatQgsQuoteRequest(fakes::TdxSigner::TdReport(spec));
  CHECK(request == Bytes(expected.begin() + 4, expected.end()));
}

TEST_CASE("Case 77: what the service answers wrongly is FailedPrecondition naming it") {
  struct Row {
    std::string words;
    Bytes reply;
  };
  Bytes cut = Response(Bytes(1000));
  cut.resize(500);
  const Row row = GENERATE_COPY(values<Row>({
      {"error code 0x12001 (unexpected error", Response(Bytes(), 0x12001)},
      {"found 16777240", Response(Bytes(size_t{16} << 20))},
      {"major version: expected 1, found 2", Response(Bytes(9), 0, 2)},
      {"message length", Bytes(4, 0)},
      {"closed the connection inside its answer", cut},
      {"closed the connection inside its answer", Bytes(2, 0)},
  }));
  const QgsPeer peer([&](base::ByteView) { return row.reply; });
  const absl::Status status = Ask(peer.path(), Soon()).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("quote generation service unix:/") && Catch::Contains(row.words));
}

TEST_CASE("Case 77: a service that does not answer is DeadlineExceeded") {
  const QgsPeer peer([](base::ByteView) { return Bytes(); });
  const absl::Status status =
      Ask(peer.path(), base::Deadline::After(absl::Milliseconds(100))).status();
  CHECK(absl::IsDeadlineExceeded(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("receive: no answer in time"));
}

TEST_CASE("A service that is not there is named, and nothing else is asked") {
  const test::TempDir folder;
  const absl::Status status = Ask(folder.File("none"), Soon()).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(status.message()), Catch::Contains(folder.File("none")));
}

TEST_CASE("Without a TDREPORT the service is not asked") {
  ScriptedReports reports(NoDevice);
  const test::TempDir folder;
  const auto device = CreateQgsQuoteDevice(folder.File("none"), "unix:none", reports);
  CHECK_THAT(std::string(device->GetQuote(Bytes(64), Soon()).status().message()),
             Catch::Contains("no device in this test"));
}

}  // namespace
}  // namespace attestd::tee::tdx
