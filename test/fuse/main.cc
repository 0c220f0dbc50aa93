// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "test/fuse/fault_plan.h"
#include "test/fuse/guest_devices.h"
#include "test/fuse/mount.h"
#include "test/fuse/plain_files.h"
#include "test/fuse/provider.h"
#include "test/fuse/registers.h"
#include "test/fuse/tpm_proxy.h"
#include "test/fuse/tsm_tree.h"

namespace attestd::fake_tee {
namespace {

constexpr size_t kMaxFile = size_t{1} << 20;

struct Options {
  std::string mount;
  std::string provider;
  std::string keys;
  unsigned privlevel_floor = 0;
  uint8_t chip = ProviderOptions().chip;
  uint16_t tpm_port = 0;
  std::string hcl_runtime;
  std::string ccel;
  std::string mr_config_id;
  std::string faults;
};

void Declare(CLI::App& app, Options& options) {
  app.add_option("--mount", options.mount, "empty folder to mount it at")->required();
  app.add_option("--provider", options.provider, "sev_guest, tdx_guest, arm_cca_guest or echo")
      ->required();
  app.add_option("--keys", options.keys, "folder of the throw-away keys, made at the first use");
  app.add_option("--privlevel-floor", options.privlevel_floor, "lowest VMPL that is given");
  app.add_option("--chip", options.chip, "first byte of the SNP chip's id");
  app.add_option("--tpm-port", options.tpm_port, "swtpm's command channel on loopback: tpmrm0");
  app.add_option("--hcl-runtime", options.hcl_runtime,
                 "runtime data of an Azure VM, JSON: tpmrm0 has an HCL report around it");
  app.add_option("--ccel", options.ccel, "the file to show as CCEL");
  app.add_option("--mrconfigid", options.mr_config_id,
                 "MRCONFIGID of the TDX guest, 96 hex digits");
  app.add_option("--faults", options.faults, "file of fault commands to begin with");
}

absl::StatusOr<Register> ParseRegister(const std::string& hex) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::HexDecode(hex));
  Register value{};
  if (bytes.size() > value.size()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "--mrconfigid: over 48 bytes");
  }
  std::copy(bytes.begin(), bytes.end(), value.begin());
  return value;
}

// Everything that the root of the mount refers to.
struct Machine {
  FaultPlan faults;
  std::unique_ptr<Provider> provider;
  Root root;
};

absl::StatusOr<TpmProxyOptions> ProxyOptions(const Options& options, Machine& machine) {
  TpmProxyOptions proxy;
  proxy.port = options.tpm_port;
  if (!options.hcl_runtime.empty()) {
    ASSIGN_OR_RETURN(std::string runtime_data, base::ReadFile(options.hcl_runtime, kMaxFile));
    proxy.paravisor =
        std::make_unique<Paravisor>(std::move(runtime_data), *machine.provider, machine.faults);
  }
  return proxy;
}

absl::Status AddOptionalParts(const Options& options, Machine& machine) {
  if (options.tpm_port != 0) {
    ASSIGN_OR_RETURN(TpmProxyOptions proxy, ProxyOptions(options, machine));
    machine.root["tpmrm0"] = MakeTpmProxy(std::move(proxy), machine.faults);
  }
  if (!options.ccel.empty()) {
    ASSIGN_OR_RETURN(const std::string log, base::ReadFile(options.ccel, kMaxFile));
    machine.root["CCEL"] = MakeConstantFile(base::ToBytes(base::AsBytes(log)));
  }
  if (options.provider == "sev_guest") {
    machine.root["sev-guest"] = MakeSevGuest(*machine.provider, machine.faults);
  }
  if (options.provider == "tdx_guest") {
    machine.root["tdx_guest"] = MakeTdxGuest(*machine.provider, machine.faults);
  }
  return absl::OkStatus();
}

absl::Status Build(const Options& options, Machine& machine) {
  ASSIGN_OR_RETURN(const Register mr_config_id, ParseRegister(options.mr_config_id));
  auto registers = std::make_unique<Registers>(mr_config_id);
  ASSIGN_OR_RETURN(machine.provider, MakeProvider({.name = options.provider,
                                                   .keys = options.keys,
                                                   .privlevel_floor = options.privlevel_floor,
                                                   .chip = options.chip,
                                                   .registers = registers.get()}));
  machine.root["measurements"] = std::move(registers);
  machine.root["tsm"] = std::make_unique<TsmTree>(*machine.provider, machine.faults);
  machine.root["control"] = MakeControlFile(machine.faults);
  machine.root["faults"] = MakeFaultFolder(machine.faults);
  if (!options.faults.empty()) {
    ASSIGN_OR_RETURN(const std::string commands, base::ReadFile(options.faults, kMaxFile));
    RETURN_IF_ERROR(machine.faults.Apply(commands));
  }
  return AddOptionalParts(options, machine);
}

int Main(int argc, const char* const* argv) {
  CLI::App app(
      "Stands in for the TEE devices of a confidential VM, for tests: configfs-tsm, "
      "/dev/sev-guest, /dev/tdx_guest, /dev/tpmrm0 and the TDX measurement files.");
  Options options;
  Declare(app, options);
  CLI11_PARSE(app, argc, argv);
  Machine machine;
  const absl::Status built = Build(options, machine);
  if (!built.ok()) {
    std::cerr << "attestd-fake-tee-fs: " << built.ToString() << "\n";
    return 1;
  }
  return Serve(machine.root, options.mount);
}

}  // namespace
}  // namespace attestd::fake_tee

int main(int argc, char** argv) { return attestd::fake_tee::Main(argc, argv); }
