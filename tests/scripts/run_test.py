#!/usr/bin/env python3
"""What ./run tells: its banner agrees with the configuration, and its errors say what to do."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARTLET = Path("martlet")
WAIT = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run(unittest.TestCase):
    """./run in a tree of its own, with a cmake that finds everything built."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="martlet-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o777)
        for name in ("bin", "build/release", "scripts", "data"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "data").chmod(0o777)
        shutil.copy(ROOT / "run", self.folder / "run")
        for name in ("ports.sh", "run.conf", "demo.conf"):
            shutil.copy(ROOT / "scripts" / name, self.folder / "scripts" / name)
        for name in ("bin/cmake", "scripts/packages.sh"):
            (self.folder / name).write_text("#!/bin/sh\nexit 0\n")
            (self.folder / name).chmod(0o755)
        (self.folder / "build/release/martlet").symlink_to(MARTLET)
        self.environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def start(self, *arguments):
        """What it prints until its banner is there; it goes on running until the test ends."""
        process = subprocess.Popen([self.folder / "run", *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.addCleanup(self.end, process)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if "hello/world" in line or "nobody can connect" in line:
                break
        return "\n".join(lines)

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT)
        process.stdout.close()

    def fail_with(self, *arguments):
        done = subprocess.run([self.folder / "run", *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=WAIT, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        return done.stderr

    def configure(self, *lines, end="\n"):
        path = self.folder / "my.conf"
        path.write_text("".join(line + end for line in lines), newline="")
        return path

    def test_a_file_that_is_not_there(self):
        self.assertIn("-c needs the name of a configuration file: ./run -c my.conf", self.fail_with("-c"))
        said = self.fail_with("-c", "other.conf")
        self.assertIn(f"other.conf cannot be read (looked for in {self.folder})", said)

    def test_pages_and_log_of_a_file(self):
        mqtt, http = free_port(), free_port()
        log = self.folder / "data/log"
        said = self.start("-c", self.configure(f"listener {mqtt} 127.0.0.1", "allow_anonymous true", f"log_dest file {log}",
                                               f"listener {http} 127.0.0.1", "protocol http", end="\r\n"))
        self.assertIn(f"MQTT on port {mqtt}\n", said)
        self.assertIn(f"pages     http://localhost:{http}; the link in the log creates the first account\n", said)
        self.assertIn("Its log goes where the file says.", said)
        self.assertIn("Pages and API", log.read_text(), "the banner comes after the lines that it speaks of")
        self.assertIn(f"sub -p {mqtt} -v", said)

    def test_a_file_with_passwords_and_without_pages(self):
        mqtt = free_port()
        passwords = self.folder / "data/passwords"
        subprocess.run([MARTLET, "passwd", "-c", "-b", passwords, "anna", "secret"], check=True, timeout=WAIT, capture_output=True)
        passwords.chmod(0o644)
        said = self.start("-c", self.configure(f"listener {mqtt} 127.0.0.1", f"password_file {passwords}"))
        self.assertIn("pages     none: the lines 'listener 8080 0.0.0.0' and 'protocol http'", said)
        self.assertIn("-u NAME -P PASSWORD -t hello/world", said)
        self.assertIn("Its log is here.", said)

    def test_a_file_that_lets_nobody_in(self):
        said = self.start("-c", self.configure(f"listener {free_port()} 127.0.0.1"))
        self.assertIn("nobody can connect: the file has neither 'allow_anonymous true' nor a password_file", said)

    def test_a_second_one_has_data_of_its_own(self):
        first, second = free_port(), free_port()
        said = self.start("-p", str(first))
        self.assertIn(f"data      {self.folder}/var\n", said)
        self.assertIn("the link in the log creates the first account; --http-address 0.0.0.0 opens them", said)
        self.assertIn(f"data      {self.folder}/var/port-{second}\n", self.start("-p", str(second)))


if __name__ == "__main__":
    MARTLET = Path(sys.argv.pop(1)).resolve()
    sys.exit(unittest.main())
