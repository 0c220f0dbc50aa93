// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_TRANSLATE_H_
#define ATTESTD_COMPAT_TRANSLATE_H_

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "compat/agent_files.h"
#include "compat/environment.h"

namespace attestd::compat {

// The program of guest-components whose place is taken.
enum class Program { kAttestationAgent, kConfidentialDataHub };

// Everything that one of them would read, with the paths for messages.
struct Sources {
  Program program = Program::kAttestationAgent;
  std::string socket = {};  // of the command line; empty: the file's, or the usual one
  std::vector<std::string> old_sockets = {};  // of programs before 0.10, served besides
  std::optional<Document> config = {};        // -c
  std::optional<Document> init_data = {};     // what the VM was launched with
  std::string init_data_digest = {};          // Base64, where the text is not known
  Environment environment = {};
  std::string kernel_cmdline = {};
  // attestd's own settings, which guest-components has no keys for; in attestd's form. What stands
  // here wins over all the others.
  std::optional<Document> base = {};
  // Files of offline_fs_kbc that exist.
  std::vector<std::string> offline_files = {};
};

// A file that the configuration names, to be written before it is used. Nothing of it is secret.
struct FileToWrite {
  std::string path;
  std::string text;
};

struct Translation {
  std::string config;  // attestd's configuration, TOML
  std::string socket;  // the path that the program's callers know
  std::vector<FileToWrite> files;
  std::vector<std::string> notes;  // for the log: what has no effect, and which source won
};

// guest-components' order for the broker: the file of -c, AA_KBC_PARAMS, agent.aa_kbc_params of the
// kernel's command line, else offline_fs_kbc; before all of them stands `base`. InvalidArgument
// names the source, what was found and what to do.
absl::StatusOr<Translation> Translate(const Sources& sources);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_TRANSLATE_H_
