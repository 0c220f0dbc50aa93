// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_LEGACY_REQUEST_H_
#define ATTESTD_AGENT_LEGACY_REQUEST_H_

#include <array>
#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::agent {

// What a getresource.GetResourceRequest asks, whichever shape it has (proto/getresource.proto).
struct LegacyRequest {
  // kbs://..., or the path of one without a broker: "repository/type/tag"
  std::string resource;
  // The broker's URL; empty when the request names none. "null" is none: clients of KBCs without a
  // broker wrote it.
  std::string kbs_uri;
};

// From the fields 1, 2 and 3. InvalidArgument (kBadUri) when they have no shape that ever was.
// Pure: nothing is looked up. A description without a repository means "default", as with the
// brokers of that time.
absl::StatusOr<LegacyRequest> ParseLegacyRequest(const std::array<std::string_view, 3>& fields);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_LEGACY_REQUEST_H_
