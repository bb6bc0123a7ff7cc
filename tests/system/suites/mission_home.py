"""The home-energy user: mosquitto's configuration, password file and habits, then a LOWI gateway (mission M3)."""

import os
import pty
import re
import signal
import socket
import subprocess

import case
import raw
from case import Case, Ports, eventually
from paho_client import Client

# The document's text, character for character (Q3.1): four blanks before each line, two behind most.
PASTED = """\
    per_listener_settings true
    pid_file /run/mosquitto/mosquitto.pid  
    persistence true  
    persistence_location /var/lib/mosquitto/  
    log_dest file /var/log/mosquitto/mosquitto.log  
    include_dir /etc/mosquitto/conf.d  
    listener 1883  
    allow_anonymous false  
    password_file /etc/mosquitto/passwdcode
"""

FOLDERS = ("run/mosquitto", "var/lib/mosquitto", "var/log/mosquitto", "etc/mosquitto/conf.d")


class PastedConfiguration(Case):
    """Only what a test must not touch is put elsewhere: the folders get a root, and 1883 becomes a free port."""

    def setUp(self):
        super().setUp()
        for folder in FOLDERS:
            self.path(folder).mkdir(parents=True)
        for top in ("run", "var", "etc"):
            subprocess.run(["chmod", "-R", "777", self.path(top)], check=True)
        self.port = Ports.take()

    def pasted(self):
        text = re.sub(r" /(run|var|etc)/", rf" {self.directory}/\1/", PASTED)
        text = text.replace("listener 1883", f"listener {self.port}")
        self.assertEqual(len(text.splitlines()), 9)
        return self.write("etc/mosquitto/mosquitto.conf", text)

    def add_user(self, name="passwdcode", user="lowi", password="token"):
        """As the document does it: mosquitto_passwd asks for the password twice."""
        tool, terminal = pty.openpty()
        path = self.path(f"etc/mosquitto/{name}")
        asked = subprocess.Popen([self.symlink("mosquitto_passwd"), "-c", path, user], stdin=terminal, stdout=terminal,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        os.close(terminal)
        shown = b""
        for prompt in (b"Password: ", b"Reenter password: "):
            while not shown.endswith(prompt):
                shown += os.read(tool, 1000)
            os.write(tool, password.encode() + b"\n")
        self.assertEqual(asked.wait(case.WAIT), 0, shown)
        os.close(tool)
        self.assertNotIn(password.encode(), shown, "it must not be shown")
        return path

    def launch_pasted(self, path=None):
        """As the service starts it: by mosquitto's name, with -c, and dropping root."""
        return self.launch(["-c", path or self.pasted()], program=self.symlink("mosquitto"), port=self.port,
                           log=self.path("var/log/mosquitto/mosquitto.log"))

    def start_pasted(self):
        broker = self.launch_pasted()
        self.brokers.append(broker)
        return broker.wait_ready()

    def last_words(self, broker):
        """(exit code, what it said) of one that does not start."""
        return broker.process.wait(case.WAIT), broker.output() + broker.log()

    def test_M3_04_pasted_configuration(self):
        self.add_user()
        broker = self.start_pasted()
        with raw.Raw(broker.address) as nobody:
            self.assertEqual(nobody.connect("nobody")["rc"], 5)
        with raw.Raw(broker.address) as wrong:
            self.assertEqual(wrong.connect("wrong", user="lowi", pass_="code")["rc"], 5)
        lowi = Client(self, self.port, "lowi", user="lowi", password="token")
        self.assertEqual(lowi.code, 0)
        lowi.subscribe("#")
        lowi.publish("1234567/CH0", '{"PI":215}')
        lowi.expect(("1234567/CH0", '{"PI":215}'))

    def test_M3_04_it_listens_on_all_addresses(self):
        self.add_user()
        broker = self.start_pasted()
        raw.connected(("127.0.0.2", broker.port), "lan", user="lowi", pass_="token").close()

    def test_M3_04_check_finds_nothing_unknown(self):
        self.add_user()
        done = self.run_martlet("check", "-c", self.pasted())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for key in re.findall(r"^    (\w+)", PASTED, re.M):
            self.assertIn(key, done.stdout)
        self.assertNotIn("unknown", done.stdout)

    def test_M3_04_test_config_says_ok(self):
        self.add_user()
        done = self.run_martlet("-c", self.pasted(), "--test-config", program=self.symlink("mosquitto"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_M3_05_authentication_belongs_to_the_listener_above(self):
        passwords = self.passwords(lowi="token")
        open_port, closed_port = Ports.take(), Ports.take()
        self.start("per_listener_settings true", f"listener {open_port}", "allow_anonymous true", f"listener {closed_port}",
                   "allow_anonymous false", f"password_file {passwords}")
        raw.connected(("127.0.0.1", open_port), "guest").close()
        with raw.Raw(("127.0.0.1", closed_port)) as guest:
            self.assertEqual(guest.connect("guest")["rc"], 5)
        raw.connected(("127.0.0.1", closed_port), "lowi", user="lowi", pass_="token").close()

    def test_M3_05_with_one_listener_it_is_the_same_as_without(self):
        passwords = self.passwords(lowi="token")
        for first in ("per_listener_settings true", "per_listener_settings false"):
            broker = self.start(first, f"listener {Ports.take()}", "allow_anonymous false", f"password_file {passwords}",
                                port=Ports.next - 1)
            with raw.Raw(broker.address) as guest:
                self.assertEqual(guest.connect("guest")["rc"], 5)
            raw.connected(broker.address, "lowi", user="lowi", pass_="token").close()

    def test_M3_06_pid_file(self):
        self.add_user()
        broker = self.start_pasted()
        pid_file = self.path("run/mosquitto/mosquitto.pid")
        self.assertEqual(int(pid_file.read_text()), broker.process.pid)
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertFalse(pid_file.exists(), "it goes with the broker")
        self.assertEqual([p.name for p in self.path("run/mosquitto").iterdir()], [])

    def test_M3_08_log_file_without_blanks_in_its_name(self):
        self.add_user()
        broker = self.start_pasted()
        raw.connected(broker.address, "lowi", user="lowi", pass_="token").close()
        broker.wait_log(r"^\d+: New client connected from 127\.0\.0\.1:\d+ as lowi \(p4, c1, k60, u'lowi'\)\.$")
        self.assertEqual(os.listdir(self.path("var/log/mosquitto")), ["mosquitto.log"])

    def test_M3_09_include_dir_empty(self):
        self.add_user()
        self.assertEqual(os.listdir(self.path("etc/mosquitto/conf.d")), [])
        self.start_pasted()

    def test_M3_09_include_dir_in_name_order(self):
        """Three files set the same key, of which the last counts; upper case stands before lower; a fourth is none of ours."""
        self.add_user()
        folder = self.path("etc/mosquitto/conf.d")
        for values in ((10, 20, 30), (30, 20, 10)):
            for name, value in zip(("A.conf", "a.conf", "b.conf"), values):
                (folder / name).write_text(f"max_keepalive {value}\n")
            (folder / "c.conf.bak").write_text("no such key\n")
            broker = self.start_pasted()
            with raw.Raw(broker.address, 5) as client:
                answer = client.connect("c", user="lowi", pass_="token", keepalive=100)
                self.assertEqual(answer["server-keep-alive"], values[-1])
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)

    def test_M3_09_an_error_in_an_included_file_names_it(self):
        self.add_user()
        self.path("etc/mosquitto/conf.d/10-extra.conf").write_text("# extra\nmax_keepalives 5\n")
        code, said = self.last_words(self.launch_pasted())
        self.assertEqual(code, 3)
        self.assertIn("max_keepalives", said)
        self.assertRegex(said, r"10-extra\.conf:2")

    def test_M3_10_no_credentials(self):
        self.add_user()
        broker = self.start_pasted()
        for level, code in ((3, 5), (4, 5), (5, 0x87)):
            with raw.Raw(broker.address, level) as nobody:
                self.assertEqual(nobody.connect("nobody")["rc"], code)
                self.assertEqual(nobody.rest(), b"")
        done = subprocess.run(["mosquitto_pub", "-p", str(self.port), "-t", "t", "-m", "m"], capture_output=True, text=True,
                              timeout=case.WAIT, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn("not authorised", done.stderr)

    def test_M3_11_mosquitto_passwd_asks_twice(self):
        path = self.add_user(user="YOUR_USERNAME")
        self.assertRegex(path.read_text(), r"^YOUR_USERNAME:\$7\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{86}==\n$")

    def test_M3_11_debians_own_tool_writes_what_martlet_reads(self):
        path = self.path("etc/mosquitto/passwdcode")
        subprocess.run(["mosquitto_passwd", "-c", "-b", path, "lowi", "tökén ✓"], check=True, capture_output=True)
        subprocess.run(["mosquitto_passwd", "-b", path, "second", "x"], check=True, capture_output=True)
        path.chmod(0o644)
        broker = self.start_pasted()
        raw.connected(broker.address, "lowi", user="lowi", pass_="tökén ✓").close()
        raw.connected(broker.address, "second", user="second", pass_="x").close()

    def test_M3_12_missing_password_file_names_it_and_its_sibling(self):
        """The document's own slip: the file is called passwd, the configuration says passwdcode."""
        self.add_user("passwd")
        code, said = self.last_words(self.launch_pasted())
        self.assertNotEqual(code, 0)
        self.assertIn(f"{self.directory}/etc/mosquitto/passwdcode", said)
        self.assertIn(f"{self.directory}/etc/mosquitto/passwd\"", said, "the file that is there")
        with self.assertRaises(OSError):
            raw.Raw(("127.0.0.1", self.port), timeout=2)

    def test_M3_12_a_missing_folder_is_named(self):
        """Without include_dir's folder nothing starts, as in mosquitto."""
        self.add_user()
        self.path("etc/mosquitto/conf.d").rmdir()
        code, said = self.last_words(self.launch_pasted())
        self.assertEqual(code, 3)
        self.assertIn(f"include_dir '{self.directory}/etc/mosquitto/conf.d'", said)

    def test_M3_12_a_log_folder_that_is_not_there_is_named(self):
        self.add_user()
        """It serves without the log, as mosquitto does, and says so."""
        self.path("var/log/mosquitto").rmdir()
        broker = self.launch(["-c", self.pasted()], program=self.symlink("mosquitto"), port=self.port)
        self.brokers.append(broker)
        broker.wait_ready()
        broker.wait_log(r"Warning: Unable to open log file \S+var/log/mosquitto/mosquitto\.log for writing")
        raw.connected(broker.address, "c", user="lowi", pass_="token").ping()

    def test_M3_03_second_instance_says_that_the_port_is_taken(self):
        """`mosquitto -v` beside the running service."""
        self.add_user()
        self.start_pasted()
        second = self.launch(["-v", "-p", self.port], program=self.symlink("mosquitto"))
        code, said = self.last_words(second)
        self.assertEqual(code, 1)
        self.assertIn(str(self.port), said)
        self.assertIn("Address already in use", said)
        self.assertRegex(said, r"broker that runs as a service|already")
        self.assertNotRegex(said, r" running")

    def test_M3_03_second_instance_from_the_same_file_leaves_the_first_alone(self):
        self.add_user()
        broker = self.start_pasted()
        pid_file = self.path("run/mosquitto/mosquitto.pid")
        code, said = self.last_words(self.launch(["-c", self.path("etc/mosquitto/mosquitto.conf")], port=self.port,
                                                 log=self.path("var/log/mosquitto/mosquitto.log")))
        self.assertEqual(code, 1)
        self.assertIn("Address already in use", said)
        raw.connected(broker.address, "lowi", user="lowi", pass_="token").close()
        self.assertTrue(pid_file.exists(), "the pid file still belongs to the first")
        self.assertEqual(int(pid_file.read_text()), broker.process.pid)

    def test_M3_13_quick_restart_and_devices_come_back(self):
        self.add_user()
        broker = self.start_pasted()
        lowi = Client(self, self.port, "lowi", user="lowi", password="token")
        lowi.subscribe("a")
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        broker = self.start_pasted()
        lowi.wait(lambda: lowi.codes == [0, 0], "the second CONNACK")
        lowi.publish("1234567/CH0", "after")

    def test_M3_13_restart_while_many_are_connected_finds_the_port_free(self):
        self.add_user()
        for _ in range(3):
            broker = self.start_pasted()
            clients = [raw.connected(broker.address, f"c{i}", user="lowi", pass_="token") for i in range(20)]
            self.assertEqual(broker.stop(signal.SIGINT), 0)
            self.forget(broker)
            for client in clients:
                self.assertEqual(client.rest(), b"")

    def test_M3_14_lowi_connects_with_token_and_password(self):
        self.add_user(user="token-of-lowi", password="code")
        broker = self.start_pasted()
        watch = Client(self, self.port, "explorer", user="token-of-lowi", password="code")
        watch.subscribe("#")
        lowi = raw.connected(broker.address, "LOWI1234567", user="token-of-lowi", pass_="code", keepalive=120)
        lowi.publish("1234567/CH0", '{"ident":"1234567","PI":215,"PE":0}')
        lowi.publish("1234567/CH1", '{"ident":"1234567","I":215,"U":230}')
        watch.expect(("1234567/CH0", '{"ident":"1234567","PI":215,"PE":0}'),
                     ("1234567/CH1", '{"ident":"1234567","I":215,"U":230}'))

    def test_M3_17_an_explorer_draws_the_tree(self):
        """It subscribes `#` and `$SYS/#` with QoS 0 and shows what comes at once and what comes later."""
        broker = self.start("allow_anonymous true", "sys_interval 1")
        lowi = Client(self, broker.port, "lowi")
        for channel in range(3):
            lowi.publish(f"1234567/CH{channel}", f"{channel}", 1, retain=True)
        explorer = Client(self, broker.port, "mqtt-explorer-1a2b3c4d", version=5)
        explorer.subscribe("#")
        explorer.subscribe("$SYS/#")
        lowi.publish("1234567/CH9", "later")
        shown = ("version", "clients/total", "subscriptions/count", "messages/received", "messages/sent",
                 "load/messages/received/5min", "load/messages/sent/5min", "heap/current", "heap/maximum")
        wanted = {f"$SYS/broker/{name}" for name in shown} | {f"1234567/CH{i}" for i in (0, 1, 2, 9)}
        explorer.wait(lambda: wanted <= {topic for topic, _ in explorer.messages}, f"{wanted}")
        order = [topic for topic, _ in explorer.messages if not topic.startswith("$")]
        self.assertEqual(sorted(order), [f"1234567/CH{i}" for i in (0, 1, 2, 9)], "each once")
        retained = {packet.topic: packet.retain for packet in explorer.packets}
        self.assertTrue(retained["1234567/CH0"])
        self.assertFalse(retained["1234567/CH9"])


class SystemAsItIs(Case):
    def test_M3_06_a_pid_file_that_cannot_be_written_is_an_error(self):
        said = self.refuses(f"listener {Ports.take()}", f"pid_file {self.path('nowhere/martlet.pid')}", code=14)
        self.assertIn("nowhere/martlet.pid", said)

    def test_M3_03_the_port_is_held_by_somebody_else(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            said = self.refuses(f"listener {port} 127.0.0.1", "allow_anonymous true", code=1)
        self.assertIn(f"127.0.0.1:{port}", said)
        eventually(lambda: "Address already in use" in said)
