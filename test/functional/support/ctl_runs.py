# SPDX-License-Identifier: Apache-2.0
"""attestctl as a process of its own, and what is in a folder afterwards."""
import json
import os
import subprocess

from support.processes import PATIENCE_SECONDS, binary

# The name of every temporary file of attestctl begins so.
TEMPORARY = ".attestctl-"


def command(agent, *argv):
    """The command line of attestctl on this daemon's socket."""
    return [binary("attestctl"), "--socket", f"unix://{agent.socket}"] + list(argv)


def entry(uri, path, **keys):
    """One [[secret]] of a manifest."""
    lines = [f'uri = "{uri}"', f'path = "{path}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(["[[secret]]"] + lines) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def tree(root):
    """Path below root -> content, None for a directory."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders:
            found[os.path.relpath(os.path.join(folder, name), root)] = None
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = file.read()
    return found


def in_new_mounts(script, *argv):
    """Runs a shell script where its mounts are nobody else's; needs root."""
    return subprocess.run(["unshare", "--mount", "sh", "-ec", script, "sh"] + list(argv),
                          capture_output=True, timeout=PATIENCE_SECONDS, check=False)
