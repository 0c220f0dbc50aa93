// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/offline_broker.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace attestd::kbs {

absl::Status OfflineBroker::Add(std::string_view text) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(text));
  if (!json.is_object()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "expected an object from repository/type/tag to Base64");
  }
  for (const auto& [name, value] : json.items()) {
    RETURN_IF_ERROR(base::Annotate(ResourceUri::Parse("kbs:///" + name).status(), "a name"));
    ASSIGN_OR_RETURN(base::Bytes bytes, base::GetBase64(json, name));
    absl::StatusOr<base::Secret> secret = base::Secret::Copy(bytes);
    base::WipeBytes(bytes);
    RETURN_IF_ERROR(secret.status());
    secrets_.insert_or_assign(name, *std::move(secret));
  }
  return absl::OkStatus();
}

void OfflineBroker::GetResource(const ResourceUri& uri, const base::CallContext& /*context*/,
                                Done done) {
  const auto found = secrets_.find(uri.path());
  if (uri.plugin() != "resource" || found == secrets_.end()) {
    done(base::MakeStatus(absl::StatusCode::kNotFound, base::Reason::kResourceNotFound,
                          "the files hold no such resource"));
  } else {
    done(base::Secret::Copy(found->second.view()));
  }
}

absl::StatusOr<Token> OfflineBroker::GetToken(const base::CallContext& /*context*/) {
  return absl::FailedPreconditionError("offline_fs attests to nobody, so that there is no token");
}

}  // namespace attestd::kbs
