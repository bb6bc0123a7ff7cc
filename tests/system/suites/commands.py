"""The commands that ask a running broker: account, token, status, clients, kick, sources, get, watch."""

import json
import os
import re
import signal
import subprocess

import raw
from case import MARTLET, Case, Ports, eventually

PASSWORD = "correct horse battery"


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.http_port = Ports.take()
        self.mqtt_port = Ports.take()
        self.begin()

    def begin(self):
        self.broker = self.start(f"listener {self.mqtt_port} 127.0.0.1", "allow_anonymous true",
                                 f"listener {self.http_port} 127.0.0.1", "protocol http", "telemetry true",
                                 f"persistence_location {self.directory}/", "sys_interval 1", port=self.mqtt_port)

    def ask(self, *arguments, code=0, input=None, environment=None):
        """What the command says; on stderr when it is to fail."""
        done = self.run_martlet(*arguments, "--data", self.directory, input=input, environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr if code else done.stdout

    def publish(self, topic, text):
        done = self.run_martlet("pub", "-p", self.mqtt_port, "-t", topic, "-m", text)
        self.assertEqual(done.returncode, 0, done.stderr)

    def url(self, token, *arguments, code=0):
        done = self.run_martlet(*arguments, "--url", f"http://127.0.0.1:{self.http_port}",
                                environment={"MARTLET_TOKEN": token})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr if code else done.stdout

    def test_the_first_value_in_two_lines(self):
        self.publish("kitchen/temperature", "21.5")
        self.assertEqual(self.ask("get", "kitchen", "temperature"), "temperature 21.5 °C\n")
        self.assertRegex(self.ask("get", "kitchen"), r"temperature +21\.5 °C +\d+ s\n")
        self.assertEqual(json.loads(self.ask("get", "topic:kitchen", "temperature", "--json"))["value"], 21.5)
        self.assertRegex(self.ask("sources"), r"topic:kitchen +\S* *online +\d+ s ago")
        self.assertIn("Did you mean 'temperature'?", self.ask("get", "kitchen", "temprature", code=1))
        self.assertIn("There is no source 'ktchen'. Did you mean 'kitchen'?", self.ask("get", "ktchen", code=1))

    def test_watch_shows_each_value_once(self):
        self.publish("kitchen/temperature", "20")
        self.ask("get", "kitchen")
        watch = subprocess.Popen([MARTLET, "watch", "kitchen", "temperature", "--data", self.directory],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.assertRegex(watch.stdout.readline(), r"^\d\d:\d\d:\d\d  temperature 20 °C\n$")
        for value in (21, 22, 23):
            self.publish("kitchen/temperature", str(value))
        lines = [watch.stdout.readline() for _ in range(3)]
        self.assertEqual([line.split("  ", 1)[1] for line in lines],
                         [f"temperature {value} °C\n" for value in (21, 22, 23)])
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(10), 0)
        self.assertEqual(watch.stdout.read(), "")
        line = json.loads(self.ask("watch", "kitchen", "-n", "1", "--json"))
        self.assertEqual((line["metric"], line["value"], line["unit"]), ("temperature", 23, "°C"))

    def test_accounts_and_tokens_without_a_browser(self):
        self.assertIn("no account yet", self.ask("account", "list"))
        self.assertIn("first account must be an admin", self.ask("account", "add", "eve", "--role", "viewer", "--password", PASSWORD, code=1))
        said = self.ask("account", "add", "anna", input=f"{PASSWORD}\n")
        self.assertIn("Account anna (admin) is made", said)
        self.ask("account", "add", "eve", "--password", PASSWORD)
        self.assertRegex(self.ask("account", "list"), r"anna +admin\neve +viewer\n")
        self.assertIn("10 to 1024 bytes", self.ask("account", "password", "eve", "--password", "short", code=1))
        self.ask("account", "password", "anna", "--password", PASSWORD + "!")
        self.assertIn("an admin must remain", self.ask("account", "remove", "anna", code=1))
        self.ask("account", "role", "eve", "operator")
        self.ask("account", "remove", "eve")
        token = self.ask("token", "add", "grafana").strip()
        self.assertRegex(token, r"^[0-9a-f]{64}$")
        self.assertIn("pages and API", self.url(token, "status"))
        self.assertIn("needs the role", self.url(token, "kick", "nobody", code=1))
        listed = self.ask("token", "list")
        self.assertRegex(listed, r"\S+ +grafana +viewer +\(local\)")
        self.ask("token", "remove", listed.splitlines()[1].split()[0])
        self.assertIn("does not know this token", self.url(token, "status", code=2))
        self.assertEqual(os.stat(self.path("local.key")).st_mode & 0o777, 0o600)

    def test_clients_are_listed_and_kicked(self):
        with raw.connected(self.broker.address, "press/07") as client:
            self.assertRegex(self.ask("clients"), r"press/07 +online +127\.0\.0\.1:\d+ +")
            self.assertIn("press/07", self.ask("clients", "--json"))
            eventually(lambda: re.search(r"^clients +1 connected of 1 known$", self.ask("status"), re.M), "the values of now")
            self.assertIn("the connection is ended", self.ask("kick", "press/07"))
            self.assertTrue(raw.ends_within(client, 5))
        self.assertIn("There is no client 'nobody'", self.ask("kick", "nobody", code=1))

    def test_who_is_not_reached_is_told_why(self):
        self.assertIn("does not know this token", self.url("0" * 64, "status", code=2))
        self.assertIn("needs a token", self.run_martlet("status", "--url", "http://127.0.0.1:1").stderr)
        self.assertIn("Nobody answers at http://127.0.0.1:1 ",
                      self.run_martlet("status", "--url", "http://127.0.0.1:1", "--token", "t").stderr)
        self.broker.process.kill()
        self.broker.process.wait()
        self.forget(self.broker)
        self.assertIn("does not run", self.ask("status", code=2))
        self.begin()
        self.ask("status")
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        said = self.ask("status", code=2)
        self.assertIn("No running broker with pages was found", said)
        self.assertIn(f"{self.directory}/local.key", said)
