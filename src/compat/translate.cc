// SPDX-License-Identifier: Apache-2.0
#include "compat/translate.h"

#include <utility>

#include "compat/broker_choice.h"
#include "compat/coco_as.h"
#include "compat/environment.h"
#include "compat/place.h"
#include "compat/program_config.h"

namespace attestd::compat {
namespace {

// guest-components' places.
constexpr std::string_view kAaSocket =
    "unix:///run/confidential-containers/attestation-agent/attestation-agent.sock";
constexpr std::string_view kCdhSocket = "unix:///run/confidential-containers/cdh.sock";

absl::Status Bad(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

// The table below a key, made when it is absent.
absl::StatusOr<toml::table*> TableOf(toml::table& root, std::string_view key,
                                     const std::string& source) {
  root.insert(key, toml::table());
  toml::table* table = root.get_as<toml::table>(key);
  return table != nullptr ? absl::StatusOr<toml::table*>(table)
                          : Bad(source + ": [" + std::string(key) + "] is no table");
}

// Puts pieces of guest-components' configuration below what `base` has said.
class Translator {
 public:
  explicit Translator(const Sources& sources) : sources_(sources) {}

  absl::StatusOr<Translation> Run() {
    if (sources_.base.has_value()) {
      ASSIGN_OR_RETURN(root_, base::ParseToml(sources_.base->text, sources_.base->path));
    }
    cmdline_ = ParseKernelCmdline(sources_.kernel_cmdline);
    ASSIGN_OR_RETURN(config_, ReadProgramConfig(sources_));
    out_.notes = std::move(config_.notes);
    RETURN_IF_ERROR(PutListener());
    RETURN_IF_ERROR(PutBroker());
    RETURN_IF_ERROR(PutInitData());
    if (sources_.program == Program::kAttestationAgent) {
      RETURN_IF_ERROR(PutMeasurement());
      RETURN_IF_ERROR(PutCocoAs(config_, root_, out_.notes));
      root_.erase("credential");
    } else {
      root_.erase("measurement");  // one process writes the log
      RETURN_IF_ERROR(PutUnseal());
      RETURN_IF_ERROR(PutCredentials());
    }
    RETURN_IF_ERROR(PutTpm());
    NoteForeign();
    out_.config = base::FormatToml(root_);
    return std::move(out_);
  }

 private:
  bool is_agent() const { return sources_.program == Program::kAttestationAgent; }
  std::string base_path() const { return sources_.base ? sources_.base->path : ""; }

  std::string Variable(const std::string& name) const {
    return ValueOf(sources_.environment, name);
  }

  absl::Status PutListener() {
    std::vector<std::string> addresses = sources_.old_sockets;
    const std::string& address = sources_.socket.empty() ? config_.socket : sources_.socket;
    if (!address.empty()) {
      addresses.insert(addresses.begin(), address);
    }
    if (address.empty() || !IsUnixAddress(address)) {
      // Beside an address of TCP the usual socket is served too.
      addresses.emplace(addresses.begin(), is_agent() ? kAaSocket : kCdhSocket);
    }
    toml::array listeners;
    for (const std::string& one : addresses) {
      ASSIGN_OR_RETURN(const Place place, ParsePlace(one));
      listeners.push_back(ListenerAt(place));
    }
    out_.socket = listeners.front().at_path("path").value_or(std::string());
    root_.insert_or_assign("listener", std::move(listeners));
    return absl::OkStatus();
  }

  // What base says of the place; it may be written for both programs.
  toml::table ListenerAt(const Place& place) const {
    if (const toml::array* all = root_.get_as<toml::array>("listener"); all != nullptr) {
      for (const toml::node& entry : *all) {
        const toml::table* table = entry.as_table();
        if (table != nullptr && table->at_path(place.key).value_or(std::string()) == place.value) {
          toml::table ours = *table;
          ours.insert("allow_silent", true);
          return ours;
        }
      }
    }
    return ListenerTable(place);
  }

  absl::Status PutBroker() {
    ASSIGN_OR_RETURN(const BrokerChoice choice,
                     ChooseBroker(sources_, cmdline_, config_, out_.notes));
    root_.insert("kbs", toml::array(toml::table()));
    toml::array* all = root_.get_as<toml::array>("kbs");
    toml::table* kbs = all == nullptr || all->empty() ? nullptr : all->get_as<toml::table>(0);
    if (kbs == nullptr) {
      return Bad(base_path() + ": kbs: expected an array of tables: [[kbs]]");
    }
    if (kbs->contains("url") || kbs->contains("kind")) {
      const std::string url = kbs->at_path("url").value_or(std::string());
      if (choice.params.has_value() && choice.params->url != url) {
        out_.notes.push_back(choice.source + ": names another broker than " + base_path() +
                             ", which counts");
      }
      return absl::OkStatus();
    }
    if (!choice.params.has_value() || choice.params->offline) {
      return PutOffline(*kbs, choice.params.has_value());
    }
    return PutKbs(*kbs, choice);
  }

  absl::Status PutKbs(toml::table& kbs, const BrokerChoice& choice) {
    const std::string& url = choice.params->url;
    if (url.starts_with("http://") && !kbs.at_path("allow_http").value_or(false)) {
      return Bad(choice.source +
                 ": the broker's url is http, and anyone on the path could forge "
                 "secrets; use https, or for development write allow_http = true in [[kbs]] of "
                 "/etc/attestd/dropin.toml");
    }
    kbs.insert("url", url);
    const std::string ca = config_.ca.empty() ? Variable("KBS_CERT") : config_.ca;
    if (!ca.empty() && kbs.contains("ca_file")) {
      out_.notes.push_back("the broker's certificate: ca_file of " + base_path() + " counts");
    } else if (!ca.empty()) {
      out_.files.push_back({.path = out_.socket + ".kbs-ca.pem", .text = ca});
      kbs.insert("ca_file", out_.files.back().path);
    }
    if (!config_.tee_key.empty()) {
      kbs.insert("tee_key", config_.tee_key);
    }
    return absl::OkStatus();
  }

  // guest-components starts without a broker too: whoever launches it needs the sockets only.
  absl::Status PutOffline(toml::table& kbs, bool named) {
    toml::array files;
    for (const std::string& path : sources_.offline_files) {
      files.push_back(path);
    }
    if (files.empty()) {
      out_.files.push_back({.path = out_.socket + ".no-secrets.json", .text = "{}\n"});
      files.push_back(out_.files.back().path);
      out_.notes.push_back(
          std::string(named ? "offline_fs_kbc: none of its files is there"
                            : "no broker is named: neither in the file of -c, nor in "
                              "AA_KBC_PARAMS, nor in agent.aa_kbc_params") +
          "; every request for a secret will be refused");
    }
    for (const auto& [key, node] : kbs) {
      if (key != "name" && key != "priority") {
        out_.notes.push_back(base_path() + ": [[kbs]] " + std::string(key.str()) +
                             ": has no effect, there is no broker to ask");
      }
    }
    kbs.clear();
    kbs.insert("kind", "offline_fs");
    kbs.insert("files", std::move(files));
    return absl::OkStatus();
  }

  absl::Status PutInitData() {
    if (!sources_.init_data.has_value() && sources_.init_data_digest.empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(toml::table* const table, TableOf(root_, "init_data", base_path()));
    if (table->contains("file") || table->contains("digest")) {
      out_.notes.push_back("init data: [init_data] of " + base_path() + " counts");
    } else if (sources_.init_data.has_value()) {
      table->insert("file", sources_.init_data->path);
    } else {
      table->insert("digest", sources_.init_data_digest);
    }
    table->insert("required", true);
    return absl::OkStatus();
  }

  absl::Status PutMeasurement() {
    const std::string log = Variable("AAEL_PATH");
    if (!config_.event_log.has_value() && !config_.pcr.has_value() && log.empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(toml::table* const table, TableOf(root_, "measurement", base_path()));
    if (config_.event_log.has_value()) {
      table->insert("enabled", *config_.event_log);
    }
    if (config_.pcr.has_value()) {
      table->insert("default_pcr", *config_.pcr);
    }
    if (!log.empty()) {
      table->insert("event_log", log);
    }
    return absl::OkStatus();
  }

  // A word of attestd's own file wins.
  absl::Status PutUnseal() {
    if (!config_.skip_signatures.value_or(false)) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(toml::table* const table, TableOf(root_, "unseal", base_path()));
    table->insert("signature", "skip");
    return absl::OkStatus();
  }

  absl::Status PutCredentials() {
    // As there: the kernel's command line is heard when there is no file.
    std::vector<Credential> credentials = config_.credentials;
    if (cmdline_.kbs_resources.has_value() && !config_.source.empty()) {
      out_.notes.push_back("cdh.kbs_resources of the kernel's command line: has no effect, " +
                           config_.source + " counts");
    } else if (cmdline_.kbs_resources.has_value()) {
      const auto parsed = ParseKbsResources(*cmdline_.kbs_resources);
      if (!parsed.ok()) {
        return base::Annotate(parsed.status(), "cdh.kbs_resources of the kernel's command line");
      }
      credentials.insert(credentials.end(), parsed->begin(), parsed->end());
    }
    root_.insert("credential", toml::array());
    toml::array* all = root_.get_as<toml::array>("credential");
    if (all == nullptr) {
      return Bad(base_path() + ": credential: expected an array of tables: [[credential]]");
    }
    for (const Credential& credential : credentials) {
      all->push_back(toml::table{{"uri", credential.uri}, {"path", credential.path}});
    }
    if (all->empty()) {
      root_.erase("credential");
    }
    return absl::OkStatus();
  }

  absl::Status PutTpm() {
    if (Variable("AA_TPM_DEVICE").empty() && Variable("AA_TPM_AK_HANDLE").empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(toml::table* const table, TableOf(root_, "tpm", base_path()));
    return PutTpmVariables(sources_.environment, *table);
  }

  void NoteForeign() {
    NoteForeignVariables(sources_.environment, out_.notes);
    for (const std::string& key : cmdline_.not_ours) {
      out_.notes.push_back(key +
                           " of the kernel's command line: has no effect; attestd pulls no images");
    }
  }

  const Sources& sources_;
  toml::table root_;
  KernelCmdline cmdline_;
  UpstreamConfig config_;
  Translation out_;
};

}  // namespace

absl::StatusOr<Translation> Translate(const Sources& sources) { return Translator(sources).Run(); }

}  // namespace attestd::compat
