"""MQTT over WebSocket with clients that others wrote: paho, MQTT.js in Node, and MQTT.js on a page in a headless Chromium."""

import http.server
import json
import subprocess
import threading
from pathlib import Path

import case
from case import WAIT, Ports, eventually, long
from other_clients import HERE, NodeCase, need
from paho_client import Client

EXPECTED_OF_PAGE = sorted([["page/0", "from the page"], ["page/1", "from the page"], ["page/2", "from the page"],
                           *[["page/large", size] for size in (200, 70_000, 1_000_000)]], key=str)


class Paho(case.Case):
    def start_both(self):
        """A listener for websockets and one for http, on one broker."""
        port, web = Ports.take(), Ports.take()
        broker = self.start(f"listener {port} 127.0.0.1", "protocol websockets", f"listener {web} 127.0.0.1", "protocol http",
                            f"listener {(plain := Ports.take())} 127.0.0.1", "allow_anonymous true", port=port)
        broker.web, broker.plain = web, plain
        return broker

    def test_M1_7_a_client_of_anothers_make_sees_the_topic_over_websocket(self):
        broker = self.start_both()
        for version in (3, 4, 5):
            over_ws = Client(self, broker.port, f"ws{version}", version=version, path="/mqtt")
            over_web = Client(self, broker.web, f"web{version}", version=version, path="/mqtt", host="localhost")
            for reader in (over_ws, over_web):
                self.assertEqual(reader.subscribe("home/#", 2), [2])
            sender = Client(self, broker.plain, f"sender{version}", version=version)
            for qos in range(3):
                sender.publish("home/temperature", f"{qos}", qos)
            for reader in (over_ws, over_web):
                reader.wait(lambda: len(reader.messages) == 3, "three messages")
                self.assertEqual(sorted(reader.messages), [("home/temperature", f"{qos}") for qos in range(3)])

    def test_M2_17_an_app_publishes_and_receives_over_websocket(self):
        broker = self.start_both()
        app = Client(self, broker.port, "app", version=4, path="/mqtt")
        device = Client(self, broker.plain, "device")
        for client in (app, device):
            client.subscribe("device/#", 1)
        app.publish("device/command", "on", 1)
        device.wait(lambda: ("device/command", "on") in device.messages, "the command")
        device.publish("device/state", "x" * 200_000, 1)
        app.wait(lambda: len(app.messages) == 2, "the answer")
        self.assertEqual(app.messages, [("device/command", "on"), ("device/state", "x" * 200_000)])


class Node(NodeCase):
    def test_M1_7_mqttjs_in_node(self):
        port = Ports.take()
        broker = self.start(f"listener {port} 127.0.0.1", "protocol websockets", "allow_anonymous true", port=port)
        for told in self.run_node(broker, "versions", f"ws://127.0.0.1:{port}/mqtt"):
            self.assertEqual(told["granted"], [2])
            self.assertEqual(told["got"], [[f"js/{qos}", f"version {told['version']}", qos] for qos in range(3)])


class Site(http.server.ThreadingHTTPServer):
    """Serves the page and takes its results."""

    def __init__(self, script):
        self.files = {"/": ("text/html", (HERE / "mqttjs/page.html").read_bytes()), "/mqtt.js": ("text/javascript", script)}
        self.results = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        kind, body = self.server.files.get(self.path, ("text/plain", b""))
        self.answer(200 if body else 404, kind, body)

    def do_POST(self):
        self.server.results.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(204, "text/plain", b"")


class Browser(NodeCase):
    def browse(self, site, url):
        """The page's result, in a browser of its own."""
        before = len(site.results)
        chromium = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={self.path(f'browser{before}')}",
             f"http://127.0.0.1:{site.server_port}/#{url.replace(' ', '%20')}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: len(site.results) > before, f"the page's result from {url}", 25)
        finally:
            chromium.terminate()
            try:
                chromium.wait(WAIT)
            except subprocess.TimeoutExpired:
                chromium.kill()
                chromium.wait()
        return site.results[-1]

    def site(self):
        need(self, "chromium")
        script = Path(self.install()) / "node_modules/mqtt/dist/mqtt.min.js"
        site = Site(script.read_bytes())
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        return site

    @long(6)
    def test_M1_7_a_page_in_a_browser(self):
        site = self.site()
        port, web = Ports.take(), Ports.take()
        self.start(f"listener {port} 127.0.0.1", "protocol websockets", f"websockets_origin http://127.0.0.1:{site.server_port}",
                   f"listener {web} 127.0.0.1", "protocol http", "allow_anonymous true", port=port)
        told = self.browse(site, f"ws://127.0.0.1:{port}/mqtt")
        self.assertEqual(sorted(told.get("got", [told]), key=str), EXPECTED_OF_PAGE)
        # A PUBLISH before CONNECT: the browser is told, instead of the 1006 of a connection that broke.
        self.assertEqual(told["closed"], [1002, True])
        # The page is another site's for the HTTP listener, which was not told of it.
        self.assertIn("error", self.browse(site, f"ws://127.0.0.1:{web}/mqtt"))
