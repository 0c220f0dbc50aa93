# SPDX-License-Identifier: Apache-2.0
"""Cases 37, 38 and 91: what stands in the way of a start, and configuration of no use."""
import contextlib
import hashlib
import os
import socket
import stat
import threading

from conformance.lab import ConformanceCase
from support.agent import EVERYTHING, SAMPLE_TABLES, Agent
from support.fake_tee import FakeTee
from support.processes import free_ports, wait_until
from support.rpc import NOT_SERVING, SERVING
from support.sample_site import SECRET, SampleSite
from support.site import work_folder
from support.tee_site import TeeSite
from support.upstream import AGENT, UpstreamProgram

NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'
CONFIG = SAMPLE_TABLES + NO_BROKER
INIT_DATA = 'version = "0.1.0"\nalgorithm = "sha384"\n[data]\n"aa.toml" = "x"\n'
MIB = 1 << 20
NOBODY = 65534


class StartCase(ConformanceCase):
    door = "start"

    def setUp(self):
        super().setUp()
        self.folder = work_folder(self.stack)

    def make_agent(self, tables=CONFIG, **options):
        agent = Agent(self.folder, tables, **options)
        self.stack.callback(agent.kill)
        return agent

    def refuses(self, name, agent, *words, prepare=None, happened=lambda: True):
        """A variant: attestd ends with 1 (78 for its configuration), names each of the words, and has
        made no socket.
        """
        with self.trying(name, "refused to start"):
            if prepare is not None:
                prepare()
            before = len(agent.log()) if agent.process is not None else 0
            agent.launch()
            self.stack.callback(agent.process.kill)
            wait_until(lambda: not agent.process.running(), f"attestd ends: {agent.log()}")
            self.assertEqual(agent.process.wait(), 78 if name.startswith("configuration") else 1,
                             agent.log())
            for word in words:
                self.assertIn(word, agent.log()[before:])
            self.assertTrue(happened(), "it was not left alone")


class SocketTest(StartCase):
    def test_case_37_things_at_the_sockets_path(self):
        """a file, folder, link, FIFO or socket of another: no start, and it is left alone"""
        agent = self.make_agent()
        path, target = agent.socket, os.path.join(self.folder, "target")

        def clear():
            with contextlib.suppress(FileNotFoundError):
                mode = os.lstat(path).st_mode
                (os.rmdir if stat.S_ISDIR(mode) else os.remove)(path)

        def write(content, where=path):
            with open(where, "w", encoding="ascii") as file:
                file.write(content)

        def bind():
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(path)
            os.chown(path, NOBODY, -1)

        things = {
            "a file": (lambda: write("precious"), lambda: open(path, encoding="ascii").read() ==
                       "precious"),
            "an empty file": (lambda: write(""), lambda: os.path.getsize(path) == 0),
            "a folder": (lambda: os.mkdir(path), lambda: os.path.isdir(path)),
            "a link to a file": (lambda: (write("x", target), os.symlink(target, path)),
                                 lambda: os.path.islink(path) and os.path.exists(target)),
            "a link to nothing": (lambda: os.symlink(target + "2", path),
                                  lambda: os.path.islink(path) and not os.path.exists(f"{target}2")),
            "a FIFO": (lambda: os.mkfifo(path), lambda: stat.S_ISFIFO(os.lstat(path).st_mode)),
            "a dead socket of another user": (bind, lambda: os.lstat(path).st_uid == NOBODY),
        }
        for name, (make, is_left) in things.items():
            clear()
            self.refuses(name, agent, path, "left alone", prepare=make, happened=is_left)
        clear()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen()
            self.refuses("a live socket", agent, "another process listens")
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(path)
        clear()
        self.the_lock(agent, path + ".lock", target)
        with self.trying("a socket left by a kill", "OK"):
            agent.start()
            agent.kill()
            self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
            agent.start()
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def the_lock(self, agent, lock, target):
        os.remove(lock)
        os.symlink(target + "3", lock)
        self.refuses("a link at the lock's path", agent, lock,
                     happened=lambda: os.path.islink(lock) and not os.path.exists(target + "3"))
        os.remove(lock)
        os.mkdir(lock)
        self.refuses("a folder at the lock's path", agent, lock,
                     happened=lambda: os.path.isdir(lock))
        os.rmdir(lock)

    def test_case_38_a_second_instance(self):
        """the second one ends, the first keeps the socket; of many at once one serves"""
        first = self.make_agent()
        first.start()
        self.refuses("a second instance", self.make_agent(), "another process listens",
                     happened=lambda: first.health() == SERVING)
        port = free_ports()
        table = f'[[listener]]\naddress = "127.0.0.1:{port}"\n{EVERYTHING}'
        holder = self.make_agent(CONFIG + table, name="holder")
        holder.start()
        self.refuses("a second instance at a port", self.make_agent(CONFIG + table, name="other"),
                     f"127.0.0.1:{port}", happened=lambda: holder.health() == SERVING)
        self.assertEqual(first.process.stop(), 0)
        with self.trying("eight at once", "refused to start"):
            crowd = [self.make_agent() for _ in range(8)]
            threads = [threading.Thread(target=one.launch) for one in crowd]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wait_until(lambda: sum(one.process.running() for one in crowd) <= 1, "the others end")
            self.assertEqual(sum(one.process.running() for one in crowd), 1)
            wait_until(lambda: crowd[0].health() == SERVING, "the one serves")


def special_files(path):
    """What is no regular file, by name: makes it at the path."""
    return {"a folder": lambda: os.mkdir(path), "a FIFO": lambda: os.mkfifo(path),
            "/dev/zero": lambda: os.symlink("/dev/zero", path),
            "a link to itself": lambda: os.symlink(path, path)}


class ConfigTest(StartCase):
    def write(self, path, text, mode=0o644, owner=-1):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        os.chown(path, owner, -1)

    def bad_files(self, path, text, what):
        """(name, preparation, word of the log) of files of no use."""
        return [("10 MiB", lambda: self.write(path, text + "#" * 10 * MIB), "larger than"),
                ("an unknown key or value", lambda: self.write(path, what[0]), what[1]),
                ("a key twice", lambda: self.write(path, what[2]), path),
                ("no TOML", lambda: self.write(path, "[[["), path),
                ("no UTF-8", lambda: self.write(path, text + "# \udcff".encode(
                    "utf-8", "surrogateescape").decode("latin-1") + "\0"), path),
                ("10,000 levels", lambda: self.write(path, "x = " + "[" * 10000), path),
                ("group-writable", lambda: self.write(path, text, 0o664), "others than root"),
                ("writable for all", lambda: self.write(path, text, 0o646), "others than root"),
                ("of another user", lambda: self.write(path, text, owner=NOBODY),
                 "others than root")] + [
            (name, make, path) for name, make in special_files(path).items()]

    def try_files(self, agent, path, text, what, kind):
        for name, prepare, word in self.bad_files(path, text, what):
            remove(path)
            self.refuses(f"{kind}: {name}", agent, path, word, prepare=prepare)
        remove(path)
        self.refuses(f"{kind}: missing", agent, path)

    def test_case_91_configuration_of_no_use(self):
        """size, type, keys and permissions of the configuration's file: no start, it is named"""
        agent = self.make_agent()
        with open(agent.config, encoding="utf-8") as file:
            good = file.read()
        self.try_files(agent, agent.config, good,
                       (good.replace("backend", "bakend"), "bakend",
                        good.replace("[tee]", '[tee]\nbackend = "tpm"')), "configuration")
        self.write(agent.config, good)
        with self.trying("configuration: as it should be"):
            agent.start()

    def test_case_91_init_data_of_no_use(self):
        """the same of init data"""
        path = os.path.join(self.folder, "initdata.toml")
        agent = self.make_agent(CONFIG + f'[init_data]\nfile = "{path}"\n')
        self.try_files(agent, path, INIT_DATA,
                       (INIT_DATA.replace("sha384", "md5"), "hash algorithm",
                        INIT_DATA + '"aa.toml" = "y"\n'), "init data")
        self.write(path, INIT_DATA)
        with self.trying("init data: as it should be"):
            agent.start()

    def test_case_91_init_data_that_the_platform_is_not_bound_to(self):
        """HOSTDATA or MRCONFIGID of other init data: no start with `required`, else not ready"""
        path = os.path.join(self.folder, "initdata.toml")
        self.write(path, INIT_DATA)
        digest = hashlib.sha384(INIT_DATA.encode()).hexdigest()
        for provider, field in (("sev_guest", "HOSTDATA"), ("tdx_guest", "MRCONFIGID")):
            tee = FakeTee(self.folder, provider, name=field)
            self.stack.callback(tee.stop)
            tables = tee.tables() + NO_BROKER + f'[init_data]\nfile = "{path}"\n'
            self.refuses(f"{field}, required",
                         self.make_agent(tables + "required = true\n", name=f"{field}1"), field)
            with self.trying(f"{field}, not required", "not ready"):
                agent = self.make_agent(tables, name=f"{field}2")
                agent.launch()
                agent.wait_for_health(NOT_SERVING)
                wait_until(lambda a=agent, f=field: f in a.log(), "the log says why")
                self.assertEqual(agent.process.stop(), 0)
        site = TeeSite(self.stack, "tdx_guest", "--mrconfigid", digest)
        with self.trying("MRCONFIGID that fits"):
            agent = site.agent(site.tee.tables() +
                               f'[init_data]\nfile = "{path}"\nrequired = true\n')
            self.assertEqual(agent.health(), SERVING)

    def test_case_91_a_kernel_command_line_with_another_broker(self):
        """agent.aa_kbc_params: what the measured configuration names counts; told in the log"""
        site = SampleSite(self.stack)
        base, cmdline, config = (os.path.join(self.folder, name)
                                 for name in ("base.toml", "cmdline", "aa.toml"))
        with open(site.broker.ca_file, encoding="ascii") as pem:
            certificate = pem.read()
        self.write(base, SAMPLE_TABLES)
        self.write(cmdline, "quiet agent.aa_kbc_params=cc_kbc::https://127.0.0.1:1 panic=1\n")
        self.write(config, f'[token_configs.kbs]\nurl = "{site.broker.url}"\n'
                           f'cert = """\n{certificate}"""\n')
        path = os.path.join(self.folder, "run", "aa.sock")
        with self.trying("in the place of attestation-agent", "OK"):
            agent = UpstreamProgram(self.folder, AGENT, path, "--attestation_sock",
                                    f"unix://{path}", "-c", config, "--base-config", base,
                                    "--kernel-cmdline", cmdline)
            self.stack.callback(agent.kill)
            agent.start()
            self.assertEqual(agent.get("app/key/main").out, SECRET)
            self.assertIn("kernel's command line: names another broker", agent.log())
            self.assertEqual(agent.process.stop(), 0)
        self.not_run("attestd itself", "it reads no kernel command line")


def remove(path):
    with contextlib.suppress(FileNotFoundError):
        (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.remove)(path)
