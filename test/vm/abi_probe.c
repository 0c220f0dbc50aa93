// SPDX-License-Identifier: Apache-2.0
// Checks what attestd relies on in the kernel's guest attestation interfaces: configfs-tsm
// (Documentation/ABI/testing/configfs-tsm). Prints one line a check and exits with 1 when one
// failed. The devices have a program of their own, device_probe.c.
//   abi_probe PROVIDER [REPORT_ROOT [FAULTS]]
// PROVIDER is sev_guest or tdx_guest; FAULTS a folder with files fault_errno and fault_count, as
// the test module has them; without it no faults are tried. So an emulation can be held to the
// same checks.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

enum { kMaxPath = 256, kMaxBlob = 64 * 1024 };

static const char* root = "/sys/kernel/config/tsm/report";
static const char* faults;
static bool snp;
static unsigned char nonce[kNonceSize];
static unsigned char blob[kMaxBlob];
static unsigned char other[kMaxBlob];

// root/item/attribute, in one of two buffers by turns.
static const char* Path(const char* item, const char* attribute) {
  static char paths[2][kMaxPath];
  static int turn;
  turn ^= 1;
  snprintf(paths[turn], kMaxPath, "%s/%s%s%s", root, item, attribute[0] ? "/" : "", attribute);
  return paths[turn];
}

// Bytes read through a fresh open, or -errno.
static long ReadFile(const char* path, void* to, size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  size_t filled = 0;
  long count = 0;
  while (filled < size && (count = read(fd, (char*)to + filled, size - filled)) > 0) {
    filled += (size_t)count;
  }
  const int error = errno;
  close(fd);
  return count < 0 ? -error : (long)filled;
}

// Bytes written in one write, or -errno. The commit at close may fail unseen.
static long WriteFile(const char* path, const void* bytes, size_t size) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  const long count = write(fd, bytes, size);
  const int error = errno;
  close(fd);
  return count < 0 ? -error : count;
}

static long Generation(const char* item) {
  char text[32] = {0};
  const long size = ReadFile(Path(item, "generation"), text, sizeof text - 1);
  return size < 0 ? size : atol(text);
}

// Size of the file as stat says, or -errno.
static long StatSize(const char* attribute) {
  struct stat info;
  return stat(Path("probe", attribute), &info) != 0 ? -errno : (long)info.st_size;
}

static long SetNonce(const char* item) {
  return WriteFile(Path(item, "inblob"), nonce, kNonceSize);
}

static long GetReport(const char* item, void* to) {
  return ReadFile(Path(item, "outblob"), to, kMaxBlob);
}

static size_t NonceOffset(void) { return snp ? kSnpReportDataOffset : kTdQuoteReportDataOffset; }

static bool Carries(const unsigned char* report, long size) {
  return size >= (long)(NonceOffset() + kNonceSize) &&
         memcmp(report + NonceOffset(), nonce, kNonceSize) == 0;
}

static void ProbeNewItem(const char* provider) {
  char text[64] = {0};
  Check(mkdir(Path("probe", ""), 0700) == 0, "mkdir makes a report (errno %d)", errno);
  Check(mkdir(Path("probe", ""), 0700) != 0 && errno == EEXIST, "a second mkdir: EEXIST");
  const long size = ReadFile(Path("probe", "provider"), text, sizeof text - 1);
  text[strcspn(text, "\n")] = '\0';
  Check(size > 0 && strcmp(text, provider) == 0, "provider: \"%s\"", text);
  Check(Generation("probe") == 0, "generation starts at 0");
  Check(StatSize("outblob") == 0 && StatSize("inblob") == 0, "blobs have size 0 by stat");
  Check(StatSize("generation") == 4096, "text attributes have size 4096 by stat");
  Check(StatSize("auxblob") == (snp ? 0 : -ENOENT), "auxblob: sev_guest only");
  Check(StatSize("privlevel") == (snp ? 4096 : -ENOENT), "privlevel: sev_guest only");
}

static void ProbeInblob(void) {
  Check(GetReport("probe", blob) == -EINVAL, "outblob before inblob: EINVAL");
  unsigned char much[kNonceSize + 1] = {0};
  long before = Generation("probe");
  Check(WriteFile(Path("probe", "inblob"), much, sizeof much) == -EFBIG, "65 bytes: EFBIG");
  Check(Generation("probe") == before + 1, "and close commits an empty inblob all the same");
  Check(GetReport("probe", blob) == -EINVAL, "outblob of an empty inblob: EINVAL");
  Check(WriteFile(Path("probe", "inblob"), nonce, 32) == 32, "32 bytes are taken");
  Check(GetReport("probe", blob) == -EINVAL, "and refused when the report is read: EINVAL");

  before = Generation("probe");
  const int fd = open(Path("probe", "inblob"), O_WRONLY | O_CLOEXEC);
  const long first = write(fd, nonce, 40);
  const long second = write(fd, nonce + 40, kNonceSize - 40);
  const long open_generation = Generation("probe");
  close(fd);
  Check(first == 40 && second == kNonceSize - 40, "two writes in one open are taken");
  Check(open_generation == before, "generation stays until close");
  Check(Generation("probe") == before + 1, "generation rises by one at close");
  const long size = GetReport("probe", blob);
  Check(Carries(blob, size), "the report carries the 64 bytes (size %ld)", size);
}

static void ProbeOutblob(void) {
  SetNonce("probe");
  const long generation = Generation("probe");
  const long size = GetReport("probe", blob);
  Check(Carries(blob, size), "the report carries the nonce (size %ld)", size);
  Check(!snp || size == kSnpReportSize, "an SNP report has 1184 bytes");
  Check(GetReport("probe", other) == size && memcmp(blob, other, (size_t)size) == 0,
        "a second read gives the same report");
  Check(Generation("probe") == generation, "reads leave the generation alone");

  const int fd = open(Path("probe", "outblob"), O_RDONLY | O_CLOEXEC);
  const long first = read(fd, other, 100);
  const long rest = read(fd, other + 100, kMaxBlob - 100);
  Check(first == 100 && rest == size - 100, "short reads go on where they stopped");
  nonce[0] ^= 0xff;
  SetNonce("probe");
  Check(Generation("probe") == generation + 1, "the generation tells that another wrote");
  Check(pread(fd, other, kMaxBlob, 0) == size && memcmp(blob, other, (size_t)size) == 0,
        "an outblob that was open before serves the OLD report");
  Check(lseek(fd, 0, SEEK_SET) < 0 && errno == ESPIPE, "lseek: ESPIPE");
  close(fd);
  Check(Carries(other, GetReport("probe", other)), "a fresh open gives the new report");
}

static void ProbeModes(void) {
  Check(open(Path("probe", "inblob"), O_RDWR | O_CLOEXEC) < 0 && errno == EACCES,
        "inblob for reading and writing: EACCES");
  Check(open(Path("probe", "outblob"), O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES,
        "outblob for writing: EACCES");
}

static void ProbePrivlevel(void) {
  if (!snp) {
    Check(WriteFile(Path("probe", "privlevel"), "1", 1) == -ENOENT, "privlevel: ENOENT");
    return;
  }
  const long generation = Generation("probe");
  Check(WriteFile(Path("probe", "privlevel"), "1\n", 2) == 2, "privlevel 1 is taken");
  Check(Generation("probe") == generation + 1, "and raises the generation");
  const long size = GetReport("probe", blob);
  Check(size == kSnpReportSize && blob[kSnpVmplOffset] == 1, "the report says VMPL 1");
  Check(WriteFile(Path("probe", "privlevel"), "4", 1) == -EINVAL, "privlevel 4: EINVAL");
  char floor_text[8] = {0};
  Check(ReadFile(Path("probe", "privlevel_floor"), floor_text, 7) > 0 && floor_text[0] == '0',
        "privlevel_floor: 0");
  Check(ReadFile(Path("probe", "auxblob"), other, kMaxBlob) > 0, "auxblob has certificates");
}

static void ProbeFaults(void) {
  static const struct {
    int error;
    const char* name;
  } kFaults[] = {{EBUSY, "EBUSY"},         {EWOULDBLOCK, "EWOULDBLOCK"},
                 {ETIMEDOUT, "ETIMEDOUT"}, {ENXIO, "ENXIO"},
                 {EINTR, "EINTR"},         {EIO, "EIO"}};
  for (size_t i = 0; i < sizeof kFaults / sizeof *kFaults; i++) {
    char path[kMaxPath];
    char number[16];
    const int digits = snprintf(number, sizeof number, "%d", kFaults[i].error);
    snprintf(path, sizeof path, "%s/fault_errno", faults);
    WriteFile(path, number, (size_t)digits);
    snprintf(path, sizeof path, "%s/fault_count", faults);
    WriteFile(path, "1", 1);
    SetNonce("probe");
    Check(GetReport("probe", blob) == -kFaults[i].error, "%s of the provider reaches read",
          kFaults[i].name);
    Check(Carries(blob, GetReport("probe", blob)), "and reading again gives the report");
  }
}

// One of two processes that use the same report; the numbers of wrong nonces that the generation
// did not tell, and of conflicts that it told.
static void ShareItem(int to) {
  int counts[2] = {0, 0};
  memset(nonce, getpid() & 0xff, sizeof nonce);
  for (int i = 0; i < 40; i++) {
    nonce[1] = (unsigned char)i;
    const long generation = Generation("shared");
    SetNonce("shared");
    const long size = GetReport("shared", blob);
    if (Generation("shared") != generation + 1) {
      counts[1]++;
    } else if (size > 0 && !Carries(blob, size)) {
      counts[0]++;
    }
  }
  _exit(write(to, counts, sizeof counts) == sizeof counts ? 0 : 1);
}

static void ProbeSharedItem(void) {
  int ends[2];
  int counts[2];
  int missed = 0;
  int told = 0;
  mkdir(Path("shared", ""), 0700);
  if (pipe(ends) != 0) {
    Check(false, "pipe: %d", errno);
    return;
  }
  for (int i = 0; i < 2; i++) {
    if (fork() == 0) {
      ShareItem(ends[1]);
    }
  }
  // Else the end of a child that died would not be seen.
  close(ends[1]);
  for (int i = 0; i < 2; i++) {
    if (read(ends[0], counts, sizeof counts) == sizeof counts) {
      missed += counts[0];
      told += counts[1];
    } else {
      missed++;
    }
  }
  while (wait(NULL) > 0) {
  }
  close(ends[0]);
  rmdir(Path("shared", ""));
  Check(missed == 0 && told > 0,
        "two processes on one report: the generation tells (%d), misses %d", told, missed);
}

static void ProbeRemoval(void) {
  const int fd = open(Path("probe", "outblob"), O_RDONLY | O_CLOEXEC);
  Check(rmdir(Path("probe", "")) == 0, "rmdir works while outblob is open");
  Check(access(Path("probe", ""), F_OK) != 0, "and the report is gone");
  close(fd);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: abi_probe PROVIDER [REPORT_ROOT [FAULTS]]\n");
    return 2;
  }
  snp = strcmp(argv[1], "sev_guest") == 0;
  root = argc > 2 ? argv[2] : root;
  faults = argc > 3 ? argv[3] : NULL;
  for (int i = 0; i < kNonceSize; i++) {
    nonce[i] = (unsigned char)(i ^ 0x5c);
  }
  ProbeNewItem(argv[1]);
  ProbeInblob();
  ProbeOutblob();
  ProbeModes();
  ProbePrivlevel();
  if (faults != NULL) {
    ProbeFaults();
  }
  ProbeRemoval();
  ProbeSharedItem();
  return Summary("abi_probe");
}
