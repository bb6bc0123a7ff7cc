"""A broker with telemetry and its API: what somebody who publishes by MQTT and asks over HTTP needs."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import raw
from case import Case, Ports, eventually


ADMIN, PASSWORD = "admin", "correct horse battery"


class Api:
    """The API of one broker, as its administrator unless told otherwise."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.token = None

    def set_up(self, log):
        """By the link of a first start: makes the admin, and a token that is used from now on."""
        secret = re.search(r"/setup#(\S+)", log).group(1)
        made = self.request("POST", "/api/v1/setup", {"token": secret, "name": ADMIN, "password": PASSWORD})
        if made[0] != 200:
            raise AssertionError(f"setup: {made}")
        cookie, csrf = made[1]["Set-Cookie"].split(";")[0], json.loads(made[2])["csrf_token"]
        made = self.request("POST", "/api/v1/tokens", {"name": "tests", "role": "admin"},
                            {"Cookie": cookie, "X-CSRF-Token": csrf})
        if made[0] != 201:
            raise AssertionError(f"token: {made}")
        self.token = json.loads(made[2])["token"]

    def request(self, method, path, body=None, headers=()):
        """(status, headers, bytes)."""
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=dict(headers))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def get(self, path, **query):
        """The JSON of a good answer."""
        if query:
            path += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)  # a plus is a plus
        status, _, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body[:500]}")
        return json.loads(body)

    def text(self, path):
        status, _, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body[:500]}")
        return body.decode()

    def post(self, path, body=None, status=(200, 201, 202, 204)):
        got, _, answer = self.request("POST", path, {} if body is None else body)
        if got not in status:
            raise AssertionError(f"POST {path}: {got} {answer[:500]}")
        return json.loads(answer) if answer else None


class Telemetry(Case):
    """start_telemetry() gives self.broker and self.api."""

    def start_telemetry(self, *lines):
        self.http_port = Ports.take()
        self.lines = ("telemetry true", f"listener {self.http_port} 127.0.0.1", "protocol http", *lines)
        self.mqtt_port = Ports.take()
        self.begin()
        self.api = Api(self.http_port)
        self.api.set_up(self.broker.log())
        return self.broker

    def begin(self):
        """Starts the broker with the lines of start_telemetry(), as often as a test wants."""
        self.publishers = {}
        location = f"persistence_location {self.directory}"
        self.broker = self.start(f"listener {self.mqtt_port} 127.0.0.1", "allow_anonymous true", *self.lines, location,
                                 port=self.mqtt_port)

    def publish(self, topic, payload, qos=1, retain=0, client_id="device"):
        """One message of a client that stays connected; with QoS 1 and 2 the broker has it when this returns."""
        if isinstance(payload, (dict, list, int, float)):
            payload = json.dumps(payload)
        if isinstance(payload, str):
            payload = payload.encode()
        if client_id not in self.publishers:
            self.publishers[client_id] = raw.connected(self.broker.address, client_id)
            self.addCleanup(self.publishers[client_id].close)
        client = self.publishers[client_id]
        client.publish(topic, payload, qos, 1, retain=retain)
        if qos == 1:
            client.expect("PUBACK")
        if qos == 2:
            client.expect("PUBREC")
            client.send("PUBREL", id=1)
            client.expect("PUBCOMP")

    def sources(self, kind=None):
        """As the API lists them, each with its series."""
        return self.api.get("/api/v1/sources", series="true", limit=10_000, **({"kind": kind} if kind else {}))["sources"]

    def source(self, kind, name):
        """The source once it is there."""
        def find():
            return next((s for s in self.sources(kind) if s["id"] == name), None)
        return eventually(find, lambda: f"source {kind} {name} among {self.sources()}")

    def series(self, kind, name):
        """metric: row, of what the source has."""
        return {row["metric"]: row for row in self.source(kind, name)["series"]}

    def values(self, kind, name):
        """metric: last value."""
        return {metric: row["value"] for metric, row in self.series(kind, name).items()}

    def wait_values(self, kind, name, wanted):
        """Waits until these metrics have these last values; all of its series."""
        def has_come():
            rows = self.values(kind, name)
            return all(metric in rows and is_same(rows[metric], value) for metric, value in wanted.items())
        eventually(has_come, lambda: f"{wanted} of {self.values(kind, name)}")
        return self.series(kind, name)

    def samples(self, kind, name, metric, **query):
        """[[time, value...]] of one series."""
        return self.api.get(f"{source_path(kind, name)}/samples", metric=metric, **query)["points"]

    def events(self, **query):
        return self.api.get("/api/v1/events", **query)["events"]

    def outcomes(self, **query):
        return self.api.get("/api/v1/outcomes", **query)["outcomes"]

    def wait_outcome(self, **wanted):
        """The line of /outcomes that has these members."""
        def find():
            return next((line for line in self.outcomes() if all(line.get(k) == v for k, v in wanted.items())), None)
        return eventually(find, lambda: f"{wanted} among {self.outcomes()}")


def source_path(kind, name):
    return f"/api/v1/sources/{kind}:{urllib.parse.quote(name, safe='')}"


def is_same(value, wanted):
    """Floating point: what a 32-bit number holds is not told exactly."""
    if isinstance(wanted, float) and isinstance(value, (int, float)):
        return abs(value - wanted) <= 1e-6 * max(1, abs(wanted))
    return value == wanted
