"""A start or a reload goes on with what works, and says loudly what does not: log files that cannot be opened, wrong lines of
password files, files that cannot be taken over at SIGHUP, users and groups."""

import os
import pwd
import re
import signal
import subprocess

import case
import raw
from case import Case, Ports, eventually, other_user

GROUPS_OF_ROOT = [0, 4, 6, 27]


class LogFile(Case):
    def start_as_other(self, *lines, wait=True):
        user = other_user() if os.getuid() == 0 else None
        if user is None:
            self.skipTest("this needs root and somebody to drop to")
        port = Ports.take()
        self.write("m.conf", "\n".join((f"user {user.pw_name}", "shards 1", f"listener {port} 127.0.0.1",
                                        "allow_anonymous true", *lines)) + "\n")
        broker = self.launch(["-c", self.path("m.conf")], port=port)
        self.brokers.append(broker)
        return broker.wait_ready() if wait else broker

    def test_it_serves_without_the_log_file(self):
        locked = self.path("locked")
        locked.mkdir(mode=0o755)
        for path, why in ((locked / "log", "Permission denied"), ("/nonexistent/log", "No such file or directory"),
                          (self.directory, "Is a directory")):
            broker = self.start_as_other(f"log_dest file {path}")
            raw.connected(broker.address, "c").ping()
            broker.wait_log(rf"Warning: Unable to open log file {path} for writing: {why}\..* serves all the same")
            broker.wait_log("as c ")  # stderr takes the place of the file

    def test_stderr_warns_when_the_log_goes_elsewhere(self):
        broker = self.start_as_other("log_dest file /nonexistent/log", "log_dest topic", wait=False)
        eventually(lambda: "Unable to open log file" in broker.output(), "the warning")
        eventually(lambda: self.answers(broker), "the start")

    def answers(self, broker):
        try:
            raw.connected(broker.address, "c").close()
            return True
        except OSError:
            return False

    def test_stdout_by_its_name_is_a_pipe_of_root(self):
        user = other_user() if os.getuid() == 0 else None
        if user is None:
            self.skipTest("this needs root and somebody to drop to")
        port = Ports.take()
        config = self.write("m.conf", f"user {user.pw_name}\nshards 1\nlistener {port} 127.0.0.1\nlog_dest file /dev/stdout\n")
        with subprocess.Popen([str(case.MARTLET), "serve", "-c", str(config)], stdout=subprocess.PIPE, text=True) as process:
            self.addCleanup(case.end_if_alive, process)
            lines = [process.stdout.readline() for _ in range(3)]
            process.terminate()
        self.assertRegex("".join(lines), "starting")


class Reload(Case):
    def check_new_log(self, spoil):
        """SIGHUP after logrotate and `spoil(broker)`: the log is new, the settings are old, and the reason is one line."""
        log = self.path("martlet.log")
        broker = self.start("allow_anonymous true", f"log_dest file {log}", log=log)
        broker.wait_log(" running")
        spoil(broker)
        log.rename(self.path("martlet.log.1"))
        broker.send(signal.SIGHUP)
        line = broker.wait_log(r".*Everything stays as it was\.$").group()
        self.assertNotIn("\\x0a", line)
        self.assertIn("Reloading config.", log.read_text())
        self.assertNotIn("Reloading", self.path("martlet.log.1").read_text())
        raw.connected(broker.address, "second").close()
        broker.wait_log("as second ")
        return line

    def add(self, text):
        path = self.path("martlet.conf")
        path.write_text(path.read_text() + text)

    def test_the_log_is_new_whatever_is_wrong_with_the_file(self):
        self.assertIn("add/remove listeners", self.check_new_log(lambda _: self.add(f"listener {Ports.take()} 127.0.0.1\n")))

    def test_a_wrong_key_is_one_line(self):
        line = self.check_new_log(lambda _: self.add("max_conections 5\n"))
        self.assertRegex(line, r"Unknown configuration variable 'max_conections'\. Error found at \S+:\d+\. Did you mean")

    def test_an_acl_file_with_a_wrong_line_is_refused(self):
        acl = self.write("acl", "topic read a\ntopik b\n")
        line = self.check_new_log(lambda _: self.add(f"acl_file {acl}\n"))
        self.assertIn("line 2: topik. Did you mean 'topic'?", line)


class PasswordLines(Case):
    def test_one_wrong_line_is_one_users_problem(self):
        users = self.passwords(ann="a", bob="b", carl="c")
        good = users.read_text()
        broken = re.sub(r"(?m)^carl:.*$", "carl:secret", good)
        users.write_text(broken)
        users.chmod(0o600)
        broker = self.start(f"password_file {users}")
        said = broker.wait_log(rf"Warning: Password file '{users}', line 3: user 'carl': .*Nobody comes in by this line").group()
        self.assertNotIn("secret", said)
        raw.connected(broker.address, "x", user="ann", pass_="a").ping()
        self.refused(broker, "carl", "secret")
        broker.wait_log("the line of this user in the password file is wrong")
        users.write_text(good)
        broker.reload()
        raw.connected(broker.address, "y", user="carl", pass_="c").ping()
        users.write_text(broken)
        broker.reload()
        self.refused(broker, "carl", "c")
        raw.connected(broker.address, "x", user="ann", pass_="a").ping()

    def refused(self, broker, user, password):
        with raw.Raw(broker.address) as client:
            self.assertEqual(client.connect("c", user=user, pass_=password)["rc"], 5)

    def test_strict_files_refuse(self):
        users = self.passwords(ann="a")
        users.write_text(users.read_text() + "carl:secret\n")
        listener = f"listener {Ports.take()} 127.0.0.1"
        said = self.refuses(listener, f"password_file {users}", "strict_files true", code=13)
        self.assertIn(f"Error: Password file '{users}', line 2: user 'carl': ", said)
        good = self.passwords("good", ann="a")
        broker = self.start(f"password_file {good}", "strict_files true")
        good.write_text(good.read_text() + "carl:secret\n")
        broker.reload(is_good=False)


class Rights(Case):
    def identity(self, user="", **environment):
        """(uid, gid, groups) of a broker that root starts with root's groups."""
        if os.getuid() != 0 or other_user() is None:
            self.skipTest("this needs root and somebody to drop to")
        self.write("m.conf", f"shards 1\nlistener {Ports.take()} 127.0.0.1\n{user}\n")
        broker = self.launch(["-c", self.path("m.conf")], environment=environment,
                             limits=lambda: os.setgroups(GROUPS_OF_ROOT)).wait_ready()
        status = dict(line.split(":", 1) for line in open(f"/proc/{broker.process.pid}/status", encoding="utf-8"))
        self.assertEqual(broker.stop(), 0)
        uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
        self.assertEqual((len(uids), len(gids)), (1, 1), "real, effective and saved")
        groups = {int(group) for group in status["Groups"].split()}
        self.assertFalse(groups & {0, 6, 27}, "root's other groups are gone")
        return int(uids.pop()), int(gids.pop()), groups

    def test_puid_and_pgid(self):
        self.assertEqual(self.identity(PUID="65534", PGID="65533"), (65534, 65533, {65533}))

    def test_puid_alone_takes_the_group_of_its_account(self):
        nobody = pwd.getpwuid(65534)
        self.assertEqual(self.identity(PUID="65534"), (65534, nobody.pw_gid, {nobody.pw_gid}))
        self.assertEqual(self.identity(PUID="4242"), (4242, 4242, {4242}))

    def test_pgid_alone_keeps_the_user(self):
        self.assertEqual(self.identity(PGID="4242"), (other_user().pw_uid, 4242, {4242}))
        nobody = pwd.getpwnam("nobody")
        self.assertEqual(self.identity("user nobody", PGID="4242"), (nobody.pw_uid, 4242, {4242}))

    def test_without_them_the_groups_are_the_users(self):
        self.assertEqual(self.identity()[0], other_user().pw_uid)

    def test_a_folder_of_root_says_how_it_is_given(self):
        user = other_user()
        if os.getuid() != 0 or user is None:
            self.skipTest("this needs root and somebody to drop to")
        locked = self.path("locked")
        locked.mkdir(mode=0o755)
        said = self.refuses(f"user {user.pw_name}", f"listener {Ports.take()} 127.0.0.1", "persistence true",
                            f"persistence_location {locked}", code=1)
        self.assertIn(f"Give it the folder: chown -R {user.pw_name} '{locked}'", said)


class CommandLine(Case):
    def test_flags_without_a_command_start_the_broker(self):
        port = Ports.take()
        self.write("m.conf", f"user root\nshards 1\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
        broker = self.launch(["-v", "-c", self.path("m.conf")], program=case.MARTLET, port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        raw.connected(broker.address, "c").ping()
        broker.wait_log("Sending PINGRESP to c")
        self.assertTrue(self.run_martlet("-p").stderr.startswith("Error: -p argument given"))

    def test_several_files_are_read_in_order(self):
        port = Ports.take()
        first = self.write("first.conf", "user root\nshards 1\nallow_anonymous true\nmax_keepalive 60\n")
        second = self.write("second.conf", f"listener {port} 127.0.0.1\nmax_keepalive 77\n")
        broker = self.launch(["-c", first, "-c", second], port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        with raw.Raw(broker.address, 5) as client:
            self.assertEqual(client.connect("c", keepalive=100)["server-keep-alive"], 77)

    def test_the_usage_has_the_bare_name(self):
        done = self.run_martlet("--help", program=self.symlink("mosquitto"))
        self.assertTrue(done.stdout.startswith("Usage: mosquitto [-c"), done.stdout)

    def test_a_file_of_mosquitto_says_how_telemetry_and_pages_are_turned_on(self):
        broker = self.start("allow_anonymous true")
        broker.wait_log("Telemetry and pages are off. These lines turn them on: `telemetry true`; `listener 8080")
