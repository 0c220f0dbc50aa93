// SPDX-License-Identifier: Apache-2.0
// HTTP/2 with a real server.
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "test/base/http_test_request.h"
#include "test/fakes/loopback_listener.h"
#include "test/fakes/tls_authority.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST_CASE("HTTP/2 is spoken with a server that offers it, over one kept connection") {
  if (!test::IsInstalled("nghttpd")) {
    WARN("SKIPPED: no nghttpd; install nghttp2-server");
    return;
  }
  const test::TempDir folder;
  const fakes::TlsAuthority authority;
  const fakes::TlsIdentity identity = authority.Issue();
  Write(folder.File("ca.pem"), authority.Pem());
  Write(folder.File("cert.pem"), identity.certificate_pem);
  Write(folder.File("key.pem"), identity.key_pem);
  Write(folder.File("small"), "over two");
  Write(folder.File("large"), std::string(300000, 'x'));
  const uint16_t port = fakes::LoopbackListener().port();
  auto server = test::Process::Start(
      {.argv = {"nghttpd", "--verbose", "-a", "127.0.0.1", "-d", folder.path(),
                std::to_string(port), folder.File("key.pem"), folder.File("cert.pem")},
       .env = {}});
  REQUIRE(server.ok());
  for (const Deadline limit = Deadline::After(absl::Seconds(10));
       !fakes::ConnectLoopback(port).valid();) {
    REQUIRE_FALSE(limit.Expired());
    std::this_thread::yield();
  }
  const auto transport = MakeTransport({.ca_file = folder.File("ca.pem")});
  const std::string url = "https://127.0.0.1:" + std::to_string(port);
  for (int i = 0; i < 3; ++i) {
    const auto response = transport->Send(Get(url + "/small"));
    INFO(response.status());
    REQUIRE(response.ok());
    CHECK(response->status == 200);
    CHECK(response->body == "over two");
    CHECK(response->Values("content-length") == std::vector<std::string>{"8"});
  }
  CHECK(transport->Send(Get(url + "/missing"))->status == 404);
  HttpRequest large = Get(url + "/large");
  CHECK(transport->Send(large)->body.size() == 300000);
  large.max_reply = 299999;
  CHECK(absl::IsResourceExhausted(transport->Send(large).status()));
  // One connection, the fifth stream of which has number 9 (RFC 9113, 5.1.1).
  for (const Deadline limit = Deadline::After(absl::Seconds(10));
       server->Out().find("stream_id=9") == std::string::npos;) {
    REQUIRE_FALSE(limit.Expired());
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace attestd::base
