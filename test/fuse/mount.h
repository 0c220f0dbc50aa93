// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_MOUNT_H_
#define ATTESTD_TEST_FUSE_MOUNT_H_

#include <map>
#include <memory>
#include <string>

#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

// The parts of the file system by their name in its root.
using Root = std::map<std::string, std::unique_ptr<Subtree>>;

// Mounts it at the folder and serves it from several threads until SIGTERM, SIGINT or SIGHUP, or
// until it is unmounted. It is unmounted also when this process is killed. The exit status.
int Serve(const Root& root, const std::string& folder);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_MOUNT_H_
