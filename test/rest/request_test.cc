// SPDX-License-Identifier: Apache-2.0
#include "rest/request.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/attestation_agent.pb.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::rest {
namespace {

namespace pb = attestation_agent;

constexpr Features kAll = {.resource = true, .attestation = true};

Head MakeHead(std::string_view method, std::string_view target) {
  return {.method = method, .target = target, .fields = {{"Host", "localhost"}}};
}

Request Accepted(const Parsed& parsed) {
  REQUIRE(std::holds_alternative<Request>(parsed));
  return std::get<Request>(parsed);
}

Refusal Refused(const Parsed& parsed) {
  REQUIRE(std::holds_alternative<Refusal>(parsed));
  return std::get<Refusal>(parsed);
}

// What the only call of a GET sends.
template <typename Message>
Message Sent(std::string_view target, std::string_view method) {
  const Request request = Accepted(ParseRequest(MakeHead("GET", target), kAll));
  REQUIRE(request.calls.size() == 1);
  CHECK(request.calls.front().method == method);
  CHECK(request.kind == Request::Kind::kBytes);
  Message message;
  REQUIRE(message.ParseFromString(request.calls.front().message));
  return message;
}

TEST_CASE("A path of /cdh is the name of a resource") {
  struct Case {
    std::string_view target;
    std::string_view uri;
  };
  const Case one = GENERATE(
      Case{"/cdh/resource/app/key/main", "kbs:///app/key/main"},
      Case{"/cdh/resource/app/key/main?version=2&x=%20", "kbs:///app/key/main?version=2&x=%20"},
      Case{"/cdh/resource/%61pp/key/main", "kbs:///app/key/main"},
      Case{"/cdh/plugin/pkcs11/wrap-key/one?x=1", "kbs+pkcs11:///wrap-key/one?x=1"},
      // The parser of resource URIs refuses these.
      Case{"/cdh/resource/", "kbs:///"}, Case{"/cdh/resource/a/../b", "kbs:///a/../b"},
      Case{"/cdh/resource//a/b", "kbs:////a/b"}, Case{"/cdh/resource/a/b/c?", "kbs:///a/b/c?"},
      Case{"/cdh/plugin/p%41/x", "kbs+p%41:///x"});
  const auto message =
      Sent<api::GetResourceRequest>(one.target, "/api.GetResourceService/GetResource");
  CHECK(message.resourcepath() == one.uri);
}

TEST_CASE("An escape that hides a separator is no name") {
  const std::string_view target =
      GENERATE("/cdh/resource/a%2fb/c", "/cdh/resource/a/b/c%00", "/cdh/resource/a/%2e%2e%2fb",
               "/cdh/resource/a/b/%253f", "/cdh/plugin/p/a%3fb", "/cdh/resource/a/b/c%");
  const Refusal refusal = Refused(ParseRequest(MakeHead("GET", target), kAll));
  CHECK(refusal.http == 400);
  CHECK(refusal.reason == "BAD_URI");
}

TEST_CASE("The kinds of token are known") {
  CHECK(Sent<pb::GetTokenRequest>("/aa/token?token_type=kbs",
                                  "/attestation_agent.AttestationAgentService/GetToken")
            .tokentype() == "kbs");
  const std::string_view target =
      GENERATE("/aa/token", "/aa/token?", "/aa/token?token_type=", "/aa/token?token_type=other",
               "/aa/token?token_type=kbs&token_type=kbs", "/aa/token?token_type=kbs&x=1",
               "/aa/token?type=kbs");
  CHECK(Refused(ParseRequest(MakeHead("GET", target), kAll)).http == 400);
}

TEST_CASE("Runtime data are text or Base64url") {
  const std::string path = GENERATE("/aa/evidence", "/aa/additional-evidence");
  const std::string method = path == "/aa/evidence" ? "GetEvidence" : "GetAdditionalEvidence";
  const auto sent = [&](const std::string& query) {
    return Sent<pb::GetEvidenceRequest>(path + query,
                                        "/attestation_agent.AttestationAgentService/" + method)
        .runtimedata();
  };
  CHECK(sent("?runtime_data=abc") == "abc");
  CHECK(sent("?runtime_data=") == "");
  CHECK(sent("?runtime_data=a+b%2B") == "a b+");
  CHECK(sent("?encoding=base64&runtime_data=-_8") == "\xfb\xff");
  for (const std::string query :
       {"", "?", "?encoding=base64", "?runtime_data=x&encoding=hex",
        "?runtime_data=x&encoding=", "?runtime_data=-_8%3D&encoding=base64",
        "?runtime_data=%2B%2F8&encoding=base64", "?runtime_data=x&runtime_data=x"}) {
    CHECK(Refused(ParseRequest(MakeHead("GET", path + query), kAll)).http == 400);
  }
}

TEST_CASE("What attestd is takes two calls, or none without attestation") {
  const Request all = Accepted(ParseRequest(MakeHead("GET", "/info"), kAll));
  CHECK(all.kind == Request::Kind::kInfo);
  REQUIRE(all.calls.size() == 2);
  CHECK(all.calls[0].method == "/attestation_agent.AttestationAgentService/GetTeeType");
  CHECK(all.calls[1].method == "/attestation_agent.AttestationAgentService/GetAdditionalTees");
  CHECK(Accepted(ParseRequest(MakeHead("GET", "/info"), {.resource = true})).calls.empty());
  CHECK(Refused(ParseRequest(MakeHead("GET", "/info?x=1"), kAll)).http == 400);
}

TEST_CASE("Paths that are not there, or not on, are not found") {
  const std::string_view target =
      GENERATE("/", "/INFO", "/info/", "/aa", "/aa/", "/aa/token/", "/aa/%74oken?token_type=kbs",
               "/cdh/resource", "/cdh/plugin/x", "/cdh/other/a/b/c", "//info", "/kbs/v0/auth");
  const Refusal refusal = Refused(ParseRequest(MakeHead(GENERATE("GET", "POST"), target), kAll));
  CHECK(refusal.http == 404);
  CHECK(refusal.reason == "UNKNOWN_PATH");
}

TEST_CASE("Features switch paths on") {
  const Features features = GENERATE(Features{}, Features{.resource = true},
                                     Features{.attestation = true}, Features{true, true});
  const auto on = [&](std::string_view method, std::string_view target) {
    const Parsed parsed = ParseRequest(MakeHead(method, target), features);
    const auto* refusal = std::get_if<Refusal>(&parsed);
    CHECK((refusal == nullptr || refusal->reason == "FEATURE_OFF"));
    return refusal == nullptr;
  };
  CHECK(on("GET", "/cdh/resource/a/b/c") == features.resource);
  CHECK(on("GET", "/cdh/plugin/a/b") == features.resource);
  CHECK(on("GET", "/aa/token?token_type=kbs") == features.attestation);
  CHECK(on("GET", "/aa/evidence?runtime_data=x") == features.attestation);
  CHECK(on("GET", "/aa/additional-evidence?runtime_data=x") == features.attestation);
  CHECK(on("POST", "/aa/aael") == features.attestation);
  CHECK(on("GET", "/info"));
}

TEST_CASE("A path has one method") {
  const std::string_view target =
      GENERATE("/info", "/aa/token?token_type=kbs", "/aa/evidence", "/cdh/resource/a/b/c");
  const std::string_view method = GENERATE("POST", "HEAD", "PUT", "DELETE", "OPTIONS", "get");
  const Refusal refusal = Refused(ParseRequest(MakeHead(method, target), kAll));
  CHECK(refusal.http == 405);
  CHECK(refusal.allow == "GET");
  const Refusal event = Refused(ParseRequest(MakeHead("GET", "/aa/aael"), kAll));
  CHECK(event.http == 405);
  CHECK(event.allow == "POST");
}

TEST_CASE("Only an event has a body, of at most 64 KiB") {
  Head head = MakeHead("GET", "/info");
  head.fields.push_back(
      GENERATE(Head::Field{"Content-Length", "1"}, Head::Field{"Transfer-Encoding", "chunked"}));
  CHECK(Refused(ParseRequest(head, kAll)).http == 400);
  head.fields.back() = {"Content-Length", "0"};
  CHECK(std::holds_alternative<Request>(ParseRequest(head, kAll)));
  Head post = MakeHead("POST", "/aa/aael");
  post.fields.push_back({"Content-Length", "65536"});
  CHECK(std::holds_alternative<Request>(ParseRequest(post, kAll)));
  post.fields.back() = {"Content-Length", "65537"};
  CHECK(Refused(ParseRequest(post, kAll)).http == 413);
}

TEST_CASE("The host is looked at before anything else") {
  const Head head = {
      .method = "POST", .target = "/nothing", .fields = {{"Host", "rebound.example.com"}}};
  CHECK(Refused(ParseRequest(head, {})).reason == "HOST_REFUSED");
}

TEST_CASE("An event is three texts") {
  const Request request =
      Accepted(ParseEvent(R"({"content":"c \u00e4","domain":"d","operation":"o"})"));
  CHECK(request.kind == Request::Kind::kEvent);
  REQUIRE(request.calls.size() == 1);
  CHECK(request.calls.front().method ==
        "/attestation_agent.AttestationAgentService/ExtendRuntimeMeasurement");
  pb::ExtendRuntimeMeasurementRequest message;
  REQUIRE(message.ParseFromString(request.calls.front().message));
  CHECK(message.domain() == "d");
  CHECK(message.operation() == "o");
  CHECK(message.content() == "c \xc3\xa4");
  CHECK(!message.has_registerindex());
}

TEST_CASE("Another body is no event") {
  const std::string_view body = GENERATE(
      "", "{}", "null", "[]", "{", R"({"domain":"d","operation":"o"})",
      R"({"domain":"d","operation":"o","content":1})",
      R"({"domain":"d","operation":"o","content":null})",
      R"({"domain":"d","operation":"o","content":"c","register_index":1})",
      R"({"domain":"d","domain":"d","operation":"o","content":"c"})",
      R"({"domain":"d","operation":"o","content":"c"}x)",
      R"({"domain":{"a":"b"},"operation":"o","content":"c"})", "domain=d&operation=o&content=c",
      "{\"domain\":\"\xff\",\"operation\":\"o\",\"content\":\"c\"}");
  CHECK(Refused(ParseEvent(body)).http == 400);
}

}  // namespace
}  // namespace attestd::rest
