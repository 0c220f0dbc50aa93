// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/plain_files.h"

#include <absl/strings/ascii.h>
#include <absl/strings/strip.h>
#include <sys/stat.h>

#include <string>
#include <utility>

namespace attestd::fake_tee {
namespace {

class OpenControl : public OpenFile {
 public:
  explicit OpenControl(FaultPlan& faults) : faults_(faults), counts_(faults.Counts()) {}
  int Read(std::span<uint8_t> out, uint64_t offset) override {
    return CopyOut(base::AsBytes(counts_), out, offset);
  }
  int Write(base::ByteView bytes, uint64_t /*offset*/) override {
    return faults_.Apply(base::AsText(bytes)).ok() ? static_cast<int>(bytes.size()) : -EINVAL;
  }

 private:
  FaultPlan& faults_;
  const std::string counts_;
};

class ControlFile : public Subtree {
 public:
  explicit ControlFile(FaultPlan& faults) : faults_(faults) {}
  mode_t Mode(Path path) override { return path.empty() ? S_IFREG | 0600U : 0; }
  OpenResult Open(Path /*path*/, int /*flags*/) override {
    return {.error = 0, .file = std::make_unique<OpenControl>(faults_)};
  }

 private:
  FaultPlan& faults_;
};

constexpr const char* kFaultErrno = "fault_errno";
constexpr const char* kFaultCount = "fault_count";

class FaultFolder : public Subtree {
 public:
  explicit FaultFolder(FaultPlan& faults) : faults_(faults) {}
  mode_t Mode(Path path) override {
    if (path.empty()) {
      return S_IFDIR | 0755U;
    }
    const bool known = path[0] == kFaultErrno || path[0] == kFaultCount;
    return known && path.size() == 1 ? S_IFREG | 0600U : 0;
  }
  std::vector<std::string> List(Path /*path*/) override { return {kFaultErrno, kFaultCount}; }
  OpenResult Open(Path path, int /*flags*/) override {
    return {.error = 0, .file = std::make_unique<Number>(*this, path[0] == kFaultCount)};
  }

 private:
  class Number : public OpenFile {
   public:
    Number(FaultFolder& folder, bool count) : folder_(folder), count_(count) {}
    int Write(base::ByteView bytes, uint64_t /*offset*/) override {
      const std::string text(absl::StripAsciiWhitespace(std::string(base::AsText(bytes))));
      if (!count_) {
        folder_.error_ = text;
      } else if (!folder_.faults_.Apply("outblob error " + folder_.error_ + " " + text).ok()) {
        return -EINVAL;
      }
      return static_cast<int>(bytes.size());
    }

   private:
    FaultFolder& folder_;
    const bool count_;
  };

  FaultPlan& faults_;
  std::string error_ = "0";  // as it was written last; only one probe writes at a time
};

class OpenConstant : public OpenFile {
 public:
  explicit OpenConstant(base::ByteView content) : content_(content) {}
  int Read(std::span<uint8_t> out, uint64_t offset) override {
    return CopyOut(content_, out, offset);
  }

 private:
  const base::ByteView content_;
};

class ConstantFile : public Subtree {
 public:
  explicit ConstantFile(base::Bytes content) : content_(std::move(content)) {}
  mode_t Mode(Path path) override { return path.empty() ? S_IFREG | 0400U : 0; }
  OpenResult Open(Path path, int flags) override {
    const int error = CheckAccess(Mode(path), flags);
    return {.error = error,
            .file = error == 0 ? std::make_unique<OpenConstant>(content_) : nullptr};
  }

 private:
  const base::Bytes content_;
};

}  // namespace

std::unique_ptr<Subtree> MakeControlFile(FaultPlan& faults) {
  return std::make_unique<ControlFile>(faults);
}

std::unique_ptr<Subtree> MakeFaultFolder(FaultPlan& faults) {
  return std::make_unique<FaultFolder>(faults);
}

std::unique_ptr<Subtree> MakeConstantFile(base::Bytes content) {
  return std::make_unique<ConstantFile>(std::move(content));
}

}  // namespace attestd::fake_tee
