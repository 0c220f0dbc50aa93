// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/mount.h"

#include <absl/strings/str_split.h>
#define FUSE_USE_VERSION 312
#include <fuse3/fuse.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace attestd::fake_tee {
namespace {

// A path taken apart: the part of the root, and the names below it.
struct Target {
  Subtree* subtree = nullptr;  // null: no such thing
  std::vector<std::string> below;
};

const Root& MountedRoot() { return *static_cast<const Root*>(fuse_get_context()->private_data); }

Target Find(const char* path) {
  const std::vector<std::string> names = absl::StrSplit(std::string(path), '/', absl::SkipEmpty());
  const auto found = names.empty() ? MountedRoot().end() : MountedRoot().find(names[0]);
  if (found == MountedRoot().end()) {
    return {};
  }
  return {.subtree = found->second.get(), .below = {std::next(names.begin()), names.end()}};
}

bool IsRoot(const char* path) { return std::string_view(path) == "/"; }

OpenFile& FileOf(const fuse_file_info* info) {
  // The handle that Open stored. NOLINTNEXTLINE(performance-no-int-to-ptr)
  return *reinterpret_cast<OpenFile*>(info->fh);
}

int GetAttributes(const char* path, struct stat* out, fuse_file_info* /*info*/) {
  *out = {};
  const Target target = Find(path);
  out->st_mode = IsRoot(path)                ? S_IFDIR | 0755U
                 : target.subtree == nullptr ? 0
                                             : target.subtree->Mode(target.below);
  out->st_size = target.subtree == nullptr ? 0 : target.subtree->Size(target.below);
  out->st_nlink = S_ISDIR(out->st_mode) ? 2 : 1;
  return out->st_mode == 0 ? -ENOENT : 0;
}

int ListFolder(const char* path, void* buffer, fuse_fill_dir_t fill, off_t /*offset*/,
               fuse_file_info* /*info*/, fuse_readdir_flags /*flags*/) {
  std::vector<std::string> names = {".", ".."};
  if (IsRoot(path)) {
    for (const auto& [name, subtree] : MountedRoot()) {
      names.push_back(name);
    }
  } else {
    const Target target = Find(path);
    const std::vector<std::string> below = target.subtree->List(target.below);
    names.insert(names.end(), below.begin(), below.end());
  }
  for (const std::string& name : names) {
    fill(buffer, name.c_str(), nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  }
  return 0;
}

int MakeFolder(const char* path, mode_t /*mode*/) {
  const Target target = Find(path);
  return target.subtree == nullptr ? -EPERM : target.subtree->MakeFolder(target.below);
}

int RemoveFolder(const char* path) {
  const Target target = Find(path);
  return target.subtree == nullptr ? -ENOENT : target.subtree->RemoveFolder(target.below);
}

// Neither configfs nor the devices can be unlinked or cut short; open(O_TRUNC) is let pass.
int Refuse(const char* /*path*/) { return -EPERM; }
int Truncate(const char* /*path*/, off_t /*size*/, fuse_file_info* /*info*/) { return 0; }

int Open(const char* path, fuse_file_info* info) {
  const Target target = Find(path);
  if (target.subtree == nullptr) {
    return -ENOENT;
  }
  OpenResult opened = target.subtree->Open(target.below, info->flags);
  if (opened.error != 0) {
    return opened.error;
  }
  // The size by stat says nothing: every read comes here. Release takes the handle back.
  info->direct_io = 1;
  info->fh = reinterpret_cast<uint64_t>(opened.file.release());
  return 0;
}

int Read(const char* /*path*/, char* out, size_t size, off_t offset, fuse_file_info* info) {
  return FileOf(info).Read({reinterpret_cast<uint8_t*>(out), size}, static_cast<uint64_t>(offset));
}

int Write(const char* /*path*/, const char* bytes, size_t size, off_t offset,
          fuse_file_info* info) {
  return FileOf(info).Write({reinterpret_cast<const uint8_t*>(bytes), size},
                            static_cast<uint64_t>(offset));
}

// Not Release: that comes after close() has returned.
int Flush(const char* /*path*/, fuse_file_info* info) { return FileOf(info).Flush(); }

int Release(const char* /*path*/, fuse_file_info* info) {
  const std::unique_ptr<OpenFile> file(&FileOf(info));
  return 0;
}

int Ioctl(const char* /*path*/, unsigned command, void* argument, fuse_file_info* info,
          unsigned /*flags*/, void* data) {
  const size_t size = data == nullptr ? 0 : _IOC_SIZE(command);
  return FileOf(info).Ioctl({.command = command,
                             .argument = {static_cast<uint8_t*>(data), size},
                             .argument_address = reinterpret_cast<uint64_t>(argument),
                             .caller = fuse_get_context()->pid});
}

// Nothing is remembered by the kernel.
void* Configure(fuse_conn_info* /*connection*/, fuse_config* config) {
  config->attr_timeout = 0;
  config->entry_timeout = 0;
  config->negative_timeout = 0;
  config->direct_io = 1;
  config->hard_remove = 1;
  return fuse_get_context()->private_data;
}

fuse_operations Operations() {
  fuse_operations operations{};
  operations.getattr = GetAttributes;
  operations.readdir = ListFolder;
  operations.mkdir = MakeFolder;
  operations.rmdir = RemoveFolder;
  operations.unlink = Refuse;
  operations.truncate = Truncate;
  operations.open = Open;
  operations.read = Read;
  operations.write = Write;
  operations.flush = Flush;
  operations.release = Release;
  operations.ioctl = Ioctl;
  operations.init = Configure;
  return operations;
}

}  // namespace

int Serve(const Root& root, const std::string& folder) {
  const fuse_operations operations = Operations();
  std::vector<std::string> words = {"attestd-fake-tee-fs", "-f", "-o",
                                    "auto_unmount,allow_other,default_permissions", folder};
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  // fuse_main's code for a loop that a signal ended.
  constexpr int kEndedBySignal = 8;
  const int result =
      fuse_main(static_cast<int>(argv.size()), argv.data(), &operations, const_cast<Root*>(&root));
  return result == kEndedBySignal ? 0 : result;
}

}  // namespace attestd::fake_tee
