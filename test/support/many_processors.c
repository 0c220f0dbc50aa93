// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: a machine with 64 processors, as who asks sysconf for their number sees it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

long sysconf(int name) {
  enum { kProcessors = 64 };
  static long (*real)(int);
  if (name == _SC_NPROCESSORS_CONF || name == _SC_NPROCESSORS_ONLN) {
    return kProcessors;
  }
  if (real == NULL) {
    real = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
  }
  return real(name);
}
