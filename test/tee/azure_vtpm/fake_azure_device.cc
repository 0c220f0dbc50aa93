// SPDX-License-Identifier: Apache-2.0
#include "test/tee/azure_vtpm/fake_azure_device.h"

#include <utility>

namespace attestd::tee::azure_vtpm {

FakeAzureDevice::FakeAzureDevice(Kind kind) {
  paravisor.kind = kind;
  paravisor.ak_spki = *fake_tpm.EnsureAk(base::Deadline::Infinite());
  paravisor.hardware = fakes::UnsignedReport(kind);
  fake_tpm.ak_requests = 0;
}

absl::StatusOr<base::Bytes> FakeAzureDevice::ReadHclReport(base::Deadline /*deadline*/) {
  ++reads;
  if (!read_faults.empty()) {
    absl::Status fault = std::move(read_faults.front());
    read_faults.pop_front();
    return fault;
  }
  if (stale_left_ > 0) {
    --stale_left_;
  } else {
    published_ = written_;
  }
  base::Bytes image = fakes::HclImage(paravisor, published_);
  if (!image_faults.empty()) {
    image_faults.front()(image);
    image_faults.pop_front();
  }
  return image;
}

absl::Status FakeAzureDevice::WriteUserData(base::ByteView data, base::Deadline /*deadline*/) {
  ++writes;
  written_ = base::ToBytes(data);
  if (foreign_writes > 0) {
    --foreign_writes;
    written_ = base::Bytes(64, 0xee);
  }
  stale_left_ = stale_reads;
  return absl::OkStatus();
}

absl::StatusOr<base::Bytes> FakeAzureDevice::ReadUserData(base::Deadline /*deadline*/) {
  return written_;
}

base::UniqueFd FakeAzureDevice::LockUserData(base::Deadline /*deadline*/) {
  ++locks;
  return {};
}

}  // namespace attestd::tee::azure_vtpm
