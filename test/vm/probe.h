// SPDX-License-Identifier: Apache-2.0
// What abi_probe.c and device_probe.c share: a count of checks, and where things lie.
#ifndef ATTESTD_TEST_VM_PROBE_H_
#define ATTESTD_TEST_VM_PROBE_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum {
  kNonceSize = 64,
  kSnpReportSize = 1184,
  kSnpReportDataOffset = 0x50,
  kSnpVmplOffset = 0x30,
  kTdQuoteReportDataOffset = 48 + 520,  // version 4: header, then in the TD report body
  kTdReportSize = 1024,
  kTdReportReportDataOffset = 128,
};

static int passed;
static int failed;

// Prints "ok: text" or "FAIL: text" and counts.
__attribute__((format(printf, 2, 3))) static void Check(bool good, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf(good ? "  ok: " : "  FAIL: ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  good ? passed++ : failed++;
}

// The exit code, after a line with the counts.
static int Summary(const char* program) {
  printf("%s: %d passed, %d failed\n", program, passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

#endif  // ATTESTD_TEST_VM_PROBE_H_
