// SPDX-License-Identifier: Apache-2.0
#include "ctl/targets.h"

#include <optional>
#include <utility>

#include "base/file.h"
#include "ctl/accounts.h"
#include "ctl/manifest.h"

namespace attestd::ctl {
namespace {

constexpr size_t kMaxManifest = size_t{1} << 20;

// Whatever kept the file from being read, it is the command line's fault.
absl::StatusOr<std::string> ReadInput(const std::string& path, size_t limit,
                                      std::string_view option) {
  absl::StatusOr<std::string> text = base::ReadFile(path, limit);
  if (!text.ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            std::string(option) + ": " + std::string(text.status().message()));
  }
  return text;
}

absl::StatusOr<Target> TargetOf(const ManifestEntry& entry) {
  Target target{.file = {.path = entry.path,
                         .mode = entry.mode,
                         .owner = std::nullopt,
                         .make_parents = entry.mkdir},
                .uri = entry.uri,
                .optional = entry.optional,
                .pieces = {}};
  Owner owner;
  if (!entry.owner.empty()) {
    ASSIGN_OR_RETURN(owner.uid, FindUser(entry.owner));
  }
  if (!entry.group.empty()) {
    ASSIGN_OR_RETURN(owner.gid, FindGroup(entry.group));
  }
  if (!entry.owner.empty() || !entry.group.empty()) {
    target.file.owner = owner;
  }
  return target;
}

absl::StatusOr<std::vector<Target>> LoadManifest(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadInput(path, kMaxManifest, "--manifest"));
  const absl::StatusOr<std::vector<ManifestEntry>> entries = ParseManifest(text, path);
  RETURN_IF_ERROR(base::Annotate(entries.status(), "--manifest"));
  std::vector<Target> targets;
  for (const ManifestEntry& entry : *entries) {
    absl::StatusOr<Target> target = TargetOf(entry);
    RETURN_IF_ERROR(base::Annotate(target.status(), "--manifest: " + path + ": " + entry.path));
    targets.push_back(*std::move(target));
  }
  return targets;
}

}  // namespace

absl::StatusOr<std::vector<Target>> LoadTargets(const ResourceOptions& options) {
  if (!options.manifest.empty()) {
    return LoadManifest(options.manifest);
  }
  Target target{.file = *options.out, .uri = options.uri, .optional = false, .pieces = {}};
  if (!options.template_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadInput(options.template_file, kMaxTemplate, "--template"));
    absl::StatusOr<std::vector<TemplatePiece>> pieces = ParseTemplate(text, options.template_file);
    RETURN_IF_ERROR(base::Annotate(pieces.status(), "--template"));
    target.pieces = *std::move(pieces);
  }
  std::vector<Target> targets;
  targets.push_back(std::move(target));
  return targets;
}

WantedSecrets SecretsOf(const std::vector<Target>& targets) {
  WantedSecrets wanted;
  const auto add = [&wanted](const std::string& uri, bool optional) {
    const auto [entry, added] = wanted.emplace(uri, optional);
    entry->second = entry->second && optional;
  };
  for (const Target& target : targets) {
    if (!target.uri.empty()) {
      add(target.uri, target.optional);
    }
    for (const TemplatePiece& piece : target.pieces) {
      if (!piece.uri.empty()) {
        add(piece.uri, false);
      }
    }
  }
  return wanted;
}

absl::StatusOr<Contents> Contents::Make(const std::vector<Target>& targets,
                                        const FetchedSecrets& fetched) {
  Contents contents;
  for (const Target& target : targets) {
    if (target.uri.empty()) {
      absl::StatusOr<base::Secret> text =
          RenderTemplate(target.pieces, [&fetched](const std::string& uri) {
            return fetched.at(uri)->view();  // wanted, and not as one that may be absent
          });
      RETURN_IF_ERROR(base::Annotate(text.status(), "--template"));
      contents.files_.push_back({.spec = target.file, .bytes = text->view()});
      contents.rendered_.push_back(*std::move(text));
    } else if (const auto& secret = fetched.at(target.uri); secret.has_value()) {
      contents.files_.push_back({.spec = target.file, .bytes = secret->view()});
    }
  }
  return contents;
}

}  // namespace attestd::ctl
