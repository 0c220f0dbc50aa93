// SPDX-License-Identifier: Apache-2.0
#include "rest/request.h"

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "proto/attestation_agent.pb.h"
#include "proto/confidential_data_hub.pb.h"
#include "rest/target.h"

namespace attestd::rest {
namespace {

namespace pb = attestation_agent;

constexpr std::string_view kGetResource = "/api.GetResourceService/GetResource";
constexpr std::string_view kGetToken = "/attestation_agent.AttestationAgentService/GetToken";
constexpr std::string_view kGetEvidence = "/attestation_agent.AttestationAgentService/GetEvidence";
constexpr std::string_view kGetAdditionalEvidence =
    "/attestation_agent.AttestationAgentService/GetAdditionalEvidence";
constexpr std::string_view kExtend =
    "/attestation_agent.AttestationAgentService/ExtendRuntimeMeasurement";
constexpr std::string_view kGetTeeType = "/attestation_agent.AttestationAgentService/GetTeeType";
constexpr std::string_view kGetAdditionalTees =
    "/attestation_agent.AttestationAgentService/GetAdditionalTees";

constexpr std::string_view kResourcePath = "/cdh/resource/";
constexpr std::string_view kPluginPath = "/cdh/plugin/";

constexpr Refusal kBadTarget = {.reason = "MALFORMED",
                                .message = "request: its target is no path with a query"};
constexpr Refusal kUnknownPath = {
    .http = 404,
    .code = absl::StatusCode::kNotFound,
    .reason = "UNKNOWN_PATH",
    .message = "request: no such path; there are /info, /aa/... and /cdh/..."};
constexpr Refusal kFeatureOff = {.http = 404,
                                 .code = absl::StatusCode::kNotFound,
                                 .reason = "FEATURE_OFF",
                                 .message = "request: the listener's features leave this path out"};
constexpr Refusal kBadParameters = {
    .reason = "MALFORMED",
    .message = "request: a parameter is missing, unknown, repeated or malformed"};
constexpr Refusal kUnwantedBody = {.reason = "MALFORMED",
                                   .message = "request: this path takes no body"};
constexpr Refusal kBadEvent = {
    .reason = "MALFORMED",
    .message = "request: expected a JSON object of domain, operation and content, all texts"};

Refusal WrongMethod(std::string_view allow) {
  return {.http = 405,
          .code = absl::StatusCode::kUnimplemented,
          .reason = "WRONG_METHOD",
          .message = "request: the path has another method; see the header Allow",
          .allow = allow};
}

Request OneCall(std::string_view method, std::string message) {
  return {.kind = Request::Kind::kBytes,
          .calls = {{.method = method, .message = std::move(message)}}};
}

Parsed GetResource(const std::string& scheme, std::string_view path, const Target& target) {
  const std::optional<std::string> decoded = DecodePath(path);
  if (!decoded.has_value()) {
    return Refusal{.reason = "BAD_URI",
                   .message =
                       "request: an escape in the path is malformed or needless; write "
                       "/cdh/resource/repository/type/tag"};
  }
  // The rest is for the parser of resource URIs.
  api::GetResourceRequest message;
  message.set_resourcepath(scheme + ":///" + *decoded +
                           (target.has_query ? "?" + std::string(target.query) : ""));
  return OneCall(kGetResource, message.SerializeAsString());
}

Parsed GetPlugin(std::string_view path, const Target& target) {
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    return kUnknownPath;
  }
  return GetResource("kbs+" + std::string(path.substr(0, slash)), path.substr(slash + 1), target);
}

Parsed GetToken(const Target& target) {
  constexpr std::array<std::string_view, 1> kKnown = {"token_type"};
  const std::optional<Parameters> parameters = ParseParameters(target, kKnown);
  if (!parameters.has_value() || !parameters->contains("token_type")) {
    return kBadParameters;
  }
  const std::string& type = parameters->find("token_type")->second;
  if (type != "kbs" && type != "coco_as") {
    return kBadParameters;
  }
  pb::GetTokenRequest message;
  message.set_tokentype(type);
  return OneCall(kGetToken, message.SerializeAsString());
}

// The runtime data, or nothing.
std::optional<std::string> RuntimeData(const Target& target) {
  constexpr std::array<std::string_view, 2> kKnown = {"runtime_data", "encoding"};
  const std::optional<Parameters> parameters = ParseParameters(target, kKnown);
  if (!parameters.has_value() || !parameters->contains("runtime_data")) {
    return std::nullopt;
  }
  const std::string& text = parameters->find("runtime_data")->second;
  const auto encoding = parameters->find("encoding");
  if (encoding == parameters->end()) {
    return text;
  }
  const absl::StatusOr<base::Bytes> bytes = base::Base64UrlDecode(text);
  if (encoding->second != "base64" || !bytes.ok()) {
    return std::nullopt;
  }
  return std::string(base::AsText(*bytes));
}

template <typename Message>
Parsed GetEvidence(std::string_view method, const Target& target) {
  std::optional<std::string> data = RuntimeData(target);
  if (!data.has_value()) {
    return kBadParameters;
  }
  Message message;
  message.set_runtimedata(*std::move(data));
  return OneCall(method, message.SerializeAsString());
}

Parsed GetInfo(const Target& target, const Features& features) {
  if (!target.query.empty()) {
    return kBadParameters;
  }
  Request request{.kind = Request::Kind::kInfo, .calls = {}};
  if (features.attestation) {
    request.calls = {{.method = kGetTeeType, .message = {}},
                     {.method = kGetAdditionalTees, .message = {}}};
  }
  return request;
}

Parsed ParseGet(const Target& target, const Features& features) {
  if (target.path == "/info") {
    return GetInfo(target, features);
  }
  if (target.path == "/aa/token") {
    return GetToken(target);
  }
  if (target.path == "/aa/evidence") {
    return GetEvidence<pb::GetEvidenceRequest>(kGetEvidence, target);
  }
  if (target.path == "/aa/additional-evidence") {
    return GetEvidence<pb::GetAdditionalEvidenceRequest>(kGetAdditionalEvidence, target);
  }
  if (target.path.starts_with(kResourcePath)) {
    return GetResource("kbs", target.path.substr(kResourcePath.size()), target);
  }
  if (target.path.starts_with(kPluginPath)) {
    return GetPlugin(target.path.substr(kPluginPath.size()), target);
  }
  return kUnknownPath;
}

Parsed ParsePost(const Target& target, const Framing& framing) {
  if (!target.query.empty()) {
    return kBadParameters;
  }
  if (framing.length > kMaxBodyBytes) {
    return kBodyTooLong;
  }
  return Request{.kind = Request::Kind::kEvent, .calls = {}};
}

}  // namespace

std::string_view Features::name() const {
  if (resource) {
    return attestation ? "all" : "resource";
  }
  return attestation ? "attestation" : "none";
}

Parsed ParseRequest(const Head& head, const Features& features) {
  if (std::optional<Refusal> refusal = RefuseHead(head)) {
    return *std::move(refusal);
  }
  const std::optional<Target> target = ParseTarget(head.target);
  if (!target.has_value()) {
    return kBadTarget;
  }
  if ((target->path.starts_with("/aa/") && !features.attestation) ||
      (target->path.starts_with("/cdh/") && !features.resource)) {
    return kFeatureOff;
  }
  const Framing framing = *ParseFraming(head);  // RefuseHead has looked
  if (target->path == "/aa/aael") {
    return head.method == "POST" ? ParsePost(*target, framing) : WrongMethod("POST");
  }
  Parsed parsed = ParseGet(*target, features);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  if (refusal != nullptr && refusal->http == kUnknownPath.http) {
    return parsed;
  }
  if (head.method != "GET") {
    return WrongMethod("GET");
  }
  return framing.has_body() ? kUnwantedBody : std::move(parsed);
}

Parsed ParseEvent(std::string_view body) {
  constexpr base::JsonLimits kLimits = {.depth = 1, .elements = 16};
  const absl::StatusOr<base::Json> event = base::ParseJson(body, kLimits);
  if (!event.ok() || !event->is_object() || event->size() != 3) {
    return kBadEvent;
  }
  const absl::StatusOr<std::string> domain = base::GetString(*event, "domain");
  const absl::StatusOr<std::string> operation = base::GetString(*event, "operation");
  const absl::StatusOr<std::string> content = base::GetString(*event, "content");
  if (!domain.ok() || !operation.ok() || !content.ok()) {
    return kBadEvent;
  }
  pb::ExtendRuntimeMeasurementRequest message;
  message.set_domain(*domain);
  message.set_operation(*operation);
  message.set_content(*content);
  Request request = OneCall(kExtend, message.SerializeAsString());
  request.kind = Request::Kind::kEvent;
  return request;
}

}  // namespace attestd::rest
