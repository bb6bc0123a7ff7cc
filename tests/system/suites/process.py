"""The process: signals, pid file, log file, unix socket, flags, exit codes, and the names it may be called by."""

import os
import pty
import pwd
import re
import signal
import subprocess
import time

import case
import raw
from case import MARTLET, WAIT, Case, Ports, eventually, other_user
from paho_client import Client


class Ending(Case):
    def check_end(self, number):
        broker = self.start("allow_anonymous true", f"pid_file {self.path('pid')}")
        clients = [raw.connected(broker.address, f"c{i}", 4 + i % 2, clean=i % 3 == 0) for i in range(50)]
        self.assertEqual(broker.stop(number), 0)
        self.forget(broker)
        for client in clients:
            said = client.rest()
            self.assertEqual(said, b"" if client.level == 4 else b"\xe0\x01\x8b", "server shutting down")
        self.assertRegex(broker.log(), r"version \S+ terminating\n\Z")
        self.assertFalse(self.path("pid").exists())

    def test_sigterm_ends_with_0(self):
        self.check_end(signal.SIGTERM)

    def test_sigint_ends_with_0(self):
        self.check_end(signal.SIGINT)

    def test_a_stuck_reader_does_not_delay_the_end(self):
        broker = self.start("allow_anonymous true", "outbox_bytes_max 100000000")
        stuck = raw.connected(broker.address, "stuck")
        stuck.subscribe("t")
        with raw.connected(broker.address, "p") as sender:
            for _ in range(400):
                sender.publish("t", bytes(50_000))
            sender.ping()
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)

    def test_wills_are_sent_at_the_end(self):
        """As in mosquitto: who is still connected hears of those who are not any more."""
        broker = self.start("allow_anonymous true")
        watch = raw.connected(broker.address, "watch")
        watch.subscribe("will/#")
        others = [raw.connected(broker.address, f"c{i}", will=f"will/{i}", will__payload="gone") for i in range(8)]
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        said = watch.rest()
        for i in range(8):
            self.assertIn(f"will/{i}gone".encode(), said)
        self.assertEqual(len(others), 8)

    def test_a_signal_during_the_login_storm(self):
        """Hash workers have work left when the end comes."""
        passwd = self.path("passwd")
        done = self.run_martlet("passwd", "-c", "-b", "-I", "200000", passwd, "alice", "a")
        self.assertEqual(done.returncode, 0, done.stderr)
        broker = self.start(f"password_file {passwd}")
        sockets = []
        for i in range(30):
            sockets.append(raw.Raw(broker.address))
            sockets[-1].send_bytes(raw.connect_packet(f"c{i}", user="alice", pass_="a"))
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)


class Idle(Case):
    def ticks(self, pid):
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def check_sleeps(self, *lines):
        """Nobody does anything: a loop that spins would use a whole core, a sound one next to nothing."""
        broker = self.start("allow_anonymous true", "shards 3", *lines)
        with raw.connected(broker.address, "quiet", keepalive=60) as quiet:
            quiet.subscribe("t")
            before = self.ticks(broker.process.pid)
            time.sleep(2)
            used = (self.ticks(broker.process.pid) - before) / os.sysconf("SC_CLK_TCK")
        self.assertLess(used, 0.5, "seconds of CPU in 2 s of nothing to do")

    def test_every_shard_sleeps(self):
        self.check_sleeps()

    def test_every_shard_sleeps_without_sys(self):
        self.check_sleeps("sys_interval 0")


class Files(Case):
    def test_pid_file_holds_the_pid(self):
        broker = self.start("allow_anonymous true", f"pid_file {self.path('martlet.pid')}")
        self.assertEqual(int(self.path("martlet.pid").read_text()), broker.process.pid)

    def test_pid_file_of_a_daemon_is_the_daemons(self):
        port, log = Ports.take(), self.path("log")
        self.write("d.conf", f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npid_file {self.path('pid')}\n"
                             f"log_dest file {log}\n")
        parent = self.launch(["-c", self.path("d.conf"), "-d"], port=port, log=log)
        self.assertEqual(parent.process.wait(WAIT), 0, parent.output())
        eventually(lambda: log.exists() and " running" in log.read_text(), "the daemon's log")
        pid = int(self.path("pid").read_text())
        try:
            self.assertNotEqual(pid, parent.process.pid)
            raw.connected(("127.0.0.1", port), "c").ping()
            self.assertEqual(os.getsid(pid), pid, "a session of its own")
        finally:
            os.kill(pid, signal.SIGTERM)
        eventually(lambda: not self.path("pid").exists(), "the daemon's end")

    def test_sigrtmin_reopens_the_log_file(self):
        log = self.path("martlet.log")
        broker = self.start("allow_anonymous true", f"log_dest file {log}", log=log)
        raw.connected(broker.address, "first").close()
        broker.wait_log("as first")
        log.rename(self.path("martlet.log.1"))
        broker.send(signal.SIGRTMIN)
        eventually(log.exists, "the new log file")
        raw.connected(broker.address, "second").close()
        broker.wait_log("as second")
        self.assertNotIn("as second", self.path("martlet.log.1").read_text())
        self.assertNotIn("as first", log.read_text())

    def test_sighup_reopens_the_log_file_too(self):
        log = self.path("martlet.log")
        broker = self.start("allow_anonymous true", f"log_dest file {log}", log=log)
        log.rename(self.path("martlet.log.1"))
        broker.send(signal.SIGHUP)
        eventually(log.exists, "the new log file")
        raw.connected(broker.address, "second").close()
        broker.wait_log("as second")

    def test_a_log_file_that_cannot_be_reopened_stops_nothing(self):
        folder = self.path("logs")
        folder.mkdir()
        broker = self.start("allow_anonymous true", f"log_dest file {folder}/martlet.log", log=folder / "martlet.log")
        folder.rename(self.path("away"))
        broker.send(signal.SIGRTMIN)
        for i in range(20):
            raw.connected(broker.address, f"c{i}").ping()

    def test_other_signals_do_not_end_it(self):
        broker = self.start("allow_anonymous true")
        client = raw.connected(broker.address, "c")
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGHUP):
            broker.send(number)
        client.ping()

    def test_root_is_dropped(self):
        user = other_user()
        if os.getuid() or user is None:
            self.skipTest("needs root")
        for lines, wanted in (((), user.pw_uid), (("user nobody",), None), (("user root",), 0)):
            self.write("user.conf", "\n".join((f"listener {Ports.take()} 127.0.0.1", "shards 2", *lines)) + "\n")
            broker = self.launch(["-c", self.path("user.conf")]).wait_ready()
            status = open(f"/proc/{broker.process.pid}/status", encoding="utf-8").read()
            uids = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)", status).groups()
            self.assertEqual(len(set(uids)), 1, "real, effective and saved")
            if wanted is not None:
                self.assertEqual(int(uids[0]), wanted)
            self.assertNotEqual(int(uids[0]) == 0, wanted != 0)
            self.assertEqual(broker.stop(), 0)
        self.assertIn("Invalid user", self.refuses("user no-such-user", f"listener {Ports.take()}"))

    def test_who_lacks_a_right_is_named(self):
        user = pwd.getpwuid(os.getuid()) if os.getuid() else other_user()
        if user is None:
            self.skipTest("root needs somebody to drop to")
        locked = self.path("locked")
        locked.mkdir(mode=0o555)
        listener = f"listener {Ports.take()} 127.0.0.1"
        for code, *lines in ((1, "persistence true", f"persistence_location {locked}/"), (14, f"pid_file {locked}/pid")):
            said = self.refuses(f"user {user.pw_name}", listener, *lines, code=code)
            self.assertRegex(said, rf"Error: .*{locked}.*: Permission denied.* The broker runs as user {user.pw_name}\.", lines)


class Flags(Case):
    def test_called_as_mosquitto(self):
        port = Ports.take()
        broker = self.launch(["-p", port, "-v"], program=self.symlink("mosquitto"), port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        raw.connected(broker.address, "c").ping()
        broker.wait_log("Sending PINGRESP to c")

    def test_a_port_beside_a_file_with_listeners_is_not_opened(self):
        file_port, flag_port = Ports.take(), Ports.take()
        self.start(f"listener {file_port}", "allow_anonymous true", arguments=("-p", flag_port), port=file_port)
        raw.connected(("127.0.0.1", file_port), "c").ping()
        with self.assertRaises(OSError):
            raw.Raw(("127.0.0.1", flag_port), timeout=2)

    def test_a_port_beside_a_file_without_listener(self):
        port = Ports.take()
        self.write("none.conf", "user root\nallow_anonymous true\nmax_keepalive 77\n")
        broker = self.launch(["-v", "-c", self.path("none.conf"), "-p", port], port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        with raw.Raw(broker.address, 5) as client:
            self.assertEqual(client.connect("c", keepalive=0)["server-keep-alive"], 77)

    def test_the_same_port_twice_is_bound_once(self):
        port = Ports.take()
        self.start(f"listener {port}", "allow_anonymous true", arguments=("-v", "-p", port), port=port)

    def test_several_ports(self):
        ports = [Ports.take() for _ in range(3)]
        broker = self.launch([word for port in ports for word in ("-p", port)], port=ports[0])
        self.brokers.append(broker)
        broker.wait_ready()
        for port in ports:
            raw.connected(("127.0.0.1", port), "c").ping()

    def test_quiet(self):
        port = Ports.take()
        broker = self.launch(["-q", "-p", port], port=port)
        self.brokers.append(broker)
        eventually(lambda: case.MARTLET and self.is_up(port), "an open port")
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertEqual(broker.output(), "")

    def is_up(self, port):
        try:
            raw.connected(("127.0.0.1", port), "c").close()
            return True
        except OSError:
            return False

    def test_exit_codes_and_texts(self):
        name = self.symlink("mosquitto")
        self.write("good.conf", "listener 1883\n")
        self.write("bad.conf", "listener 1883\nmax_qos 3\n")
        rows = [(["-h"], 0, "Usage: "), (["--help"], 0, "Usage: "), (["--version"], 0, "version"),
                (["--unknown"], 3, "Error: Unknown option '--unknown'."),
                (["-p"], 3, "Error: -p argument given, but no port specified."),
                (["-p", "0"], 3, "Error: Invalid port specified (0)."),
                (["-p", "65536"], 3, "Error: Invalid port specified (65536)."),
                (["-c"], 3, "-c argument given"),
                (["-c", "nowhere.conf"], 3, "Error: Unable to open config file 'nowhere.conf'."),
                (["--test-config"], 3, "-c"), (["-c", "good.conf", "--test-config"], 0, "OK"),
                (["-c", "bad.conf", "--test-config"], 3, "Error: 'max_qos' must be between 0 and 2 inclusive."),
                (["-c", "bad.conf"], 3, "bad.conf:2")]
        for words, code, text in rows:
            done = self.run_martlet(*words, program=name)
            self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
            self.assertIn(text, done.stdout + done.stderr, words)

    def test_martlet_without_a_command(self):
        done = self.run_martlet()
        self.assertEqual(done.returncode, 3)
        self.assertIn("serve", done.stderr)
        self.assertEqual(self.run_martlet("help").returncode, 0)
        self.assertIn("no command 'srve'", self.run_martlet("srve").stderr)

    def test_sandbox_with_a_file_is_refused(self):
        self.write("good.conf", "listener 1883\n")
        self.assertEqual(self.run_martlet("serve", "--sandbox", "-c", "good.conf").returncode, 3)

    def test_sandbox_limits_connections_messages_and_time(self):
        port = Ports.take()
        broker = self.launch(["--sandbox", "-p", port], port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        self.assertRegex(broker.log(), r"Sandbox: everybody")
        self.assertRegex(broker.log(), r"Sandbox limits: 5000 connections")
        waiting = int(re.search(r"(\d+) messages \(", broker.log()).group(1))
        with raw.connected(broker.address, "away", clean=0) as away:
            away.subscribe("t", qos=1)
            away.leave()
        with raw.connected(broker.address, "p") as sender:
            for i in range(waiting + 20):
                sender.publish_acked("t", str(i), 1 + i)
        with raw.connected(broker.address, "away", clean=0) as away:
            got = []
            while more := away.messages():
                got += more
            self.assertEqual(got, [("t", str(i)) for i in range(waiting)])


class Passwd(Case):
    def run_tool(self, *words, typed=()):
        """(exit code, what it showed) with a terminal that types each line at its prompt."""
        tool, terminal = pty.openpty()
        process = subprocess.Popen([self.symlink("mosquitto_passwd"), *map(str, words)], stdin=terminal, stdout=terminal,
                                   stderr=terminal, start_new_session=True, cwd=self.directory)
        os.close(terminal)
        shown, deadline = b"", time.monotonic() + WAIT
        lines = list(typed)
        while time.monotonic() < deadline:
            try:
                shown += os.read(tool, 1000)
            except OSError:  # the tool has gone
                break
            if shown.endswith(b": ") and lines:
                os.write(tool, lines.pop(0).encode() + b"\n")
        os.close(tool)
        return process.wait(WAIT), shown.decode()

    def test_both_names_make_the_same(self):
        for program, words in ((MARTLET, ["passwd"]), (self.symlink("mosquitto_passwd"), [])):
            path = self.path("p")
            path.unlink(missing_ok=True)
            for args in (["-c", "-b", path, "a", "1"], ["-b", path, "b", "2"], ["-b", path, "a", "3"], ["-D", path, "b"]):
                done = self.run_martlet(*words, *args, program=case.MARTLET if words else program)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(path.read_text(), r"^a:\$7\$1000\$[^:\n]+\n$")

    def test_typed_passwords(self):
        self.assertEqual(self.run_tool("-c", "p", "alice", typed=("secret", "secret"))[0], 0)
        code, shown = self.run_tool("p", "bob", typed=("secret", "other"))
        self.assertEqual(code, 2)
        self.assertIn("Passwords do not match", shown)
        self.assertNotIn("secret", shown)
        self.assertNotIn("bob", self.path("p").read_text())

    def test_bad_use(self):
        rows = [([], ""), (["-c", "-D", "p", "u"], "Error: -c and -D cannot be used together."),
                (["-b", "p", "u"], ""), (["-c"], "Error: -c argument given but"), (["-D", "p"], "Error: -D argument given but"),
                (["-U"], "Error: -U argument given but"), (["-b", "gone", "u", "p"], "gone"),
                (["-c", "-b", "p", "a:b", "x"], "Error: "), (["-D", "-U", "p"], "cannot be used together")]
        for words, text in rows:
            done = self.run_martlet(*words, program=self.symlink("mosquitto_passwd"))
            self.assertEqual(done.returncode, 1, f"{words}: {done.stdout}{done.stderr}")
            self.assertIn(text, done.stderr + done.stdout)

    def test_every_hash_is_read_by_the_broker(self):
        path = self.path("p")
        for i, kind in enumerate(("sha512", "sha512-pbkdf2", "argon2id")):
            words = ["-c"] if i == 0 else []
            done = self.run_martlet("passwd", "-H", kind, *words, "-b", path, kind, "pä ss")
            self.assertEqual(done.returncode, 0, done.stderr)
        broker = self.start(f"password_file {path}")
        for kind in ("sha512", "sha512-pbkdf2", "argon2id"):
            raw.connected(broker.address, kind, user=kind, pass_="pä ss").close()
            with raw.Raw(broker.address) as wrong:
                self.assertEqual(wrong.connect(kind, user=kind, pass_="pä s")["rc"], 5)

    def test_debians_broker_reads_what_martlet_writes(self):
        path, port = self.path("p"), Ports.take()
        self.add_password(path, "alice", "a b")
        path.chmod(0o644)
        self.write("peer.conf", f"user root\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {path}\n")
        peer = subprocess.Popen(["mosquitto", "-c", self.path("peer.conf")], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(case.end_if_alive, peer)
        eventually(lambda: self.is_up(port), "Debian's broker")
        Client(self, port, "c", user="alice", password="a b")

    def is_up(self, port):
        try:
            raw.Raw(("127.0.0.1", port)).close()
            return True
        except OSError:
            return False

    def test_files_in_clear_are_hashed(self):
        path = self.write("p", "alice:secret\nbob:other\n", 0o600)
        self.assertEqual(self.run_martlet("passwd", "-U", path).returncode, 0)
        self.assertNotIn("secret", path.read_text())
        broker = self.start(f"password_file {path}")
        raw.connected(broker.address, "c", user="bob", pass_="other").close()
