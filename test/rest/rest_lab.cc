// SPDX-License-Identifier: Apache-2.0
#include "test/rest/rest_lab.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>
#include <utility>

#include "proto/attestation_agent.pb.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::rest {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
const std::string kAgent = "/attestation_agent.AttestationAgentService/";

template <typename Message>
base::Reply Serialized(const Message& message) {
  return {.bytes = message.SerializeAsString(), .secret = {}};
}

// A protobuf message whose field 1 is the secret.
base::Reply FieldOneIs(const std::shared_ptr<const base::Secret>& secret) {
  std::string header = "\x0a";
  size_t size = secret->size();
  for (; size >= 0x80; size >>= 7) {
    header.push_back(static_cast<char>(size | 0x80));
  }
  header.push_back(static_cast<char>(size));
  return {.bytes = header, .secret = secret};
}

size_t LengthIn(const std::string& head) {
  const size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

void RawClient::Send(const std::string& method, const std::string& target,
                     const std::string& body) {
  const std::string length =
      body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  Write(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n" + body);
}

bool RawClient::ReadMore() {
  const std::string more = Read();
  rest_ += more;
  return !more.empty();
}

std::optional<RawClient::Response> RawClient::Receive() {
  while (rest_.find(kEndOfHead) == std::string::npos) {
    if (!ReadMore()) {
      return std::nullopt;
    }
  }
  Response response;
  response.head = rest_.substr(0, rest_.find(kEndOfHead) + kEndOfHead.size());
  REQUIRE(response.head.starts_with("HTTP/1.1 "));
  response.http = std::stoi(response.head.substr(9, 3));
  const size_t size = response.head.size() + LengthIn(response.head);
  while (rest_.size() < size) {
    if (!ReadMore()) {
      return std::nullopt;  // cut off in the middle
    }
  }
  response.body = rest_.substr(response.head.size(), size - response.head.size());
  rest_.erase(0, size);
  return response;
}

bool RawClient::HangsUp() {
  while (ReadMore()) {
    rest_.clear();
  }
  return true;
}

bool RawClient::Works() {
  Send("GET", "/aa/evidence?runtime_data=ping");
  const std::optional<Response> response = Receive();
  return response.has_value() && response->http == 200 && response->body == "ping";
}

RestLab::RestLab(Limits limits, size_t secret_bytes, Features features)
    : secret_(std::make_shared<const base::Secret>(
          *base::Secret::Copy(base::Bytes(secret_bytes, 's')))) {
  AddMethods();
  auto server = Server::Create(methods_, {.features = features, .version = "1.2"}, limits);
  REQUIRE(server.ok());
  server_ = *std::move(server);
}

void RestLab::AddMethods() {
  methods_["/api.GetResourceService/GetResource"] =
      [this](base::ByteView request, const base::CallContext& caller, base::Done done) {
        GetResource(request, caller, std::move(done));
      };
  const auto echo = [](base::ByteView request, const base::CallContext&, const base::Done& done) {
    done(base::Reply{.bytes = std::string(base::AsText(request)), .secret = {}});
  };
  // Both have their bytes in field 1.
  methods_[kAgent + "GetEvidence"] = echo;
  methods_[kAgent + "GetAdditionalEvidence"] = echo;
  methods_[kAgent + "GetToken"] = [](base::ByteView, const base::CallContext&,
                                     const base::Done& done) {
    attestation_agent::GetTokenResponse response;
    response.set_token(std::string(40, 't'));
    done(Serialized(response));
  };
  methods_[kAgent + "GetTeeType"] = [](base::ByteView, const base::CallContext&,
                                       const base::Done& done) {
    attestation_agent::GetTeeTypeResponse response;
    response.set_tee("snp");
    done(Serialized(response));
  };
  methods_[kAgent + "GetAdditionalTees"] = [](base::ByteView, const base::CallContext&,
                                              const base::Done& done) {
    attestation_agent::GetAdditionalTeesResponse response;
    response.add_additional_tees("nvidia");
    done(Serialized(response));
  };
  methods_[kAgent + "ExtendRuntimeMeasurement"] =
      [this](base::ByteView request, const base::CallContext&, const base::Done& done) {
        {
          const absl::MutexLock lock(&mutex_);
          events_.emplace_back(base::AsText(request));
        }
        done(base::Reply{});
      };
}

void RestLab::GetResource(base::ByteView request, const base::CallContext& caller,
                          base::Done done) {
  api::GetResourceRequest message;
  REQUIRE(message.ParseFromArray(request.data(), static_cast<int>(request.size())));
  const std::string name = message.resourcepath();
  if (absl::StartsWith(name, "kbs:///park/")) {
    parked_.Park(name, caller, std::move(done));
  } else if (absl::StartsWith(name, "kbs:///refuse/")) {
    done(absl::PermissionDeniedError("refused"));
  } else {
    done(FieldOneIs(secret_));
  }
}

std::vector<std::string> RestLab::events() {
  const absl::MutexLock lock(&mutex_);
  return events_;
}

RawClient RestLab::Connect() {
  auto [theirs, ours] = test::SocketPair();
  server_->Accept(std::move(theirs), nullptr);
  return RawClient(std::move(ours));
}

RawClient::Response RestLab::Ask(const std::string& method, const std::string& target,
                                 const std::string& body) {
  RawClient client = Connect();
  client.Send(method, target, body);
  const std::optional<RawClient::Response> response = client.Receive();
  REQUIRE(response.has_value());
  return *response;
}

void RestLab::Release(const std::string& name) {
  parked_.Release("kbs:///" + name, FieldOneIs(secret_));
}

}  // namespace attestd::rest
