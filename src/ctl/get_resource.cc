// SPDX-License-Identifier: Apache-2.0
#include "ctl/get_resource.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/secret_encoding.h"
#include "ctl/fetch.h"
#include "ctl/output_file.h"
#include "ctl/output_set.h"
#include "ctl/stop_signals.h"
#include "ctl/targets.h"
#include "ctl/watch.h"

namespace attestd::ctl {
namespace {

// {"resource":"<padded Base64>"} and a line end.
absl::StatusOr<base::Secret> JsonLine(base::ByteView secret) {
  constexpr std::string_view kBegin = R"({"resource":")";
  constexpr std::string_view kEnd = "\"}\n";
  const size_t digits = base::Base64Size(secret.size());
  ASSIGN_OR_RETURN(base::Secret line, base::Secret::Allocate(kBegin.size() + digits + kEnd.size()));
  const std::span<uint8_t> out = line.writable();
  std::copy(kBegin.begin(), kBegin.end(), out.begin());
  base::Base64EncodeSecret(secret, out.subspan(kBegin.size(), digits));
  std::copy(kEnd.begin(), kEnd.end(), out.subspan(kBegin.size() + digits).begin());
  return line;
}

absl::Status PrintSecret(const Options& options, int out) {
  const std::string& uri = options.resource.uri;
  ASSIGN_OR_RETURN(const FetchedSecrets fetched,
                   FetchAll(options, {{uri, false}}, options.resource.retry));
  const base::ByteView secret = fetched.at(uri)->view();
  if (options.json) {
    ASSIGN_OR_RETURN(const base::Secret line, JsonLine(secret));
    return base::Annotate(LocalFailure(WriteAll(out, line.view())), "write the result");
  }
  return base::Annotate(LocalFailure(WriteAll(out, secret)), "write the result");
}

absl::Status WriteOnce(const Options& options, const std::vector<Target>& targets,
                       StopSignals& stop) {
  ASSIGN_OR_RETURN(const FetchedSecrets fetched,
                   FetchAll(options, SecretsOf(targets), options.resource.retry));
  ASSIGN_OR_RETURN(const Contents contents, Contents::Make(targets, fetched));
  return LocalFailure(stop.Undisturbed(
      [&] { return WriteFilesTogether(contents.files(), [&stop] { return stop.requested(); }); }));
}

}  // namespace

absl::Status LocalFailure(const absl::Status& status) {
  return status.ok() ? status
                     : base::MakeStatus(absl::StatusCode::kUnknown, std::string(status.message()));
}

absl::Status GetResource(const Options& options, int out) {
  const bool watch = options.resource.watch > absl::ZeroDuration();
  // Before gRPC's threads.
  ASSIGN_OR_RETURN(
      const std::unique_ptr<StopSignals> stop,
      StopSignals::Create(watch ? StopSignals::Ending::kDone : StopSignals::Ending::kInterrupted));
  if (options.resource.manifest.empty() && !options.resource.out.has_value()) {
    return PrintSecret(options, out);
  }
  ASSIGN_OR_RETURN(const std::vector<Target> targets, LoadTargets(options.resource));
  return watch ? Watch(options, targets, *stop) : WriteOnce(options, targets, *stop);
}

}  // namespace attestd::ctl
