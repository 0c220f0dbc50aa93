# SPDX-License-Identifier: Apache-2.0
"""A wrong configuration is refused with its file, line and key."""
import contextlib
import os
import subprocess
import unittest

from support.processes import binary
from support.site import work_folder

GOOD = """[tee]
backend = "tpm"
[tpm]
tcti = "swtpm:host=127.0.0.1,port=2321"
ak_handle = 0x81010002
[[kbs]]
name = "main"
url = "https://kbs.example:8443"
[[listener]]
path = "/run/attestd-test.sock"
mode = "0600"
"""

# What to replace in GOOD, by what, and words of the message besides the file's name.
WRONG = {
    "an unknown key": ('backend = "tpm"', 'bakend = "tpm"', [":2:", "bakend"]),
    "an unknown key of a backend": ("ak_handle", "ak_handel", [":5:", "ak_handel"]),
    "an unknown key of a broker": ('name = "main"', 'nam = "main"', [":7:", "nam"]),
    "an unknown table": ("[tpm]", "[tmp]", [":3:", "tmp"]),
    "a number for a text": ('backend = "tpm"', "backend = 7", [":2:", "backend"]),
    "a text for a number": ("0x81010002", '"0x81010002"', [":5:", "ak_handle"]),
    "a text for a truth value": ("[tpm]", 'allow_sample = "yes"\n[tpm]', [":3:", "allow_sample"]),
    "a table for a list of tables": ("[[kbs]]", "[kbs]", [":6:", "kbs"]),
    "a syntax error": ('name = "main"', 'name = "main', [":7:"]),
    "a key that is given twice": ('name = "main"', 'name = "a"\nname = "b"', [":8:"]),
    "an unknown backend": ('backend = "tpm"', 'backend = "tdx2"', [":2:", "backend", "tpm"]),
    "a TCTI of no known kind": ("swtpm:host", "mssim:host", ["tcti"]),
    "a handle that is not persistent": ("0x81010002", "0x80000002", ["ak_handle"]),
    "http without allow_http": ("https:", "http:", [":8:", "url", "allow_http"]),
    "a broker without a url": ('url = "https://kbs.example:8443"', "", ["url"]),
    "a url that is none": ("https://kbs.example:8443", "kbs.example", [":8:", "url"]),
    "a url with a user": ("kbs.example", "me:word@kbs.example", [":8:", "url"]),
    "sample without allow_sample": ('backend = "tpm"', 'backend = "sample"',
                                    [":2:", "backend", "allow_sample"]),
    "a mode that is not octal": ('"0600"', '"0699"', [":11:", "mode"]),
    "a mode beyond permissions": ('"0600"', '"4755"', [":11:", "mode"]),
    "a relative socket": ("/run/", "run/", [":10:", "path"]),
    "a socket path that is too long": ("/run/", "/" + "r" * 107, [":10:", "path"]),
    "no broker at all": (GOOD[GOOD.index("[[kbs]]"):GOOD.index("[[listener]]")], "", ["[[kbs]]"]),
    "two brokers of one name": ("[[listener]]", '[[kbs]]\nname = "main"\nurl = "https://b"\n'
                                                "[[listener]]", ["main", "twice"]),
}


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.folder = work_folder(self.enterContext(contextlib.ExitStack()))
        self.path = os.path.join(self.folder, "attestd.toml")

    def attestd(self, *argv, text=None):
        if text is not None:
            with open(self.path, "w", encoding="utf-8") as config:
                config.write(text)
        return subprocess.run([binary("attestd"), "--config", self.path] + list(argv),
                              capture_output=True, text=True, timeout=30, check=False)

    def test_a_good_configuration_passes_and_nothing_is_started(self):
        done = self.attestd("--check-config", text=GOOD)
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.path}: ok\n"), done.stderr)
        self.assertFalse(os.path.exists("/run/attestd-test.sock"))

    def test_a_wrong_configuration_is_named_by_file_line_and_key(self):
        for name, (old, new, words) in WRONG.items():
            with self.subTest(name):
                self.assertIn(old, GOOD)
                done = self.attestd("--check-config", text=GOOD.replace(old, new, 1))
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                for word in [self.path] + words:
                    self.assertIn(word, done.stderr)
                self.assertNotIn("me:word", done.stderr)

    def test_a_wrong_configuration_keeps_the_daemon_from_starting(self):
        done = self.attestd(text=GOOD.replace("backend", "bakend"))
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{self.path}:2:", done.stderr)

    def test_a_configuration_that_cannot_be_read_is_named(self):
        self.assertIn(self.path, self.refusal())  # absent
        os.mkdir(self.path)
        self.assertIn(self.path, self.refusal())
        os.rmdir(self.path)
        os.symlink("/dev/zero", self.path)
        self.assertIn(self.path, self.refusal())

    def refusal(self):
        done = self.attestd("--check-config")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        return done.stderr

    def test_a_ca_file_that_is_missing_or_none_keeps_the_daemon_from_starting(self):
        for ca_file in (f"{self.folder}/absent.pem", "/dev/null", self.path):
            with self.subTest(ca_file):
                socket = f"{self.folder}/attestd.sock"
                text = GOOD.replace('name = "main"', f'name = "main"\nca_file = "{ca_file}"')
                done = self.attestd(text=text.replace("/run/attestd-test.sock", socket))
                self.assertEqual(done.returncode, 1)
                self.assertIn(ca_file, done.stderr)
                self.assertFalse(os.path.exists(socket))

    def test_an_unknown_option_is_bad_usage(self):
        self.assertEqual(self.attestd("--chek-config").returncode, 2)
