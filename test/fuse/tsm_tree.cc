// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/tsm_tree.h"

#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace attestd::fake_tee {
namespace {

constexpr size_t kMaxInblob = 64;      // TSM_INBLOB_MAX
constexpr unsigned kMaxPrivlevel = 3;  // TSM_PRIVLEVEL_MAX
constexpr mode_t kFolder = S_IFDIR | 0755U;
constexpr const char* kReport = "report";

// A "huge" blob: the report with bytes behind it.
void Inflate(std::optional<uint64_t> size, base::Bytes& blob) {
  if (size.has_value()) {
    blob.resize(static_cast<size_t>(*size), 0x5a);
  }
}

}  // namespace

// inblob: the bytes of all writes are taken over by the last close(), whose error is lost.
class TsmTree::BinaryInput : public OpenFile {
 public:
  BinaryInput(TsmTree& tree, std::shared_ptr<Item> item) : tree_(tree), item_(std::move(item)) {}

  int Write(base::ByteView bytes, uint64_t offset) override {
    written_ = true;
    if (const int error = tree_.faults_.Enter("inblob"); error != 0) {
      return -error;
    }
    if (offset + bytes.size() > kMaxInblob) {
      return -EFBIG;
    }
    buffer_.resize(std::max(buffer_.size(), static_cast<size_t>(offset) + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<ptrdiff_t>(offset));
    return static_cast<int>(bytes.size());
  }
  int Flush() override {
    if (std::exchange(written_, false)) {
      tree_.CommitInblob(*item_, std::exchange(buffer_, {}));
    }
    return 0;
  }

 private:
  TsmTree& tree_;
  const std::shared_ptr<Item> item_;
  base::Bytes buffer_;
  bool written_ = false;
};

// privlevel: each write counts at once.
class TsmTree::TextInput : public OpenFile {
 public:
  TextInput(TsmTree& tree, std::shared_ptr<Item> item) : tree_(tree), item_(std::move(item)) {}
  int Write(base::ByteView bytes, uint64_t /*offset*/) override {
    return tree_.WritePrivlevel(*item_, bytes);
  }

 private:
  TsmTree& tree_;
  const std::shared_ptr<Item> item_;
};

// Everything that is read: the content of the first read, as long as the file is open.
class TsmTree::Output : public OpenFile {
 public:
  Output(TsmTree& tree, std::shared_ptr<Item> item, std::string attribute)
      : tree_(tree), item_(std::move(item)), attribute_(std::move(attribute)) {}

  int Read(std::span<uint8_t> out, uint64_t offset) override {
    if (!content_.has_value()) {
      Content content = tree_.ReadAttribute(*item_, attribute_);
      if (content.error != 0) {
        return content.error;
      }
      content_ = std::move(content.bytes);
    }
    return CopyOut(*content_, out, offset);
  }

 private:
  TsmTree& tree_;
  const std::shared_ptr<Item> item_;
  const std::string attribute_;
  std::optional<base::Bytes> content_;
};

mode_t TsmTree::AttributeMode(const std::string& attribute) const {
  const ProviderTraits& traits = provider_.traits();
  if (attribute == "inblob" || (attribute == "privlevel" && traits.has_privlevel)) {
    return S_IFREG | 0200U;
  }
  const bool readable = attribute == "outblob" || attribute == "generation" ||
                        attribute == "provider" || (attribute == "auxblob" && traits.has_auxblob) ||
                        (attribute == "privlevel_floor" && traits.has_privlevel);
  return readable ? S_IFREG | 0444U : 0;
}

std::shared_ptr<TsmTree::Item> TsmTree::Find(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = items_.find(name);
  return found == items_.end() ? nullptr : found->second;
}

mode_t TsmTree::Mode(Path path) {
  if (path.empty() || (path.size() == 1 && path[0] == kReport)) {
    return kFolder;
  }
  if (path[0] != kReport || path.size() > 3 || Find(path[1]) == nullptr) {
    return 0;
  }
  return path.size() == 2 ? kFolder : AttributeMode(path[2]);
}

off_t TsmTree::Size(Path path) {
  constexpr off_t kTextSize = 4096;
  return path.size() == 3 && !path[2].ends_with("blob") ? kTextSize : 0;
}

std::vector<std::string> TsmTree::List(Path path) {
  if (path.empty()) {
    return {kReport};
  }
  std::vector<std::string> names;
  if (path.size() == 1) {
    const absl::MutexLock lock(&mutex_);
    for (const auto& [name, item] : items_) {
      names.push_back(name);
    }
    return names;
  }
  for (const char* attribute :
       {"inblob", "outblob", "auxblob", "generation", "provider", "privlevel", "privlevel_floor"}) {
    if (AttributeMode(attribute) != 0) {
      names.emplace_back(attribute);
    }
  }
  return names;
}

int TsmTree::MakeFolder(Path path) {
  if (path.size() != 2 || path[0] != kReport) {
    return -EPERM;
  }
  if (const int error = faults_.Enter("mkdir"); error != 0) {
    return -error;
  }
  const absl::MutexLock lock(&mutex_);
  return items_.try_emplace(path[1], std::make_shared<Item>()).second ? 0 : -EEXIST;
}

int TsmTree::RemoveFolder(Path path) {
  if (path.size() != 2 || path[0] != kReport) {
    return -EPERM;
  }
  const absl::MutexLock lock(&mutex_);
  const auto found = items_.find(path[1]);
  if (found == items_.end()) {
    return -ENOENT;
  }
  found->second->removed = true;
  items_.erase(found);
  return 0;
}

OpenResult TsmTree::Open(Path path, int flags) {
  const std::shared_ptr<Item> item = path.size() == 3 ? Find(path[1]) : nullptr;
  if (item == nullptr) {
    return {.error = -ENOENT, .file = nullptr};
  }
  const std::string& attribute = path[2];
  if (const int error = CheckAccess(AttributeMode(attribute), flags); error != 0) {
    return {.error = error, .file = nullptr};
  }
  if (attribute == "inblob") {
    return {.error = 0, .file = std::make_unique<BinaryInput>(*this, item)};
  }
  if (attribute == "privlevel") {
    return {.error = 0, .file = std::make_unique<TextInput>(*this, item)};
  }
  return {.error = 0, .file = std::make_unique<Output>(*this, item, attribute)};
}

TsmTree::Content TsmTree::ReadAttribute(Item& item, const std::string& attribute) {
  const auto text = [](const std::string& line) {
    return Content{.error = 0, .bytes = base::ToBytes(base::AsBytes(line + "\n"))};
  };
  if (attribute == "privlevel_floor") {
    return text(std::to_string(provider_.traits().privlevel_floor));
  }
  if (const int error = faults_.Enter(attribute); error != 0) {
    return {.error = -error, .bytes = {}};
  }
  if (attribute == "provider") {
    return text(faults_.Take("provider", "text").value_or(provider_.traits().name));
  }
  if (attribute == "generation") {
    const bool stale = faults_.Take("generation", "stale").has_value();
    const absl::MutexLock lock(&mutex_);
    return text(std::to_string(item.write_generation + (stale ? 1 : 0)));
  }
  return ReadBlob(item, attribute);
}

TsmTree::Content TsmTree::ReadBlob(Item& item, const std::string& attribute) {
  const absl::MutexLock lock(&mutex_);
  if (item.removed) {
    return {.error = -ENOENT, .bytes = {}};
  }
  if (item.read_generation != item.write_generation || item.blobs.outblob.empty()) {
    if (const int error = MakeReport(item); error != 0) {
      return {.error = error, .bytes = {}};
    }
  }
  Content content{.error = 0,
                  .bytes = attribute == "outblob" ? item.blobs.outblob : item.blobs.auxblob};
  Inflate(faults_.TakeNumber(attribute, "huge"), content.bytes);
  content.bytes = faults_.Replace(attribute, std::move(content.bytes));
  faults_.Patch(attribute, content.bytes);
  if (faults_.Take(attribute, "empty").has_value()) {
    content.bytes.clear();
  }
  if (faults_.Take(attribute, "garbage").has_value()) {
    std::fill(content.bytes.begin(), content.bytes.end(), uint8_t{0xff});
  }
  return content;
}

int TsmTree::MakeReport(Item& item) {
  if (item.inblob.empty()) {
    return -EINVAL;
  }
  ReportRequest request{.inblob = item.inblob, .privlevel = item.privlevel};
  if (faults_.Take("outblob", "wrong-nonce").has_value()) {
    request.inblob[0] ^= 0xffU;
  }
  absl::StatusOr<TsmBlobs> blobs = provider_.Report(request);
  if (!blobs.ok()) {
    return absl::IsInvalidArgument(blobs.status()) ? -EINVAL : -EIO;
  }
  item.blobs = *std::move(blobs);
  item.read_generation = item.write_generation;
  return 0;
}

int TsmTree::WritePrivlevel(Item& item, base::ByteView text) {
  if (const int error = faults_.Enter("privlevel"); error != 0) {
    return -error;
  }
  const std::string line(base::AsText(text));
  unsigned level = 0;
  if (!absl::SimpleAtoi(line, &level) || level < provider_.traits().privlevel_floor ||
      level > kMaxPrivlevel) {
    return -EINVAL;
  }
  const absl::MutexLock lock(&mutex_);
  item.privlevel = level;
  ++item.write_generation;
  return static_cast<int>(text.size());
}

void TsmTree::CommitInblob(Item& item, base::Bytes inblob) {
  const absl::MutexLock lock(&mutex_);
  item.inblob = std::move(inblob);
  ++item.write_generation;
}

}  // namespace attestd::fake_tee
