// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_TSM_TREE_H_
#define ATTESTD_TEST_FUSE_TSM_TREE_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/fuse/fault_plan.h"
#include "test/fuse/provider.h"
#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

// configfs-tsm below ".../tsm" as kernel 6.12 does it (drivers/virt/coco/tsm.c,
// fs/configfs/file.c): test/vm/abi_probe.c holds both to the same list.
class TsmTree : public Subtree {
 public:
  // Both outlive the tree.
  TsmTree(Provider& provider, FaultPlan& faults) : provider_(provider), faults_(faults) {}

  mode_t Mode(Path path) override;
  off_t Size(Path path) override;
  OpenResult Open(Path path, int flags) override;
  std::vector<std::string> List(Path path) override;
  int MakeFolder(Path path) override;
  int RemoveFolder(Path path) override;

 private:
  class BinaryInput;
  class TextInput;
  class Output;

  // One report directory (struct tsm_report_state).
  struct Item {
    base::Bytes inblob;
    TsmBlobs blobs;
    uint64_t write_generation = 0;
    uint64_t read_generation = 0;
    unsigned privlevel = 0;
    bool removed = false;
  };
  struct Content {
    int error = 0;
    base::Bytes bytes;
  };

  mode_t AttributeMode(const std::string& attribute) const;
  std::shared_ptr<Item> Find(const std::string& name) const;
  Content ReadAttribute(Item& item, const std::string& attribute);
  Content ReadBlob(Item& item, const std::string& attribute);
  // Zero or -errno.
  int MakeReport(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int WritePrivlevel(Item& item, base::ByteView text);
  void CommitInblob(Item& item, base::Bytes inblob);

  Provider& provider_;
  FaultPlan& faults_;
  // Held while a report is made, as the kernel holds tsm_rwsem.
  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Item>> items_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_TSM_TREE_H_
