# SPDX-License-Identifier: Apache-2.0
"""The command lines of examples/ and docs/init-containers.md do what they say.

They run as they are written, but for the places that belong to a machine: each absolute path that
they use lies below a temporary folder here, and attestctl asks this test's daemon.
"""
import configparser
import glob
import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import unittest

from support.ctl_runs import command, tree, write
from support.processes import PATIENCE_SECONDS, Process, binary, run, wait_until
from support.sample_site import SampleSiteTest

try:
    import yaml
except ImportError as error:
    raise unittest.SkipTest(f"python3-yaml is not installed: {error}")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = b'the db pass"word is 31-of-the-examples\n'
KEY = b"-----BEGIN KEY-----\n\x00"
CRYPTTAB_READER = "/lib/systemd/system-generators/systemd-cryptsetup-generator"
# Where the examples have their files.
PLACES = re.compile(r"(?<![\w./])/(manifest|template|secrets|etc/application|run/application|tmp/app)\b")


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


@unittest.skipUnless(os.geteuid() == 0, "the examples give files to other users")
class ExamplesTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.agent = self.site.agent()
        self.broker.put("default/db/password", PASSWORD)
        self.broker.put("default/tls/key", KEY)
        self.root = os.path.join(self.site.folder, "root")
        for folder in ("secrets", "run/application", "tmp/app"):
            os.makedirs(os.path.join(self.root, folder))

    def here(self, text):
        return PLACES.sub(lambda match: self.root + match[0], text)

    def path(self, name):
        return os.path.join(self.root, name)

    def argv(self, words):
        """An example's command line on this machine."""
        self.assertEqual(os.path.basename(words[0]), "attestctl")
        return command(self.agent, *[self.here(word) for word in words[1:]])

    def ctl(self, words):
        done = subprocess.run(self.argv(words), capture_output=True, timeout=PATIENCE_SECONDS,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_file(self, name, content, mode, group=None):
        with open(self.path(name), "rb") as file:
            self.assertEqual(file.read(), content)
        status = os.stat(self.path(name))
        self.assertEqual(stat.S_IMODE(status.st_mode), mode)
        if group is not None:
            self.assertEqual(status.st_gid, group)

    def pod(self, name):
        """The pod of an example, with the files of its ConfigMaps in place."""
        documents = list(yaml.safe_load_all(read("examples/kubernetes", name)))
        maps = {one["metadata"]["name"]: one["data"] for one in documents
                if one["kind"] == "ConfigMap"}
        pod, = [one for one in documents if one["kind"] == "Pod"]
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        init, = pod["spec"]["initContainers"]
        mounts = {mount["name"]: mount["mountPath"] for mount in init["volumeMounts"]}
        self.assertLessEqual(set(mounts), set(volumes))
        self.assertEqual(mounts["agent"], "/run/attestd")
        for volume, path in mounts.items():
            for file, text in maps.get(volumes[volume].get("configMap", {}).get("name"), {}).items():
                write(self.here(f"{path}/{file}"), self.here(text))
        return pod, init

    def test_the_init_container_writes_its_files(self):
        _, init = self.pod("init-container.yaml")
        self.ctl(init["command"])
        self.assertEqual(sorted(tree(self.path("secrets"))),
                         ["db", "db/password", "tls", "tls/key.pem"])
        self.assert_file("secrets/db/password", PASSWORD, 0o440, 1000)
        self.assert_file("secrets/tls/key.pem", KEY, 0o440, 1000)

    def test_the_sidecar_passes_its_probe_and_signals_the_application(self):
        pod, init = self.pod("sidecar.yaml")
        self.assertEqual(init["restartPolicy"], "Always")
        self.assertTrue(pod["spec"]["shareProcessNamespace"])
        probe = [self.here(word) for word in init["startupProbe"]["exec"]["command"]]
        self.assertNotEqual(subprocess.run(probe, check=False).returncode, 0)
        words = init["command"]
        words[words.index("5m")] = "200ms"  # nobody waits five minutes here
        sidecar = Process(self.argv(words), os.path.join(self.site.folder, "sidecar.log"))
        self.addCleanup(sidecar.kill)
        wait_until(lambda: subprocess.run(probe, check=False).returncode == 0, "the probe passes")
        with open(self.path("secrets/application.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["database"]["password"], PASSWORD.decode().rstrip())
        with subprocess.Popen(["sleep", "1000"]) as application:
            self.addCleanup(application.kill)
            write(self.path("secrets/application.pid"), str(application.pid))
            self.broker.put("default/db/password", b"rotated")
            self.assertEqual(application.wait(PATIENCE_SECONDS), -signal.SIGHUP)
        self.assert_file("secrets/application.json", b'{"database": {"user": "app",\n'
                         b'              "password": "rotated"}}\n', 0o440, 1000)
        self.assertEqual(sidecar.stop(), 0)

    @staticmethod
    def unit(name):
        parser = configparser.ConfigParser(interpolation=None, strict=True)
        parser.optionxform = str
        parser.read_string(read("examples/systemd", name))
        return parser["Service"]

    def test_the_units_command_lines_work(self):
        write(self.path("etc/application/secrets.toml"),
              self.here(read("examples/systemd/secrets.toml")))
        self.ctl(shlex.split(self.unit("application-secrets.service")["ExecStart"]))
        self.assert_file("run/application/db-password", PASSWORD, 0o440, 65534)
        self.assert_file("run/application/tls/key.pem", KEY, 0o400)
        shutil.rmtree(self.path("run/application/tls"))
        self.broker.put("default/db/password", b"next")
        start = self.unit("application.service")["ExecStartPre"]
        self.assertEqual(start[0], "+")
        self.ctl(shlex.split(start[1:]))
        self.assert_file("run/application/db-password", b"next", 0o400)

    def test_the_unit_with_a_variable_becomes_its_command(self):
        self.broker.put("default/db/password", b"as a variable")
        words = shlex.split(self.unit("application-env.service")["ExecStart"])
        process = Process(self.argv(words), os.path.join(self.site.folder, "env.log"))
        self.addCleanup(process.kill)
        def environment():
            with open(f"/proc/{process.pid}/environ", "rb") as file:
                return file.read().split(b"\0")
        wait_until(lambda: b"DB_PASSWORD=as a variable" in environment(), "it has its variable")
        with open(f"/proc/{process.pid}/comm", encoding="ascii") as file:
            self.assertEqual(file.read(), "sleep\n")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
    def test_the_units_are_what_systemd_reads(self):
        folder = os.path.join(self.site.folder, "units")
        units = glob.glob(os.path.join(ROOT, "examples/systemd/*.service"))
        units += glob.glob(os.path.join(ROOT, "examples/systemd/*.socket"))
        self.assertEqual(len(units), 7)
        for unit in units:
            name = os.path.basename(unit)
            write(os.path.join(folder, name), read("examples/systemd", name).replace(
                "/usr/bin/attestctl", binary("attestctl")).replace(
                    "/usr/libexec/attestd/attestd-mount", binary("attestd-mount")))
        write(os.path.join(folder, "attestd.service"), re.sub(
            "@[A-Z_]+@", "/usr", read("systemd/attestd.service.in").replace(
                "@CMAKE_INSTALL_FULL_BINDIR@/attestd", binary("attestd"))))
        for name in ("secure-mount.conf", "attestd-user.conf"):
            write(os.path.join(folder, "attestd.service.d", name), read("examples/systemd", name))
        for name in [os.path.basename(unit) for unit in units] + ["attestd.service"]:
            path = os.path.join(folder, name.replace("@.", "@1."))
            done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True,
                                  timeout=PATIENCE_SECONDS, check=False)
            self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        # The control: what systemd does not know is found.
        path = write(os.path.join(folder, "bad.service"), "[Service]\nExecStart=/nonexistent/x\n")
        self.assertNotEqual(subprocess.run(["systemd-analyze", "verify", path], check=False,
                                           capture_output=True).returncode, 0)

    @unittest.skipUnless(os.path.exists(CRYPTTAB_READER), f"there is no {CRYPTTAB_READER}")
    def test_the_line_of_crypttab_is_what_systemd_reads(self):
        folder = os.path.join(self.site.folder, "generated")
        os.mkdir(folder)
        run([CRYPTTAB_READER, folder, folder, folder], env={
            **os.environ, "SYSTEMD_CRYPTTAB": os.path.join(ROOT, "examples/systemd/crypttab"),
            "SYSTEMD_PROC_CMDLINE": ""})
        unit = os.path.join(folder, "systemd-cryptsetup@data.service")
        with open(unit, encoding="utf-8") as file:
            self.assertIn("attach 'data' '/dev/disk/by-partlabel/data' "
                          "'/run/attestd/credentials.sock' 'luks,headless,_netdev'", file.read())
        write(f"{unit}.d/attestd.conf", read("examples/systemd/cryptsetup-attestd.conf"))
        run(["systemd-analyze", "verify", "--man=no", unit])

    def test_the_commands_of_the_documentation_work(self):
        blocks = re.findall(r"^```sh\n(.*?)^```$", read("docs/init-containers.md"),
                            re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 3)
        tools = os.path.join(self.site.folder, "tools")
        write(os.path.join(tools, "attestctl"),
              "#!/bin/sh\nexec " + shlex.join(command(self.agent)) + ' "$@"\n')
        os.chmod(os.path.join(tools, "attestctl"), 0o755)
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        for block in blocks:
            self.assertIn("attestctl", block)
            run(["sh", "-exc", self.here(block)], env=environment)
        self.assert_file("tmp/app/run/db-password", PASSWORD, 0o440, 1000)
        self.assertEqual(os.stat(self.path("tmp/app/run/db-password")).st_uid, 65534)
        with open(self.path("tmp/app/config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.assertEqual((config["password"], config["shown as it is"]),
                         (PASSWORD.decode().rstrip(), "{{ x }}"))
        with self.assertRaises(RuntimeError):  # the control: a command that fails is seen
            run(["sh", "-exc", self.here(blocks[0]).replace("tls/extra-ca", "a")], env=environment)
