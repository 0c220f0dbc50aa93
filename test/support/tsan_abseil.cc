// SPDX-License-Identifier: Apache-2.0
// Debian's Abseil is not built for the thread sanitizer, which would call everything that a mutex
// guards a race. In the preset "tsan" the linker leads our calls of Abseil's locks here
// (cmake/AttestdTargets.cmake, --wrap), and this says what they order.
#include <absl/time/time.h>
#include <sanitizer/tsan_interface.h>

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): ld(1), --wrap, makes these names.
void __real__ZN4absl7debian35Mutex4LockEv(void* mutex);
void __real__ZN4absl7debian35Mutex6UnlockEv(void* mutex);
void __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(void* mutex, const void* condition);
bool __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    void* mutex, const void* condition, absl::Duration timeout);
void __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(void* variable, void* mutex);
void __real__ZN4absl7debian312Notification6NotifyEv(void* notification);
void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(const void* notification);
bool __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const void* notification, absl::Duration timeout);

// Of the sanitizer's annotations for programs.
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// Abseil looks at the conditions of others when a mutex is given up, before it really is.
class AbseilReads {
 public:
  AbseilReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~AbseilReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  AbseilReads(const AbseilReads&) = delete;
  AbseilReads& operator=(const AbseilReads&) = delete;
};

void Release(const void* lock) { __tsan_release(const_cast<void*>(lock)); }
void Acquire(const void* lock) { __tsan_acquire(const_cast<void*>(lock)); }

}  // namespace

extern "C" {

void __wrap__ZN4absl7debian35Mutex4LockEv(void* mutex) {
  __real__ZN4absl7debian35Mutex4LockEv(mutex);
  Acquire(mutex);
}

void __wrap__ZN4absl7debian35Mutex6UnlockEv(void* mutex) {
  Release(mutex);
  const AbseilReads reads;
  __real__ZN4absl7debian35Mutex6UnlockEv(mutex);
}

void __wrap__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(void* mutex, const void* condition) {
  Release(mutex);
  {
    const AbseilReads reads;
    __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(mutex, condition);
  }
  Acquire(mutex);
}

bool __wrap__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    void* mutex, const void* condition, absl::Duration timeout) {
  Release(mutex);
  bool reached = false;
  {
    const AbseilReads reads;
    reached = __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
        mutex, condition, timeout);
  }
  Acquire(mutex);
  return reached;
}

void __wrap__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(void* variable, void* mutex) {
  Release(mutex);
  {
    const AbseilReads reads;
    __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(variable, mutex);
  }
  Acquire(mutex);
}

void __wrap__ZN4absl7debian312Notification6NotifyEv(void* notification) {
  Release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(const void* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  Acquire(notification);
}

bool __wrap__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const void* notification, absl::Duration timeout) {
  const bool notified =
      __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
          notification, timeout);
  Acquire(notification);
  return notified;
}
}
// NOLINTEND(bugprone-reserved-identifier)
