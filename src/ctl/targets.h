// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_TARGETS_H_
#define ATTESTD_CTL_TARGETS_H_

#include <string>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "ctl/fetch.h"
#include "ctl/output_set.h"
#include "ctl/resource_options.h"
#include "ctl/template.h"

namespace attestd::ctl {

// One file that get-resource writes: a secret, or a text with secrets in it.
struct Target {
  FileSpec file;
  std::string uri;  // empty: `pieces` are the content
  bool optional = false;
  std::vector<TemplatePiece> pieces;
};

// What the options name, with the manifest or the template read. InvalidArgument for one that
// cannot be read, and for users and groups that this machine does not know.
absl::StatusOr<std::vector<Target>> LoadTargets(const ResourceOptions& options);

WantedSecrets SecretsOf(const std::vector<Target>& targets);

// What each target's file is to hold; those whose secret may be absent and is are left out. The
// bytes live as long as `fetched` and this object.
class Contents {
 public:
  static absl::StatusOr<Contents> Make(const std::vector<Target>& targets,
                                       const FetchedSecrets& fetched);

  const std::vector<FileContent>& files() const { return files_; }

 private:
  std::vector<FileContent> files_;
  std::vector<base::Secret> rendered_;
};

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_TARGETS_H_
