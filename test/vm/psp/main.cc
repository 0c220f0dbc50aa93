// SPDX-License-Identifier: Apache-2.0
// attestd-fake-psp: makes the evidence that the test module attestd_fake_tee hands out.
//   attestd-fake-psp make FOLDER    throw-away keys and certificates, in FOLDER/snp and FOLDER/tdx
//   attestd-fake-psp serve FOLDER   answers /dev/attestd_fake_tee with them until it is killed
//   attestd-fake-psp serve-templates FOLDER   the same, without signing each time (signer.h)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/handle.h"
#include "psp/signer.h"

namespace attestd::vm {
namespace {

constexpr char kDevice[] = "/dev/" FAKE_TEE_DEVICE;

absl::Status Make(const std::string& folder) {
  for (const std::string& part : {folder, folder + "/snp", folder + "/tdx"}) {
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return base::ErrnoStatus(errno, part);
    }
  }
  ASSIGN_OR_RETURN(const auto snp, fakes::SnpSigner::Create({}));
  RETURN_IF_ERROR(snp.Save(folder + "/snp"));
  ASSIGN_OR_RETURN(const auto tdx, fakes::TdxSigner::Create());
  return tdx.Save(folder + "/tdx");
}

absl::Status ServeForever(const Signer& signer, int device) {
  while (true) {
    fake_tee_request request{};
    const ssize_t size = ::read(device, &request, sizeof request);
    if (size < 0 && errno != EINTR) {
      return base::ErrnoStatus(errno, kDevice);
    }
    if (size != sizeof request) {
      continue;
    }
    const base::Bytes reply = signer.Answer(request);
    // ESRCH: who asked has given up.
    if (::write(device, reply.data(), reply.size()) < 0 && errno != ESRCH) {
      return base::ErrnoStatus(errno, kDevice);
    }
  }
}

absl::Status Serve(const std::string& folder, bool templates) {
  ASSIGN_OR_RETURN(const Signer signer, Signer::Load(folder, templates));
  const base::UniqueFd device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (!device.valid()) {
    return base::ErrnoStatus(errno, kDevice);
  }
  return ServeForever(signer, device.get());
}

}  // namespace
}  // namespace attestd::vm

int main(int argc, char** argv) {
  const std::string_view command = argc == 3 ? argv[1] : "";
  absl::Status status =
      absl::InvalidArgumentError("usage: attestd-fake-psp make|serve|serve-templates FOLDER");
  if (command == "make") {
    status = attestd::vm::Make(argv[2]);
  } else if (command == "serve" || command == "serve-templates") {
    status = attestd::vm::Serve(argv[2], command == "serve-templates");
  }
  if (!status.ok()) {
    std::cerr << "attestd-fake-psp: " << status.message() << std::endl;
    return 1;
  }
  return 0;
}
