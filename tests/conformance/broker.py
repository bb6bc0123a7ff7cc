"""Brokers that a run starts itself, one for each configuration that its cases ask for."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import cases


class Broker:
    """A broker that this run starts: a directory with its configuration, and a free port."""

    def __init__(self, command, config, files):
        self.trouble = None
        self.directory = tempfile.mkdtemp(prefix="conformance-")
        os.chmod(self.directory, 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = ("127.0.0.1", port)
        for name, body in files.items():
            self.write(name, body)
        lines = [f"listener {port} 127.0.0.1"]
        lines += [line.replace("$dir", self.directory) for line in config]
        if not any(line.startswith("allow_anonymous") for line in config):
            lines.append("allow_anonymous true")
        conf = self.write("broker.conf", "\n".join(lines) + "\n")
        self.log = open(os.path.join(self.directory, "log"), "w+b")
        self.command = cases.split_command(command, port=port, conf=conf)
        self.run()

    def run(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )

    def restart(self, number):
        """None once it has ended by this signal and accepts connections again, else why not."""
        self.process.send_signal(number)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            return "it does not end"
        if code != (-number if number == signal.SIGKILL else 0):
            return f"it ended with exit code {code}"
        self.run()
        return self.wait()

    def write(self, name, body):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(body)
        os.chmod(path, 0o644)
        return path

    def wait(self):
        """None once it accepts connections, else its last words."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(self.address, 1).close()
                return None
            except OSError:
                time.sleep(0.02)
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-1000:] or "it does not accept connections"

    def stop(self):
        """Its exit code; 0 as well for one that did not start, which has failed its cases."""
        self.process.terminate()
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "killed"
        self.log.close()
        shutil.rmtree(self.directory)
        return 0 if self.trouble else code


def start(command, chosen):
    """{Case.broker: Broker}; one that does not start has its last words in `trouble`."""
    brokers = {}
    for case in chosen:
        if case.broker not in brokers:
            brokers[case.broker] = Broker(command, case.config, case.files)
    for broker in brokers.values():
        broker.trouble = broker.wait()
    return brokers
