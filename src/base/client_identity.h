// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CLIENT_IDENTITY_H_
#define ATTESTD_BASE_CLIENT_IDENTITY_H_

#include <string>

#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// A TLS client's certificate, with its chain, and its key, both as PEM.
struct ClientIdentity {
  std::string certificates;
  Secret key;
};

// InvalidArgument naming the file when one holds no PEM of its kind, the key is encrypted, others
// may read it, or it is not the first certificate's; also the errors of ReadFile.
absl::StatusOr<ClientIdentity> ReadClientIdentity(const std::string& cert_file,
                                                  const std::string& key_file);

// A file with a secret. InvalidArgument naming file and mode when others than its owner and its
// group may read or write it. The group may: systemd's credentials show 0440.
absl::StatusOr<Secret> ReadPrivateFile(const std::string& path, size_t limit);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CLIENT_IDENTITY_H_
