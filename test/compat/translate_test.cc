// SPDX-License-Identifier: Apache-2.0
#include "compat/translate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "agent/config.h"

namespace attestd::compat {
namespace {

using Catch::Contains;

std::vector<tee::Backend> Backends() {
  return {{.name = "tpm",
           .settings = {{.name = "tcti"},
                        {.name = "ak_handle", .kind = tee::SettingSpec::Kind::kInteger}}},
          {.name = "sample", .fake = true, .settings = {}}};
}

// What attestd makes of the translation, which it has to take.
agent::Config Read(const Translation& translation) {
  auto config = agent::ParseConfig(translation.config, "translated", Backends());
  INFO(translation.config);
  INFO(config.status().message());
  REQUIRE(config.ok());
  return *std::move(config);
}

Translation Must(const Sources& sources) {
  auto translation = Translate(sources);
  INFO(translation.status().message());
  REQUIRE(translation.ok());
  return *std::move(translation);
}

std::string Refusal(const Sources& sources) {
  const auto translation = Translate(sources);
  REQUIRE(absl::IsInvalidArgument(translation.status()));
  return std::string(translation.status().message());
}

bool HasNote(const Translation& translation, const std::string& words) {
  return std::any_of(
      translation.notes.begin(), translation.notes.end(),
      [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

Document AaToml(const std::string& url) {
  return {.path = "/x/aa.toml", .text = "[token_configs.kbs]\nurl = \"" + url + "\"\n"};
}

TEST_CASE("attestation-agent's file becomes a broker and a listener") {
  Document file = AaToml("https://kbs.example:8080/");
  file.text +=
      "cert = \"PEM\"\ntee_key_algorithm = \"RSA-OAEP-256\"\n"
      "[eventlog_config]\nenable_eventlog = true\ninit_pcr = 11\n";
  const Translation translation = Must({.config = file, .environment = {{"AAEL_PATH", "/run/l"}}});
  const agent::Config config = Read(translation);
  REQUIRE(config.brokers.size() == 1);
  CHECK(config.brokers[0].url == "https://kbs.example:8080");
  CHECK(config.brokers[0].tee_key == kbs::TeeKeyKind::kRsaOaep256);
  const std::string socket =
      "/run/confidential-containers/attestation-agent/attestation-agent.sock";
  CHECK(translation.socket == socket);
  REQUIRE(config.listeners.size() == 1);
  CHECK(config.listeners[0].path == socket);
  CHECK(config.listeners[0].mode == 0600);
  CHECK(config.measurement.enabled);
  CHECK(config.measurement.default_pcr == 11);
  CHECK(config.measurement.event_log == "/run/l");
  REQUIRE(translation.files.size() == 1);
  CHECK(translation.files[0].path == config.brokers[0].ca_file);
  CHECK(translation.files[0].text == "PEM");
  CHECK(translation.notes.empty());
}

TEST_CASE("The event log keeps attestd's register when the file names none") {
  const agent::Config config =
      Read(Must({.config = Document{.path = "aa.toml",
                                    .text = "[eventlog_config]\nenable_eventlog = true\n"}}));
  CHECK(config.measurement.enabled);
  CHECK(config.measurement.default_pcr == agent::MeasurementConfig().default_pcr);
}

TEST_CASE("Signatures of sealed secrets are skipped where the file says so, and nowhere else") {
  const auto skips = [](const std::string& text) {
    return Read(Must({.program = Program::kConfidentialDataHub,
                      .config = Document{.path = "cdh.toml", .text = text}}))
        .unseal.skip_signatures;
  };
  const std::string kbc = "[kbc]\nname = \"cc_kbc\"\nurl = \"https://kbs.example\"\n";
  CHECK(skips("skip_sealed_secret_verification = true\n" + kbc));
  CHECK_FALSE(skips("skip_sealed_secret_verification = false\n" + kbc));
  CHECK_FALSE(skips(kbc));
}

TEST_CASE("confidential-data-hub's file becomes a broker, a listener and credentials") {
  const Sources sources{
      .program = Program::kConfidentialDataHub,
      .config = Document{.path = "/x/cdh.toml", .text = R"(
socket = "unix:///run/x/cdh.sock"
[kbc]
name = "cc_kbc"
url = "https://kbs.example"
[[credentials]]
path = "/run/confidential-containers/cdh/kbs/a"
resource_uri = "kbs:///a/b/c"
)"},
      .kernel_cmdline = "cdh.kbs_resources=kbs:///x/y/z::/run/confidential-containers/cdh/kbs/z",
      .base = Document{.path = "base", .text = "[measurement]\nenabled = true\n"}};
  const Translation translation = Must(sources);
  const agent::Config config = Read(translation);
  CHECK(config.listeners.at(0).path == "/run/x/cdh.sock");
  REQUIRE(config.credentials.size() == 1);
  CHECK(config.credentials[0].uri == "kbs:///a/b/c");
  CHECK(config.credentials[0].path == "/run/confidential-containers/cdh/kbs/a");
  CHECK(HasNote(translation, "cdh.kbs_resources"));
  CHECK_FALSE(config.measurement.enabled);  // attestation-agent writes the log

  Sources by_kernel = sources;
  by_kernel.config.reset();
  by_kernel.kernel_cmdline += " agent.aa_kbc_params=cc_kbc::https://kernel.example";
  const agent::Config other = Read(Must(by_kernel));
  CHECK(other.brokers.at(0).url == "https://kernel.example");
  CHECK(other.credentials.at(0).path == "/run/confidential-containers/cdh/kbs/z");
  CHECK(other.listeners.at(0).path == "/run/confidential-containers/cdh.sock");
}

TEST_CASE("A broker's file counts before the environment, that before the kernel's command line") {
  Sources sources{.config = AaToml("https://file.example"),
                  .environment = {{"AA_KBC_PARAMS", "cc_kbc::https://env.example"}},
                  .kernel_cmdline = "agent.aa_kbc_params=cc_kbc::https://kernel.example"};
  const Translation file = Must(sources);
  CHECK(Read(file).brokers[0].url == "https://file.example");
  CHECK(HasNote(file, "AA_KBC_PARAMS: names another broker than /x/aa.toml"));
  CHECK(HasNote(file, "kernel's command line: names another broker than /x/aa.toml"));
  sources.config.reset();
  CHECK(Read(Must(sources)).brokers[0].url == "https://env.example");
  sources.environment.clear();
  const Translation kernel = Must(sources);
  CHECK(Read(kernel).brokers[0].url == "https://kernel.example");
  CHECK(kernel.notes.empty());
}

TEST_CASE("A malformed source that would count is refused, one that would not is only noted") {
  Sources sources{.kernel_cmdline = "agent.aa_kbc_params=cc_kbc"};
  CHECK_THAT(Refusal(sources), Contains("kernel's command line"));
  sources.config = AaToml("https://file.example");
  CHECK(HasNote(Must(sources), "kernel's command line"));
}

TEST_CASE("What base says counts before every other source") {
  const Sources sources{.config = AaToml("https://file.example"),
                        .base = Document{.path = "/etc/attestd/dropin.toml", .text = R"(
[tee]
backend = "tpm"
[[kbs]]
name = "main"
url = "https://image.example"
[[listener]]
path = "/run/confidential-containers/cdh.sock"
[[listener]]
path = "/run/confidential-containers/attestation-agent/attestation-agent.sock"
mode = "0660"
rights = ["token"]
)"}};
  const Translation translation = Must(sources);
  const agent::Config config = Read(translation);
  CHECK(config.tee.backend == "tpm");
  CHECK(config.brokers.at(0).url == "https://image.example");
  CHECK(HasNote(translation, "/x/aa.toml: names another broker than /etc/attestd/dropin.toml"));
  REQUIRE(config.listeners.size() == 1);  // the other is confidential-data-hub's
  CHECK(config.listeners[0].mode == 0660);
}

TEST_CASE("base completes the broker that another source names") {
  Sources sources{.config = AaToml("https://file.example"),
                  .base = Document{.path = "base",
                                   .text = "[[kbs]]\ncredential = \"bearer\"\n"
                                           "ca_file = \"/etc/ca.pem\"\n"}};
  sources.config->text += "cert = \"PEM\"\n";
  const Translation translation = Must(sources);
  const agent::Config config = Read(translation);
  CHECK(config.brokers.at(0).url == "https://file.example");
  CHECK(config.brokers.at(0).bearer);
  CHECK(config.brokers.at(0).ca_file == "/etc/ca.pem");
  CHECK(translation.files.empty());
  CHECK(HasNote(translation, "ca_file of base counts"));
}

TEST_CASE("http needs the word of base") {
  Sources sources{.config = AaToml("http://kbs.example")};
  CHECK_THAT(Refusal(sources), Contains("/x/aa.toml") && Contains("allow_http"));
  sources.base = Document{.path = "base", .text = "[[kbs]]\nallow_http = true\n"};
  CHECK(Read(Must(sources)).brokers.at(0).url == "http://kbs.example");
}

TEST_CASE("Without a broker attestd starts, holds no secrets and says so") {
  const Translation translation = Must({});
  const agent::Config config = Read(translation);
  CHECK(config.brokers.at(0).kind == agent::BrokerConfig::Kind::kOfflineFs);
  REQUIRE(translation.files.size() == 1);
  CHECK(config.brokers[0].files == std::vector<std::string>{translation.files[0].path});
  CHECK(translation.files[0].text == "{}\n");
  CHECK(HasNote(translation, "no broker is named"));
}

TEST_CASE("offline_fs_kbc takes the files that are there") {
  const Translation translation = Must({.environment = {{"AA_KBC_PARAMS", "offline_fs_kbc::null"}},
                                        .offline_files = {"/etc/aa-offline_fs_kbc-keys.json"}});
  CHECK(Read(translation).brokers.at(0).files ==
        std::vector<std::string>{"/etc/aa-offline_fs_kbc-keys.json"});
  CHECK(translation.files.empty());
  CHECK(translation.notes.empty());
}

TEST_CASE("Init data is required, and the file inside of it is used and compared") {
  const std::string inner = "[token_configs.kbs]\nurl = \"https://measured.example\"\n";
  const Document init_data{.path = "/x/initdata.toml",
                           .text =
                               "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n"
                               "\"aa.toml\" = '''\n" +
                               inner + "'''\n"};
  const agent::Config config = Read(Must({.init_data = init_data}));
  CHECK(config.brokers.at(0).url == "https://measured.example");
  CHECK(config.init_data.file == "/x/initdata.toml");
  CHECK(config.init_data.required);
  // The same file beside it, as kata-agent writes it.
  CHECK(Translate({.config = Document{.path = "/x/aa.toml", .text = inner}, .init_data = init_data})
            .ok());
  CHECK_THAT(Refusal({.config = AaToml("https://other.example"), .init_data = init_data}),
             Contains("/x/aa.toml") && Contains("measured"));
}

TEST_CASE("A digest stands for init data that is not known") {
  const agent::Config config =
      Read(Must({.init_data_digest = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}));
  CHECK(config.init_data.digest.size() == 32);
  CHECK(config.init_data.required);
}

TEST_CASE("Variables of the TPM go into its table") {
  const Translation translation = Must(
      {.environment = {
           {"AA_TPM_DEVICE", "/dev/tpm0"}, {"AA_TPM_AK_HANDLE", "0x81010003"}, {"OCCLUM", "1"}}});
  const agent::Config config = Read(translation);
  const tee::Settings& tpm = config.backend_settings.at("tpm");
  CHECK(std::get<std::string>(tpm.at("tcti")) == "device:/dev/tpm0");
  CHECK(std::get<int64_t>(tpm.at("ak_handle")) == 0x81010003);
  CHECK(HasNote(translation, "OCCLUM: has no effect"));
  CHECK_THAT(Refusal({.environment = {{"AA_TPM_AK_HANDLE", "0xzz"}}}),
             Contains("AA_TPM_AK_HANDLE"));
}

TEST_CASE("Addresses of loopback are served beside the usual socket") {
  const Translation translation =
      Must({.socket = "127.0.0.1:50002", .old_sockets = {"127.0.0.1:50000", "unix:///run/old"}});
  const std::string usual = "/run/confidential-containers/attestation-agent/attestation-agent.sock";
  CHECK(translation.socket == usual);
  const agent::Config config = Read(translation);
  REQUIRE(config.listeners.size() == 4);
  CHECK(config.listeners[0].path == usual);
  CHECK(config.listeners[1].address == "127.0.0.1:50002");
  CHECK(config.listeners[2].address == "127.0.0.1:50000");
  CHECK(config.listeners[3].path == "/run/old");
}

TEST_CASE("A socket is a path or on loopback") {
  CHECK(Must({.socket = "unix:///run/x.sock"}).socket == "/run/x.sock");
  const auto* address = GENERATE("10.0.0.1:50002", "/run/x.sock", "unix://x.sock", "vsock://1:2");
  CHECK_THAT(Refusal({.socket = address}), Contains("unix:///path"));
}

TEST_CASE("A base of the wrong shape is refused") {
  const auto* text = GENERATE("kbs = 1", "kbs = []", "[init_data", "init_data = 7");
  Sources sources{.init_data_digest = "AAAA", .base = Document{.path = "base", .text = text}};
  CHECK_THAT(Refusal(sources), Contains("base"));
}

}  // namespace
}  // namespace attestd::compat
