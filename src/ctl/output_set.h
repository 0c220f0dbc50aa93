// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_OUTPUT_SET_H_
#define ATTESTD_CTL_OUTPUT_SET_H_

#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "ctl/output_file.h"

namespace attestd::ctl {

struct FileContent {
  FileSpec spec;
  base::ByteView bytes;
};

// All of the files appear, each whole, or nothing has changed. Before the first one appears all are
// on disk, and `stopped` was asked for the last time: Aborted when it says so. Errors name the
// file. What a killed run left in the directories is removed.
absl::Status WriteFilesTogether(const std::vector<FileContent>& files,
                                const std::function<bool()>& stopped);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_OUTPUT_SET_H_
