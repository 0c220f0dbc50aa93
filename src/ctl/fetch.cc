// SPDX-License-Identifier: Apache-2.0
#include "ctl/fetch.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "ctl/retry.h"

namespace attestd::ctl {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// What the last try gets at least.
constexpr absl::Duration kLeastTime = absl::Seconds(1);

absl::StatusOr<FetchedSecrets> TryAll(const Options& options, const WantedSecrets& wanted) {
  ASSIGN_OR_RETURN(Client client, Connect(options));
  FetchedSecrets fetched;
  for (const auto& [uri, optional] : wanted) {
    absl::StatusOr<base::Secret> secret = client.GetResource(uri);
    if (secret.ok()) {
      fetched.emplace(uri, *std::move(secret));
    } else if (optional && absl::IsNotFound(secret.status())) {
      fetched.emplace(uri, std::nullopt);
    } else {
      const std::string which = wanted.size() == 1 ? "" : " " + uri;
      return base::Annotate(secret.status(), "get-resource" + which);
    }
  }
  return fetched;
}

absl::Status GaveUp(const absl::Status& reason, absl::Duration retry) {
  return base::Annotate(reason, "gave up after " + absl::FormatDuration(retry) + " (--retry)");
}

}  // namespace

absl::StatusOr<Client> Connect(const Options& options) {
  const base::Deadline deadline = base::Deadline::After(options.timeout);
  absl::StatusOr<Client> client = options.wait ? ConnectWhenReady(options.socket_path, deadline)
                                               : Client::Connect(options.socket_path, deadline);
  if (!client.ok()) {
    return base::Annotate(client.status(), options.wait ? "wait" : "connect");
  }
  return client;
}

absl::StatusOr<FetchedSecrets> FetchAll(const Options& options, const WantedSecrets& wanted,
                                        absl::Duration retry) {
  const base::Deadline deadline = base::Deadline::After(retry);
  if (retry == absl::ZeroDuration()) {
    return TryAll(options, wanted);
  }
  Pauses pauses(kFirstPause, kLongestPause);
  while (true) {
    Options once = options;
    once.timeout = std::min(options.timeout, std::max(deadline.Remaining(), kLeastTime));
    absl::StatusOr<FetchedSecrets> fetched = TryAll(once, wanted);
    if (fetched.ok() || !MayPass(fetched.status())) {
      return fetched;
    }
    if (deadline.Expired()) {
      return GaveUp(fetched.status(), retry);
    }
    absl::SleepFor(std::min(pauses.Next(), deadline.Remaining()));
  }
}

}  // namespace attestd::ctl
