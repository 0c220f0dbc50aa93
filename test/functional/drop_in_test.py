# SPDX-License-Identifier: Apache-2.0
"""attestd in the place of guest-components' programs: files, flags, variables, command line."""
import contextlib
import os
import signal
import stat
import subprocess
import unittest
import urllib.request

from support.agent import SAMPLE_TABLES
from support.processes import binary, free_ports, wait_until
from support.rpc import SERVING, failure, grpc
from support.sample_site import SECRET, URI, SampleSite
from support.upstream import AGENT, HUB, REST, UpstreamProgram, run_program

INIT_DATA = 'version = "0.1.0"\nalgorithm = "sha256"\n[data]\n"{name}" = \'\'\'\n{text}\'\'\'\n'


class DropInTest(unittest.TestCase):
    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))
        self.folder = self.site.folder
        self.base = self.write("base.toml", SAMPLE_TABLES)
        self.cmdline = self.write("cmdline", "quiet\n")
        with open(self.site.broker.ca_file, encoding="ascii") as pem:
            self.ca = pem.read()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def own_flags(self):
        """Keep the machine's own files out of the test."""
        return ("--base-config", self.base, "--kernel-cmdline", self.cmdline)

    def aa_toml(self, url=None):
        return (f'[token_configs.kbs]\nurl = "{url or self.site.broker.url}"\n'
                f'cert = """\n{self.ca}"""\n')

    def agent(self, *argv, **variables):
        socket = os.path.join(self.folder, "run", "aa", "aa.sock")
        program = UpstreamProgram(self.folder, AGENT, socket, "--attestation_sock",
                                  f"unix://{socket}", *argv, *self.own_flags(), **variables)
        self.addCleanup(program.kill)
        return program

    def hub(self, text, *argv):
        socket = os.path.join(self.folder, "run", "cdh.sock")
        path = self.write("cdh.toml", f'socket = "unix://{socket}"\n{text}')
        program = UpstreamProgram(self.folder, HUB, socket, "-c", path, *argv, *self.own_flags())
        self.addCleanup(program.kill)
        return program

    def hub_text(self):
        return (f'[kbc]\nname = "cc_kbc"\nurl = "{self.site.broker.url}"\n'
                f'kbs_cert = """\n{self.ca}"""\n')

    def assert_secret(self, program):
        with program.client() as client:
            self.assertEqual(client.get_resource(URI), SECRET)

    def refusal(self, program):
        """What a program says that does not start."""
        program.launch()
        wait_until(lambda: not program.process.running(), "it ends")
        self.assertEqual(program.process.wait(), 1, program.log())
        self.assertFalse(os.path.exists(program.socket))
        return program.log()

    def test_aa_toml_names_broker_and_certificate(self):
        program = self.agent("-c", self.write("aa.toml", self.aa_toml() + "[log]\nlevel = 'x'\n"))
        program.start()
        self.assert_secret(program)
        self.assertIn("log: has no effect", program.log())
        self.assertEqual(program.process.stop(), 0)
        self.assertFalse(os.path.exists(program.socket))

    def test_a_certificate_of_another_authority_is_not_believed(self):
        other = self.site.add_broker("other")
        with open(other.ca_file, encoding="ascii") as pem:
            self.ca = pem.read()
        program = self.agent("-c", self.write("aa.toml", self.aa_toml()))
        program.start()
        with program.client() as client:
            self.assertEqual(failure(client.get_resource, URI, 5)[0], grpc.StatusCode.UNAVAILABLE)

    def test_a_reload_takes_the_broker_of_the_file_as_it_is_now(self):
        path = self.write("aa.toml", self.aa_toml("https://127.0.0.1:1"))
        program = self.agent("-c", path)
        program.start()
        self.write("aa.toml", self.aa_toml())
        os.kill(program.process.pid, signal.SIGHUP)
        wait_until(lambda: "reloaded" in program.log(), "it has read the file")
        self.assert_secret(program)

    def test_cdh_toml_names_broker_socket_and_certificate(self):
        program = self.hub(self.hub_text() + "[image]\nmax_concurrent_layer_downloads = 1\n")
        program.start()
        self.assert_secret(program)
        self.assertIn("image: has no effect", program.log())

    def test_the_variable_and_the_kernel_name_a_broker_in_this_order(self):
        self.base = self.write("base.toml", SAMPLE_TABLES + "[[kbs]]\nca_file = "
                               f'"{self.site.broker.ca_file}"\n')
        url = self.site.broker.url
        self.write("cmdline", f"quiet agent.aa_kbc_params=cc_kbc::{url} panic=1\n")
        by_kernel = self.agent()
        by_kernel.start()
        self.assert_secret(by_kernel)
        by_kernel.process.stop()

        self.write("cmdline", "agent.aa_kbc_params=cc_kbc::https://127.0.0.1:1\n")
        by_variable = self.agent(AA_KBC_PARAMS=f"cc_kbc::{url}")
        by_variable.start()
        self.assert_secret(by_variable)
        self.assertIn("kernel's command line: names another broker than AA_KBC_PARAMS",
                      by_variable.log())

    def test_http_is_refused_without_a_word_of_our_own(self):
        text = self.aa_toml(self.site.broker.url.replace("https", "http"))
        said = self.refusal(self.agent("-c", self.write("aa.toml", text)))
        self.assertIn("aa.toml", said)
        self.assertIn("allow_http", said)

    def test_what_cannot_be_honoured_stops_the_start(self):
        for name, flags, words in (
                ("a key", ("-c", self.write("a.toml", self.aa_toml() +
                                            'tee_key_algorithm = "ML-KEM-768+A192KW"\n')),
                 "tee_key_algorithm"),
                ("no file", ("-c", "/absent/aa.toml"), "/absent/aa.toml"),
                ("old sockets", ("--getresource_sock", "10.0.0.1:50001"), "unix:///path"),
                ("TCP", ("-a", "0.0.0.0:50002"), "loopback")):
            with self.subTest(name):
                status, out, err = run_program(self.folder, AGENT, *flags, *self.own_flags())
                self.assertEqual((status, out), (1, ""), err)
                self.assertIn(words, err)
        self.assertEqual(run_program(self.folder, AGENT, "--unknown")[0], 2)

    def test_a_file_that_others_may_write_is_refused(self):
        path = self.write("aa.toml", self.aa_toml())
        os.chmod(path, 0o664)
        self.assertIn("others than root may write it", self.refusal(self.agent("-c", path)))

    def test_a_file_that_is_none_is_refused(self):
        good = self.aa_toml()
        pipe = os.path.join(self.folder, "pipe.toml")
        os.mkfifo(pipe, 0o600)
        for path, words in ((self.write("twice.toml", good + f'url = "{self.site.broker.url}"\n'),
                             "twice.toml:"),
                            (self.write("large.toml", good + "#" * (10 << 20)), "larger than"),
                            (pipe, "not a regular file")):
            with self.subTest(words):
                self.assertIn(words, self.refusal(self.agent("-c", path)))

    def test_without_a_broker_the_sockets_are_there(self):
        program = self.agent()
        program.start()
        with program.client() as client:
            self.assertEqual(failure(client.get_resource, URI)[0], grpc.StatusCode.NOT_FOUND)
        self.assertIn("no broker is named", program.log())

    def test_init_data_carries_the_file_and_its_digest(self):
        text = self.aa_toml()
        init_data = self.write("initdata.toml", INIT_DATA.format(name="aa.toml", text=text))
        program = self.agent("--initdata-toml", init_data)
        program.start()
        self.assert_secret(program)
        program.process.stop()

        same = self.agent("--initdata-toml", init_data, "-c", self.write("aa.toml", text))
        same.start()
        same.process.stop()
        other = self.agent("--initdata-toml", init_data, "-c",
                           self.write("aa.toml", text + "# other\n"))
        self.assertIn("which is what was measured", self.refusal(other))
        bad = self.agent("--initdata-toml", self.write("bad.toml", 'version = "9"\n'))
        self.assertIn("bad.toml", self.refusal(bad))

    def test_the_rest_program_takes_what_it_can_honour_only(self):
        for flags, words in ((("--features", "none"), "--features"),
                             (("--bind", "0.0.0.0:8006"), "loopback"),
                             (("--cdh_addr", "vsock://1:2"), "unix:///path")):
            with self.subTest(flags):
                status, _, err = run_program(self.folder, REST, *flags)
                self.assertEqual(status, 1)
                self.assertIn(words, err)

    def test_the_rest_program_prints_the_listener_that_serves_the_same(self):
        address = f"127.0.0.1:{free_ports()}"
        status, printed, err = run_program(self.folder, REST, "--bind", address, "--features",
                                           "all", "--print-config")
        self.assertEqual(status, 0, err)
        self.site.agent(self.site.tables() + printed)
        with urllib.request.urlopen(f"http://{address}/cdh/resource/{URI[7:]}") as reply:
            self.assertEqual(reply.read(), SECRET)

    def test_the_rest_program_ends_when_attestd_refuses_its_socket(self):
        wide = os.path.join(self.folder, "wide.sock")
        self.site.agent(self.site.tables() +
                        f'[[listener]]\npath = "{wide}"\nmode = "0666"\nallow = ["*"]\n')
        hole = UpstreamProgram(self.folder, REST, "", "--bind", f"127.0.0.1:{free_ports()}",
                               "--cdh_addr", f"unix://{wide}")
        self.addCleanup(hole.kill)
        os.chmod(self.folder, 0o755)
        hole._argv = ["setpriv", "--reuid=65534", "--clear-groups",  # pylint: disable=protected-access
                      *hole._argv]  # pylint: disable=protected-access
        hole.launch()
        self.assertEqual(hole.process.wait(), 1)
        self.assertIn("only root", hole.log())

    def test_credentials_are_written_once_the_broker_answers(self):
        place = os.path.join(self.folder, "keys", "deep", "key")
        own = self.write("own.toml", self.site.tables() +
                         f'[[listener]]\npath = "{self.folder}/own.sock"\n'
                         f'[[credential]]\nuri = "{URI}"\npath = "{place}"\n')
        self.site.broker.stop()
        program = UpstreamProgram(self.folder, "attestd", f"{self.folder}/own.sock")
        program._argv = [binary("attestd"), "--config", own]  # pylint: disable=protected-access
        self.addCleanup(program.kill)
        program.start()
        wait_until(lambda: "credential not written yet" in program.log(), "the first try fails")
        self.assertFalse(os.path.exists(place))
        self.site.broker.start()
        wait_until(lambda: os.path.exists(place), "the credential is there")
        with open(place, "rb") as file:
            self.assertEqual(file.read(), SECRET)
        self.assertEqual(stat.S_IMODE(os.stat(place).st_mode), 0o600)
        self.assertNotIn(SECRET.decode(), program.log())

    def test_print_config_is_read_back_to_the_same(self):
        path = self.write("aa.toml", self.aa_toml() + "[eventlog_config]\nenable_eventlog = true\n")
        status, printed, err = run_program(self.folder, AGENT, "-c", path, *self.own_flags(),
                                           "--print-config")
        self.assertEqual(status, 0, err)
        for words in (self.site.broker.url, "enabled = true", "BEGIN CERTIFICATE", "allow_sample"):
            self.assertIn(words, printed)
        own = self.write("printed.toml", printed)
        done = subprocess.run([binary("attestd"), "--config", own, "--print-config"],
                              capture_output=True, text=True, timeout=30, check=True)
        uncommented = "".join(line for line in printed.splitlines(True) if line[0] != "#")
        self.assertEqual(done.stdout, uncommented)

    def test_a_printed_configuration_serves_the_same(self):
        path = self.write("aa.toml", self.aa_toml())
        socket = os.path.join(self.folder, "printed.sock")
        _, printed, err = run_program(self.folder, AGENT, "-c", path, "-a", f"unix://{socket}",
                                      *self.own_flags(), "--print-config")
        self.assertIn(f"{socket}.kbs-ca.pem", printed, err)
        self.write("printed.sock.kbs-ca.pem", self.ca)
        program = UpstreamProgram(self.folder, "attestd", socket)
        program._argv = [  # pylint: disable=protected-access
            binary("attestd"), "--config", self.write("printed.toml", printed)]
        self.addCleanup(program.kill)
        program.start()
        self.assert_secret(program)

    def test_beside_a_running_attestd_a_program_holds_nothing_and_stays(self):
        program = self.hub(self.hub_text())
        daemon = UpstreamProgram(self.folder, "attestd", program.socket)
        os.makedirs(os.path.dirname(program.socket))
        daemon._argv = [  # pylint: disable=protected-access
            binary("attestd"), "--config",
            self.write("own.toml", self.site.tables() + f'[[listener]]\npath = "{program.socket}"\n')]
        self.addCleanup(daemon.kill)
        daemon.start()
        program.launch()
        wait_until(lambda: "staying beside it" in program.log(), "it finds the other")
        self.assert_secret(daemon)
        with open(f"/proc/{program.process.pid}/status", encoding="ascii") as status:
            self.assertIn("Threads:\t1\n", status.read())
        # It outlives a restart of the daemon, and ends when asked, leaving the socket alone.
        daemon.process.stop()
        daemon.start()
        self.assertTrue(program.process.running())
        self.assertEqual(program.process.stop(), 0)
        self.assertEqual(daemon.health(), SERVING)

    def test_a_socket_that_was_taken_from_a_running_attestd_is_told(self):
        first = self.hub(self.hub_text())
        first.start()
        os.remove(first.socket)
        self.assertIn("its socket was removed", self.refusal(self.hub(self.hub_text())))


if __name__ == "__main__":
    unittest.main()
