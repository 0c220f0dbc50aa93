// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_server.h"

#include <absl/time/clock.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "test/dev_kbs/fault_wire.h"
#include "test/dev_kbs/raw_client.h"
#include "test/fakes/x509_issuer.h"
#include "test/support/temp_dir.h"

namespace attestd::dev_kbs {
namespace {

using End = Received::End;

constexpr const char* kGet = "GET /kbs/v0/x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr const char* kHead =
    "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nContent-Type: application/json\r\n"
    "Set-Cookie: kbs-session-id=ab; Expires=never\r\n\r\n";
constexpr const char* kBody = "{\"a\":\"bcd\"}";

// A server whose answers all have the faults of some rules, with TLS or without.
class Faulty {
 public:
  explicit Faulty(const std::string& rules, bool tls = false) : tls_(tls) {
    const std::vector<FaultRule> parsed = ParseFaults(rules).value();
    const auto with = [parsed](bool accept, WireAnswer answer) {
      for (const FaultRule& rule : parsed) {
        if ((rule.endpoint == Endpoint::kAccept) == accept) {
          answer = WithWireFault(rule.fault, std::move(answer)).value();
        }
      }
      return answer;
    };
    ServerOptions options{.host = "127.0.0.1"};
    if (tls) {
      const auto key = fakes::PrivateKey::Ec(base::PublicKey::Curve::kP256).value();
      const fakes::CertificateSpec spec{.subject = "a", .issuer = "a", .serial = 1};
      options.cert = folder_.File("cert.pem");
      options.key = folder_.File("key.pem");
      std::ofstream(options.key) << key.ToPem().value();
      std::ofstream(options.cert) << fakes::IssueCertificate(spec, key, key)->ToPem();
    }
    server_ = WireServer::Start(
                  options,
                  [with](const KbsRequest& /*request*/) {
                    return with(false, HonestAnswer({.content_type = "application/json",
                                                     .set_cookie = "kbs-session-id=ab; "
                                                                   "Expires=never",
                                                     .body = kBody}));
                  },
                  [with] { return with(true, {}); })
                  .value();
  }

  RawClient Client() const { return {server_->port(), tls_}; }
  // All that a client gets who asks once.
  Received Ask(absl::Duration patience = absl::Seconds(20)) const {
    RawClient client = Client();
    client.Send(kGet);
    return client.Receive(patience);
  }

 private:
  const bool tls_;
  test::TempDir folder_;
  std::unique_ptr<WireServer> server_;
};

struct Case {
  const char* rule;
  std::string bytes;
  End end;
};

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_CASE("Each fault of the wire is exact to the byte, with TLS and without") {
  const std::string honest = std::string(kHead) + kBody;
  const std::string no_length = Replaced(kHead, "Content-Length: 11\r\n", "");
  const auto one = GENERATE_COPY(values<Case>({
      {"reset-before", "", End::kReset},
      {"half-close", "", End::kClosed},
      {"reset-headers", kHead, End::kReset},
      {"reset-body", std::string(kHead) + "{\"a\":", End::kReset},
      {"truncate 3", std::string(kHead) + "{\"a", End::kClosed},
      {"length-lie +5", Replaced(honest, "11", "16"), End::kClosed},
      {"length-lie -5", Replaced(honest, "11", "6"), End::kClosed},
      {"length-duplicate", Replaced(honest, ": 11\r\n", ": 11\r\nContent-Length: 12\r\n"),
       End::kClosed},
      {"length-negative", Replaced(honest, "11", "-1"), End::kClosed},
      {"te-duplicate",
       Replaced(kHead, "Content-Length: 11",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") +
           "b\r\n" + kBody + "\r\n0\r\n\r\n",
       End::kClosed},
      {"http09", kBody, End::kClosed},
  }));
  const bool tls = GENERATE(false, true);
  CAPTURE(one.rule, tls);
  const Received received = Faulty("any 1 " + std::string(one.rule), tls).Ask();
  CHECK(received.bytes == one.bytes);
  CHECK(received.end == one.end);
}

TEST_CASE("Answers that are whole keep the connection, with TLS and without") {
  const std::string honest = std::string(kHead) + kBody;
  const auto one = GENERATE_COPY(values<Case>({
      {"delay 1", honest, End::kSilent},
      {"drip 4000", honest, End::kSilent},
      {"status 503 Retry-After: 9",
       "HTTP/1.1 503 Status\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n", End::kSilent},
      {"redirect 302 https://a/",
       "HTTP/1.1 302 Status\r\nContent-Length: 0\r\nLocation: https://a/\r\n\r\n", End::kSilent},
      {"headers 2", Replaced(honest, "\r\n\r\n", "\r\nX-Filler-0: x\r\nX-Filler-1: x\r\n\r\n"),
       End::kSilent},
      {"big-header 3", Replaced(honest, "\r\n\r\n", "\r\nX-Filler: xxx\r\n\r\n"), End::kSilent},
      {"body 00ff", Replaced(kHead, "11", "2") + std::string("\0\xff", 2), End::kSilent},
      {"cookie none", Replaced(honest, "Set-Cookie: kbs-session-id=ab; Expires=never\r\n", ""),
       End::kSilent},
      {"cookie xyz", Replaced(honest, "ab; Expires=never", "xyz"), End::kSilent},
      {"cookie crlf", Replaced(honest, "ab; Expires=never", "a\rb\nX-Injected: 1"), End::kSilent},
      {"cookie other-domain", Replaced(honest, "never", "never; Domain=example.com; Path=/"),
       End::kSilent},
      {"cookie two",
       Replaced(honest, "never", "never\r\nSet-Cookie: kbs-session-id=" + std::string(32, 'f')),
       End::kSilent},
      {"cookie huge", Replaced(honest, "ab; Expires=never", std::string(100 << 10, 'a')),
       End::kSilent},
  }));
  const bool tls = GENERATE(false, true);
  CAPTURE(one.rule, tls);
  const Faulty faulty("any 1 " + std::string(one.rule), tls);
  RawClient client = faulty.Client();
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    CHECK(client.ReceiveAnswer() == one.bytes);
  }
}

TEST_CASE("A stall sends its part and then nothing, and lasts until the client goes") {
  const bool tls = GENERATE(false, true);
  const std::string before = GENERATE("stall-before", "stall-headers");
  const Received received = Faulty("any 1 " + before, tls).Ask(absl::Milliseconds(300));
  CHECK(received.bytes == (before == "stall-before" ? "" : kHead));
  CHECK(received.end == End::kSilent);
}

TEST_CASE("A delay and a drip take their time") {
  const absl::Time start = absl::Now();
  Faulty("any 1 delay 200\nany 1 truncate 0").Ask();
  CHECK(absl::Now() - start >= absl::Milliseconds(200));
  // 140 bytes at 500 a second.
  const absl::Time second = absl::Now();
  CHECK(Faulty("any 1 drip 500\nany 1 truncate 0").Ask().bytes == kHead);
  CHECK(absl::Now() - second >= absl::Milliseconds(200));
}

TEST_CASE("Endless chunks come until the client goes") {
  const Faulty faulty("any 1 chunked-endless");
  RawClient client = faulty.Client();
  client.Send(kGet);
  const Received received = client.Receive(absl::Seconds(20), size_t{8} << 20);
  CHECK(received.bytes.size() >= size_t{8} << 20);
  CHECK(received.bytes.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(received.bytes.find(std::string("\r\n\r\nb\r\n") + kBody + "\r\n1000\r\n   ") !=
        std::string::npos);
}

TEST_CASE("The gzip bomb unpacks to the body and 64 MiB") {
  const Faulty faulty("any 1 gzip-bomb");
  RawClient client = faulty.Client();
  client.Send(kGet);
  std::string answer = client.ReceiveAnswer();
  CHECK(answer.size() < size_t{200} << 10);
  CHECK(answer.find("Content-Encoding: gzip\r\n") != std::string::npos);
  answer.erase(0, answer.find("\r\n\r\n") + 4);
  std::string plain(size_t{65} << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(answer.data());
  stream.avail_in = static_cast<uInt>(answer.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.total_out == size_t{64} << 20);
  inflateEnd(&stream);
  CHECK(plain.starts_with(std::string(kBody) + "   "));
}

TEST_CASE("A fault at accept comes before TLS") {
  const Faulty reset("accept 1 reset-before", true);
  CHECK_THROWS(reset.Client());
  const Faulty delayed("accept 1 delay 200", true);
  const absl::Time start = absl::Now();
  CHECK(delayed.Ask(absl::Milliseconds(100)).bytes == std::string(kHead) + kBody);
  CHECK(absl::Now() - start >= absl::Milliseconds(200));
}

TEST_CASE("The parts of a request can come byte by byte, and several in one piece") {
  const Faulty faulty("");
  RawClient client = faulty.Client();
  const std::string post = "POST /kbs/v0/auth HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
  for (const char c : post) {
    client.Send({&c, 1});
  }
  CHECK(client.ReceiveAnswer() == std::string(kHead) + kBody);
  client.Send(post + kGet);
  CHECK(client.ReceiveAnswer() == std::string(kHead) + kBody);
  CHECK(client.ReceiveAnswer() == std::string(kHead) + kBody);
}

TEST_CASE("What is no request is refused, and the connection closed") {
  const std::string bad = GENERATE(as<std::string>{}, "\r\n\r\n", "GET\r\n\r\n",
                                   "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                                   "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                   "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const Faulty faulty("");
  RawClient client = faulty.Client();
  client.Send(bad);
  const Received received = client.Receive();
  CHECK(received.bytes.starts_with("HTTP/1.1 400 "));
  CHECK(received.end == End::kClosed);
}

TEST_CASE("A body over 2 MiB is refused in Trustee's words") {
  const Faulty faulty("");
  RawClient client = faulty.Client();
  client.Send("POST / HTTP/1.1\r\nContent-Length: 2097153\r\n\r\n");
  CHECK_THAT(client.Receive().bytes, Catch::EndsWith("payload reached size limit"));
}

TEST_CASE("A broken certificate and a port that is taken are errors") {
  const auto start = [](const ServerOptions& options) {
    return WireServer::Start(
        options, [](const KbsRequest& /*request*/) { return WireAnswer{}; },
        [] { return std::nullopt; });
  };
  CHECK(start({.host = "127.0.0.1", .cert = "/none", .key = "/none"}).status().code() ==
        absl::StatusCode::kInvalidArgument);
  const auto first = start({.host = "127.0.0.1"});
  REQUIRE(first.ok());
  CHECK(start({.host = "127.0.0.1", .port = (*first)->port()}).status().code() ==
        absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace attestd::dev_kbs
