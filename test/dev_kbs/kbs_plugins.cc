// SPDX-License-Identifier: Apache-2.0
// The half of the broker that answers attested sessions: resources and plugins.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "test/dev_kbs/ear_claims.h"
#include "test/dev_kbs/jwe_encrypt.h"
#include "test/dev_kbs/kbs_service.h"

namespace attestd::dev_kbs {
namespace {

constexpr std::string_view kResourcePlugin = "resource";
constexpr std::string_view kEchoPlugin = "echo";
constexpr std::string_view kClearPlugin = "clear";
constexpr std::string_view kBearer = "Bearer ";
constexpr ErrorKind kInvalidRequestPath = {"InvalidRequestPath", 404, ""};
constexpr ErrorKind kPluginNotFound = {"PluginNotFound", 404, ""};

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

absl::StatusOr<base::Json> KbsService::AuthorizedKey(const KbsRequest& request) const {
  const absl::Time now = options_.surroundings.now();
  // The session wins over the token (Trustee, get_attestation_token).
  const absl::StatusOr<Session> session =
      sessions_.Find(FindCookie(request.cookie, kSessionCookie), now);
  if (session.ok() && session->attested.has_value()) {
    return session->attested->tee_pubkey;
  }
  if (!request.authorization.starts_with(kBearer)) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "no attested session and no token");
  }
  const std::string_view token = std::string_view(request.authorization).substr(kBearer.size());
  ASSIGN_OR_RETURN(const base::Json claims, signer_.Verify(token, now));
  return FindTeeKey(claims);
}

KbsAnswer KbsService::RefuseKey(const absl::Status& status, const std::string& refused) const {
  const std::string why = MessageOf(status);
  const bool absent = absl::IsNotFound(status);
  const ErrorKinds& errors = options_.protocol->errors;
  return Refuse(absent ? errors.no_token : errors.bad_token,
                options_.protocol->tells_cause && !absent ? why : "", refused + why);
}

KbsAnswer KbsService::Encrypted(const base::Json& tee_pubkey, const base::Secret& plaintext,
                                const std::string& refused) const {
  const JweForm form = options_.protocol->legacy_jwe ? JweForm::kLegacy : JweForm::kRfc7516;
  absl::StatusOr<std::string> jwe = EncryptToTee(tee_pubkey, plaintext, form, options_.disclose);
  if (!jwe.ok()) {
    const std::string why = MessageOf(jwe.status());
    return Refuse(options_.protocol->errors.jwe, options_.protocol->tells_cause ? why : "",
                  refused + why);
  }
  return {.status = 200,
          .content_type = "application/json",
          .body = *std::move(jwe),
          .tee_pubkey = tee_pubkey};
}

KbsAnswer KbsService::GetResource(const KbsRequest& request, std::string_view resource) const {
  const std::string refused = "refused resource " + std::string(resource) + ": ";
  const ErrorKinds& errors = options_.protocol->errors;
  const absl::StatusOr<base::Json> tee_pubkey = AuthorizedKey(request);
  if (!tee_pubkey.ok()) {
    return RefuseKey(tee_pubkey.status(), refused);
  }
  if (options_.policy.DeniesResource(resource)) {
    return Refuse(errors.denied, "", refused + "denied by the policy");
  }
  const absl::StatusOr<base::Secret> secret = resources_.Read(resource);
  if (!secret.ok()) {
    return Refuse(absl::IsInvalidArgument(secret.status()) ? errors.bad_path : errors.missing, "",
                  refused + MessageOf(secret.status()));
  }
  return Encrypted(*tee_pubkey, *secret, refused);
}

KbsAnswer KbsService::GetEcho(const KbsRequest& request, std::string_view plugin,
                              std::string_view path) const {
  const std::string refused = "refused " + std::string(plugin) + ": ";
  const ErrorKinds& errors = options_.protocol->errors;
  const absl::StatusOr<base::Json> tee_pubkey = AuthorizedKey(request);
  if (!tee_pubkey.ok()) {
    return RefuseKey(tee_pubkey.status(), refused);
  }
  // A path that is not UTF-8 has no place in JSON.
  absl::StatusOr<std::string> text = base::DumpJson({{"path", path}, {"query", request.query}});
  if (!text.ok()) {
    return Refuse(errors.missing, "", refused + MessageOf(text.status()));
  }
  if (plugin == kClearPlugin) {
    return {.status = 200, .content_type = "text/xml", .body = *std::move(text)};
  }
  const absl::StatusOr<base::Secret> plaintext = base::Secret::Copy(base::AsBytes(*text));
  if (!plaintext.ok()) {
    return Refuse(errors.missing, "", refused + MessageOf(plaintext.status()));
  }
  return Encrypted(*tee_pubkey, *plaintext, refused);
}

KbsAnswer KbsService::CallPlugin(const KbsRequest& request, std::string_view rest) const {
  const size_t slash = rest.find('/');
  const std::string plugin(rest.substr(0, slash));
  const std::string path(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
  const bool resource = plugin == kResourcePlugin;
  const bool echo = plugin == kEchoPlugin || plugin == kClearPlugin;
  if (!resource && !options_.protocol->plugins) {
    return {.status = 404};
  }
  if (plugin.empty()) {
    return Refuse(kInvalidRequestPath, "Request path " + request.path + " is invalid",
                  "refused: the path names no plugin");
  }
  if (!resource && !echo) {
    return Refuse(kPluginNotFound, "Plugin " + plugin + " not found", "refused: no such plugin");
  }
  if (request.method != "GET") {
    return Refuse(options_.protocol->errors.admin, request.path,
                  "refused: this broker has no admin");
  }
  if (!resource) {
    return GetEcho(request, plugin, path);
  }
  // Trustee up to 0.10 had a default repository.
  const bool short_name =
      !options_.protocol->plugins && std::count(path.begin(), path.end(), '/') == 1;
  return GetResource(request, short_name ? "default/" + path : path);
}

}  // namespace attestd::dev_kbs
