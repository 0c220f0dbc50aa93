// SPDX-License-Identifier: Apache-2.0
#include "ctl/get_resource.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "ctl/fetch.h"
#include "ctl/output_file.h"
#include "ctl/output_set.h"
#include "ctl/stop_signals.h"
#include "ctl/targets.h"
#include "ctl/watch.h"

namespace attestd::ctl {
namespace {

absl::Status PrintSecret(const Options& options, int out) {
  const std::string& uri = options.resource.uri;
  ASSIGN_OR_RETURN(const FetchedSecrets fetched,
                   FetchAll(options, {{uri, false}}, options.resource.retry));
  const base::ByteView secret = fetched.at(uri)->view();
  if (options.json) {
    // Base64 needs no escapes. The copies are wiped when they are freed.
    const std::string line = R"({"resource":")" + base::Base64Encode(secret) + "\"}\n";
    return base::Annotate(LocalFailure(WriteAll(out, base::AsBytes(line))), "write the result");
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
