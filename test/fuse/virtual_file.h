// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_VIRTUAL_FILE_H_
#define ATTESTD_TEST_FUSE_VIRTUAL_FILE_H_

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

// Files and folders of the stand-in file system, apart from libfuse. Every operation answers as the
// kernel does: a count or zero, else -errno.
namespace attestd::fake_tee {

// An ioctl as it arrives: the argument's bytes for the size in the command, both ways.
struct IoctlCall {
  unsigned command = 0;
  std::span<uint8_t> argument;
  uint64_t argument_address = 0;  // in the caller
  pid_t caller = 0;
};

class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;

  virtual int Read(std::span<uint8_t> /*out*/, uint64_t /*offset*/) { return -EINVAL; }
  virtual int Write(base::ByteView /*bytes*/, uint64_t /*offset*/) { return -EINVAL; }
  // Each close() of the file.
  virtual int Flush() { return 0; }
  virtual int Ioctl(const IoctlCall& /*call*/) { return -ENOTTY; }
};

struct OpenResult {
  int error = 0;  // zero or -errno
  std::unique_ptr<OpenFile> file;
};

// A part of the mount: the file or folder of one name in its root, and what lies below. A path is
// the names behind that one; none is the part itself.
class Subtree {
 public:
  using Path = std::span<const std::string>;

  Subtree() = default;
  Subtree(const Subtree&) = delete;
  Subtree& operator=(const Subtree&) = delete;
  virtual ~Subtree() = default;

  // Type and permission bits; zero when there is nothing.
  virtual mode_t Mode(Path path) = 0;
  // What stat says of a file's size; readers must not rely on it.
  virtual off_t Size(Path /*path*/) { return 0; }
  virtual OpenResult Open(Path path, int flags) = 0;
  virtual std::vector<std::string> List(Path /*path*/) { return {}; }
  virtual int MakeFolder(Path /*path*/) { return -EPERM; }
  virtual int RemoveFolder(Path /*path*/) { return -EPERM; }
};

// The bytes from the offset on that fit; how many.
int CopyOut(base::ByteView bytes, std::span<uint8_t> out, uint64_t offset);
// -EACCES for access that the permission bits deny to everybody, as configfs does even to root.
int CheckAccess(mode_t mode, int flags);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_VIRTUAL_FILE_H_
