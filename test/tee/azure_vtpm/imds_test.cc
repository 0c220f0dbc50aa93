// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/imds.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/http_curl.h"
#include "base/json.h"
#include "tee/azure_vtpm/format/hcl_report.h"
#include "tee/azure_vtpm/imds_client.h"
#include "test/fakes/canned_http_server.h"
#include "test/fakes/snp_signer.h"
#include "test/support/vectors.h"

namespace attestd::tee::azure_vtpm {
namespace {

using fakes::CannedHttpServer;
using fakes::SnpSigner;

const SnpSigner& Signer() {
  static const SnpSigner kSigner = *SnpSigner::Create({});
  return kSigner;
}

std::string Certification() {
  const base::Json json = {{"vcekCert", Signer().vcek().ToPem()},
                           {"tcbm", "0900000000001748"},
                           {"certificateChain", Signer().ask().ToPem() + Signer().ark().ToPem()},
                           {"cacheControl", "86400"}};
  return json.dump();
}

std::string Http(int status, const std::string& body, const std::string& header = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + header +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ImdsClient ClientOf(const CannedHttpServer& server) {
  return {*base::CreateCurlTransport({.ca_file = "", .allow_http = true}), server.Url("")};
}

base::Deadline Soon(absl::Duration time = absl::Seconds(20)) { return base::Deadline::After(time); }

TEST_CASE("The AMD certification of IMDS holds VCEK and chain") {
  const auto certification = ParseAmdCertification(Certification());
  REQUIRE(certification.ok());
  CHECK(certification->vcek.ToDer() == Signer().vcek().ToDer());
  CHECK(certification->chain.size() == 2);
  const base::Json bare = {{"vcekCert", Signer().vcek().ToPem()}};
  CHECK(ParseAmdCertification(bare.dump())->chain.empty());
}

TEST_CASE("Case 83: an AMD certification that is garbage is refused") {
  const std::string pem = Signer().vcek().ToPem();
  std::string five;
  for (int i = 0; i < 5; ++i) {
    five += pem;
  }
  const std::string text = GENERATE_COPY(
      std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
      std::string(R"({"vcekCert":7})"), std::string(R"({"vcekCert":""})"),
      std::string(R"({"vcekCert":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"})"),
      base::Json{{"vcekCert", five}}.dump(),
      base::Json{{"vcekCert", pem}, {"certificateChain", "PEM"}}.dump(),
      std::string(R"({"vcekCert":)") + std::string(5000, '[') + std::string(5000, ']') + "}",
      R"({"vcekCert":")" + std::string(kMaxImdsReply, 'A') + "\"}");
  CAPTURE(text.substr(0, 60));
  CHECK(absl::IsInvalidArgument(ParseAmdCertification(text).status()));
}

TEST_CASE("Case 83: the VCEK of another chip is told from that of ours") {
  base::Bytes chip(64);
  chip[0] = 0xc1;
  chip[1] = 0x1d;
  CHECK(FitsChip(Signer().vcek(), chip));
  CHECK(FitsChip(Signer().vcek(), base::Bytes(64)));  // masked
  chip[63] = 1;
  CHECK_FALSE(FitsChip(Signer().vcek(), chip));
  CHECK_FALSE(FitsChip(Signer().ask(), chip));  // has no HWID
  const SnpSigner wrapped = *SnpSigner::Create({.wrapped_hwid = true});
  chip[63] = 0;
  CHECK(FitsChip(wrapped.vcek(), chip));
  chip[0] = 0;
  CHECK_FALSE(FitsChip(wrapped.vcek(), chip));
}

TEST_CASE("A TD quote is read in either alphabet, padded or not") {
  const base::Bytes quote(1001, 0xfb);
  for (const std::string& text : {base::Base64Encode(quote), base::Base64UrlEncode(quote),
                                  base::Base64UrlPaddedEncode(quote)}) {
    const auto read = ParseTdQuoteReply(R"({"quote":")" + text + R"("})");
    REQUIRE(read.ok());
    CHECK(*read == quote);
  }
}

TEST_CASE("Case 83: a TD quote reply that is garbage is refused") {
  const std::string text = GENERATE(
      "", "{}", R"({"quote":1})", R"({"quote":""})", R"({"quote":"="})", R"({"quote":"AAAA==="})",
      R"({"quote":"A"})", R"({"quote":"AA AA"})", R"({"quote":"A=AA"})");
  CHECK(absl::IsInvalidArgument(ParseTdQuoteReply(text).status()));
}

TEST_CASE("The recorded certificates of IMDS fit the recorded HCL report's chip") {
  const std::optional<std::string> pem = test::ReadVector("az-snp-vtpm/vcek.pem");
  const std::optional<std::string> image = test::ReadVector("az-snp-vtpm/hcl-report.bin");
  const std::optional<std::string> other = test::ReadVector("az-common/hcl-report-snp-2048.bin");
  if (!pem.has_value() || !image.has_value() || !other.has_value()) {
    return;
  }
  const auto certificates = base::Certificate::ListFromPem(*pem);
  REQUIRE(certificates.ok());
  CHECK(certificates->size() == 3);
  const auto chip_id = [](const std::string& bytes) {
    return GetSnpIdentity(*ParseHclReport(base::AsBytes(bytes)))->chip_id;
  };
  CHECK(FitsChip(certificates->front(), chip_id(*image)));
  CHECK_FALSE(FitsChip(certificates->front(), chip_id(*other)));
}

TEST_CASE("ImdsClient asks for the certification as IMDS wants it, past any proxy") {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  const CannedHttpServer server({Http(200, Certification())});
  const auto certification = ClientOf(server).GetAmdCertification(Soon());
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  INFO(certification.status().ToString());
  REQUIRE(certification.ok());
  CHECK(certification->vcek.ToDer() == Signer().vcek().ToDer());
  CHECK_THAT(server.requests().at(0),
             Catch::StartsWith("GET /metadata/THIM/amd/certification HTTP/1.1\r\n") &&
                 Catch::Contains("\r\nMetadata: true\r\n"));
}

TEST_CASE("ImdsClient posts the TDREPORT with exactly the type that IMDS takes") {
  const CannedHttpServer server({Http(200, R"({"quote":"AAEC"})")});
  const auto quote = ClientOf(server).GetTdQuote(base::Bytes(1024, 0xff), Soon());
  REQUIRE(quote.ok());
  CHECK(*quote == base::Bytes{0, 1, 2});
  CHECK_THAT(server.requests().at(0),
             Catch::StartsWith("POST /acc/tdquote HTTP/1.1\r\n") &&
                 Catch::Contains("\r\nMetadata: true\r\n") &&
                 Catch::Contains("\r\nContent-Type: application/json\r\n") &&
                 Catch::Contains("\r\nAccept: application/json\r\n") &&
                 Catch::EndsWith(R"({"report":")" + base::Base64UrlEncode(base::Bytes(1024, 0xff)) +
                                 R"("})"));
}

TEST_CASE("ImdsClient tries the standard alphabet where the URL-safe one is a bad request") {
  const CannedHttpServer server({Http(400, "{}"), Http(200, R"({"quote":"AAEC"})")});
  REQUIRE(ClientOf(server).GetTdQuote(base::Bytes(1024, 0xff), Soon()).ok());
  CHECK_THAT(
      server.requests().at(1),
      Catch::EndsWith(R"({"report":")" + base::Base64Encode(base::Bytes(1024, 0xff)) + R"("})"));
}

TEST_CASE("Case 83: ImdsClient tries again on 429 and 5xx") {
  const int status = GENERATE(429, 500, 503);
  const CannedHttpServer server({Http(status, ""), Http(status, ""), Http(200, Certification())});
  CHECK(ClientOf(server).GetAmdCertification(Soon()).ok());
  CHECK(server.requests().size() == 3);
}

TEST_CASE("Case 83: ImdsClient follows no redirect and gives up at once on a refusal") {
  const int status = GENERATE(301, 302, 307, 403, 404, 415);
  const CannedHttpServer server(
      {Http(status, "", "Location: /elsewhere\r\n"), Http(200, Certification())});
  const auto certification = ClientOf(server).GetAmdCertification(Soon());
  CHECK(absl::IsFailedPrecondition(certification.status()));
  CHECK(base::GetReason(certification.status()) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(certification.status().message()),
             Catch::Contains(server.Url("/metadata/THIM/amd/certification")) &&
                 Catch::Contains("HTTP status " + std::to_string(status)));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Case 83: ImdsClient ends its tries with the deadline, naming the last status") {
  const CannedHttpServer server(std::vector<std::string>(100, Http(500, "")));
  const auto start = base::BootTime();
  const auto quote = ClientOf(server).GetTdQuote(base::Bytes(1024), Soon(absl::Milliseconds(400)));
  CHECK(base::BootTime() - start < absl::Seconds(5));
  CHECK(absl::IsUnavailable(quote.status()));
  CHECK(base::GetReason(quote.status()) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(quote.status().message()),
             Catch::Contains(server.Url("/acc/tdquote")) && Catch::Contains("HTTP status 500"));
  CHECK(server.requests().size() > 1);
}

TEST_CASE("Case 83: ImdsClient reads no answer of 100 MiB") {
  const CannedHttpServer server({"HTTP/1.1 200 x\r\nContent-Length: 104857600\r\n\r\n" +
                                 std::string(2 * kMaxImdsReply, 'x')});
  const auto certification = ClientOf(server).GetAmdCertification(Soon());
  CHECK(absl::IsFailedPrecondition(certification.status()));
  CHECK(base::GetReason(certification.status()) == base::Reason::kDeviceFailed);
}

TEST_CASE("Case 83: ImdsClient waits no longer than the deadline for a slow answer") {
  const CannedHttpServer server({"HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\nslow"});
  const auto start = base::BootTime();
  const auto certification = ClientOf(server).GetAmdCertification(Soon(absl::Milliseconds(300)));
  CHECK(absl::IsDeadlineExceeded(certification.status()));
  CHECK(base::BootTime() - start < absl::Seconds(4));
}

TEST_CASE("ImdsClient names an answer that it cannot read") {
  const CannedHttpServer server({Http(200, "<html>")});
  const auto certification = ClientOf(server).GetAmdCertification(Soon());
  CHECK(absl::IsFailedPrecondition(certification.status()));
  CHECK_THAT(std::string(certification.status().message()), Catch::Contains("bad answer"));
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
