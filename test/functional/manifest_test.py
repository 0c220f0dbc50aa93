# SPDX-License-Identifier: Apache-2.0
"""attestctl get-resource --manifest and --template: everything or nothing."""
import json
import os
import random
import shutil
import stat
import subprocess
import time
import unittest

from support.ctl_runs import TEMPORARY, command, entry, in_new_mounts, tree, write
from support.processes import PATIENCE_SECONDS, wait_until
from support.sample_site import SECRET, URI, SampleSiteTest

PASSWORD = b'pa"ss\\word\n'
KEY = b"\x00\xffkey\n"
FILES = 24


class FilesTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.agent = self.site.agent()
        self.broker.put("app/db/password", PASSWORD)
        self.broker.put("app/tls/key", KEY)
        self.broker.put("private/key/main", SECRET)
        self.out = os.path.join(self.site.folder, "out")
        os.mkdir(self.out)

    def path(self, name):
        return os.path.join(self.out, name)

    def manifest(self, *entries, name="manifest.toml"):
        return write(os.path.join(self.site.folder, name), "".join(entries))

    def run_manifest(self, *entries):
        return self.agent.ctl("get-resource", "--manifest", self.manifest(*entries))


class ManifestTest(FilesTest):
    def test_every_file_has_its_bytes_and_mode_and_optional_ones_may_be_absent(self):
        got = self.run_manifest(
            entry(URI, self.path("main")),
            entry("kbs:///app/db/password", self.path("new/db/password"), mode="0640", mkdir=True),
            entry("kbs:///app/tls/key", self.path("new/key"), mode="0000", mkdir=True),
            entry("kbs:///app/tls/absent", self.path("absent"), optional=True),
            entry(URI, self.path("again"), mode="0777"))
        self.assertEqual((got.exit, got.out, got.err), (0, b"", ""))
        self.assertEqual(tree(self.out), {
            "main": SECRET, "again": SECRET, "new": None, "new/db": None,
            "new/db/password": PASSWORD, "new/key": KEY})
        for name, mode in (("main", 0o400), ("again", 0o777), ("new/key", 0),
                           ("new/db/password", 0o640)):
            self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), mode, name)

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_owners_and_groups_are_names_or_numbers(self):
        got = self.run_manifest(entry(URI, self.path("names"), owner="nobody", group="nogroup"),
                                entry(URI, self.path("numbers"), owner=1234, group="5678"),
                                entry(URI, self.path("group"), group=77))
        self.assertEqual((got.exit, got.err), (0, ""))
        owners = {name: (os.stat(self.path(name)).st_uid, os.stat(self.path(name)).st_gid)
                  for name in ("names", "numbers", "group")}
        self.assertEqual(owners, {"names": (65534, 65534), "numbers": (1234, 5678),
                                  "group": (0, 77)})

    def test_nothing_is_changed_when_one_entry_fails(self):
        write(self.path("old"), "before")
        os.mkdir(self.path("directory"))
        before = tree(self.out)
        for bad, code, says in (
                (entry("kbs:///app/tls/absent", self.path("x")), 4, "kbs:///app/tls/absent"),
                (entry("kbs:///private/key/main", self.path("x")), 3, "kbs:///private/key/main"),
                (entry("kbs:///app", self.path("x")), 2, "kbs:///app"),
                (entry(URI, self.path("missing/x")), 1, "missing"),
                (entry(URI, self.path("old/x"), mkdir=True), 1, "old"),
                (entry(URI, self.path("directory")), 1, "directory"),
                (entry(URI, self.path("x"), owner="nobody-at-all"), 2, "nobody-at-all"),
                (entry(URI, self.path("x"), mode="9"), 2, "mode"),
                (entry(URI, self.path("old")), 2, "another entry")):
            good = [entry(URI, self.path("old")), entry(URI, self.path("made/new"), mkdir=True)]
            for entries in (good + [bad], [bad] + good):
                with self.subTest(bad):
                    got = self.run_manifest(*entries)
                    self.assertEqual(got.exit, code, got.err)
                    self.assertIn(says, got.err)
                    self.assertEqual(tree(self.out), before)
        # The control: without a bad entry both change.
        self.assertEqual(self.run_manifest(*good).exit, 0)
        self.assertEqual(tree(self.out)["old"], SECRET)
        self.assertEqual(tree(self.out)["made/new"], SECRET)

    def test_a_directory_that_may_not_be_written_to_fails_all(self):
        os.mkdir(self.path("closed"), 0o500)
        self.addCleanup(os.chmod, self.path("closed"), 0o700)
        ctl = command(self.agent, "get-resource", "--manifest", self.manifest(
            entry(URI, self.path("new")), entry(URI, self.path("closed/x"))))
        if os.geteuid() == 0:  # who writes everywhere, but for this
            ctl = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-all"] + ctl
        done = subprocess.run(ctl, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"closed", done.stderr)
        self.assertEqual(tree(self.out), {"closed": None})

    @unittest.skipUnless(os.geteuid() == 0, "only root mounts")
    def test_a_full_or_read_only_disk_fails_all(self):
        self.broker.put("app/large/one", os.urandom(200 << 10))
        disk = self.path("disk")
        os.mkdir(disk)
        write(self.path("old"), "before")
        manifest = self.manifest(entry(URI, self.path("old")), entry(URI, self.path("new")),
                                 entry("kbs:///app/large/one", os.path.join(disk, "large")))
        ctl = command(self.agent, "get-resource", "--manifest", manifest)
        before = tree(self.out)
        for options, says in (("size=100k", "No space left"), ("ro", "Read-only")):
            done = in_new_mounts('disk=$1 options=$2; shift 2; mount -t tmpfs -o "$options" none '
                                 '"$disk"; code=0; "$@" || code=$?; ls -A "$disk"; exit $code',
                                 disk, options, *ctl)
            self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
            self.assertIn(says, done.stderr.decode())
            self.assertEqual(tree(self.out), before)
        done = in_new_mounts('disk=$1; shift; mount -t tmpfs -o size=1m none "$disk"; "$@"; '
                             'ls -A "$disk"', disk, *ctl)
        self.assertEqual((done.returncode, done.stdout), (0, b"large\n"), done.stderr)

    def test_retry_waits_for_the_broker_and_gives_up_with_its_code(self):
        self.broker.stop()
        manifest = self.manifest(entry(URI, self.path("main")))
        once = self.agent.ctl("get-resource", "--manifest", manifest, "--retry", "600ms")
        self.assertEqual(once.exit, 5, once.err)
        self.assertIn("--retry", once.err)
        self.assertEqual(tree(self.out), {})
        with subprocess.Popen(command(self.agent, "get-resource", "--manifest", manifest,
                                      "--retry", "25s")) as waiting:
            self.addCleanup(waiting.kill)
            time.sleep(0.3)  # so that it has failed at least once
            self.broker.start()
            self.assertEqual(waiting.wait(PATIENCE_SECONDS), 0)
        self.assertEqual(tree(self.out), {"main": SECRET})

    def test_retry_does_not_try_again_what_stays_wrong(self):
        started = time.monotonic()
        self.assertEqual(self.agent.get("app/tls/absent", "--retry", "60s").exit, 4)
        self.assertEqual(self.agent.get("private/key/main", "--retry", "60s").exit, 3)
        self.assertLess(time.monotonic() - started, PATIENCE_SECONDS)


class KillTest(FilesTest):
    """Ended at any moment: each file is the old or the new one, whole, and nothing else is there."""

    def setUp(self):
        super().setUp()
        self.versions = [os.urandom(100 << 10), os.urandom(100 << 10)]
        self.kept = self.manifest(*[entry("kbs:///app/large/one", self.path(f"d{i % 3}/f{i}"),
                                          mkdir=True) for i in range(FILES)])
        self.command = command(self.agent, "get-resource", "--manifest", self.kept)
        started = time.monotonic()
        self.write_version(0)
        self.seconds = time.monotonic() - started

    def write_version(self, number):
        self.broker.put("app/large/one", self.versions[number])
        subprocess.run(self.command, check=True, timeout=PATIENCE_SECONDS)
        self.assert_only(self.versions[number])

    def contents(self):
        return {path: content for path, content in tree(self.out).items() if content is not None}

    def assert_only(self, version):
        self.assertEqual(set(self.contents().values()), {version})
        self.assertEqual(len(self.contents()), FILES)

    def interrupt(self, signal_name):
        """One run, ended at a random moment; its exit status."""
        with subprocess.Popen(self.command, stderr=subprocess.DEVNULL) as run:
            time.sleep(random.uniform(0, self.seconds * 1.2))
            getattr(run, signal_name)()
            return run.wait(PATIENCE_SECONDS)

    def test_sigterm_leaves_all_old_or_all_new(self):
        codes = []
        for round_number in range(25):
            self.broker.put("app/large/one", self.versions[(round_number + 1) % 2])
            codes.append(self.interrupt("terminate"))
            self.assertEqual(len(self.contents()), FILES)
            self.assertEqual(len(set(self.contents().values())), 1, "old and new together")
            self.assertEqual([name for name in self.contents() if TEMPORARY in name], [])
        self.assertLessEqual(set(codes), {0, 143, -15, 1})
        self.assertTrue(set(codes) & {143, -15}, codes)

    def test_sigterm_before_the_first_file_leaves_not_even_a_directory(self):
        shutil.rmtree(self.out)
        os.mkdir(self.out)
        for _ in range(15):
            if self.interrupt("terminate") == 0:
                shutil.rmtree(self.out)
                os.mkdir(self.out)
            self.assertIn(len(self.contents()), (0, FILES))
            if not self.contents():
                self.assertEqual(tree(self.out), {})
            else:
                shutil.rmtree(self.out)
                os.mkdir(self.out)

    def test_sigkill_leaves_whole_files_and_the_next_run_puts_all_right(self):
        killed = 0
        for round_number in range(25):
            version = round_number % 2
            old = self.versions[1 - version]
            self.broker.put("app/large/one", self.versions[version])
            killed += self.interrupt("kill") != 0
            for name, content in self.contents().items():
                self.assertIn(content, (old, self.versions[version]), name + " is not whole")
            self.write_version(version)
        self.assertGreater(killed, 0)

    def test_a_run_stopped_while_the_broker_is_silent_ends_at_once_with_143(self):
        self.broker.faults("resource always stall-headers")
        before = tree(self.out)
        with subprocess.Popen(self.command, stderr=subprocess.DEVNULL) as run:
            self.addCleanup(run.kill)
            wait_until(lambda: self.broker.met("resource always stall-headers"), "it asks")
            started = time.monotonic()
            run.terminate()
            self.assertEqual(run.wait(PATIENCE_SECONDS), 143)
            self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(tree(self.out), before)


class TemplateTest(FilesTest):
    def render(self, text, *argv):
        template = write(os.path.join(self.site.folder, "template"), text)
        return self.agent.ctl("get-resource", "--template", template, "--out", self.path("result"),
                              *argv)

    def test_secrets_are_put_into_the_text(self):
        got = self.render('{"raw": {{ kbs:///app/db/password | json }}, "b": "'
                          '{{ kbs:///app/tls/key | base64 }}", "braces": "{{ "{{" }}",\n'
                          ' "p": {{kbs:///app/db/password|trim|json}}}\n', "--mode", "0440")
        self.assertEqual((got.exit, got.err), (0, ""))
        with open(self.path("result"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), {
                "raw": PASSWORD.decode(), "b": "AP9rZXkK", "braces": "{{",
                "p": PASSWORD.decode().rstrip("\n")})
        self.assertEqual(stat.S_IMODE(os.stat(self.path("result")).st_mode), 0o440)

    def test_a_failure_names_its_place_and_changes_nothing(self):
        write(self.path("result"), "before")
        for text, code, says in (
                ("a\n {{ nonsense }}", 2, "template:2:5: expected"),
                ("{{ kbs:///app/db/password | upper }}", 2, "template:1:29: expected"),
                ("{{ kbs:///app/db/password", 2, "template:1:26: expected"),
                ("\n{{ kbs:///app/tls/key | json }}", 2, "line 2"),
                ("{{ kbs:///app/tls/absent }}", 4, "get-resource"),
                ("x" * ((1 << 20) + 1), 2, "larger")):
            with self.subTest(text[:60]):
                got = self.render(text)
                self.assertEqual(got.exit, code, got.err)
                self.assertIn(says, got.err)
                self.assertEqual(got.err.count("\n"), 1)
                self.assertEqual(tree(self.out), {"result": b"before"})
