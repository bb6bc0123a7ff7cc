"""Ways in for a mesh community: plain and TLS side by side, habits of mosquitto, meshes that meet, and bad links (mission M0)."""

import json
import signal
import ssl
import subprocess
from pathlib import Path

import raw
from case import WAIT, Ports, eventually, long
from paho_client import Client
from slow_link import SlowLink
from suites.tls import TlsCase

VECTORS = json.loads((Path(__file__).parents[2] / "telemetry/data/meshtastic-vectors.json").read_text())
ENCRYPTED = [bytes.fromhex(one["payload_hex"]) for one in VECTORS["binary"] if "/2/e/" in one["topic"]]
ROOT = "msh/EU_868/2/e/LongFast"


class Ways(TlsCase):
    def test_M0_10_plain_and_tls_side_by_side(self):
        plain, secure = Ports.take(), Ports.take()
        broker = self.start("allow_anonymous false", f"password_file {self.passwords(uplink='uplink')}", f"listener {plain} 127.0.0.1",
                            f"listener {secure} 127.0.0.1", *self.tls_lines(), port=plain)
        node = Client(self, plain, "!00000001", user="uplink", password="uplink")
        # The firmware believes any certificate (setInsecure).
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        broker.port = secure
        other, answer = self.connected(broker, "!00000002", trusting, user="uplink", pass_="uplink")
        self.assertEqual(dict(answer[1])["rc"], 0)
        other.subscribe("msh/#")
        node.subscribe("msh/#")
        node.publish(f"{ROOT}/!00000001", "by plain TCP", 1)
        other.publish_acked(f"{ROOT}/!00000002", "by TLS")
        node.wait(lambda: len(node.messages) == 2, "both messages")
        both = {(f"{ROOT}/!00000001", "by plain TCP"), (f"{ROOT}/!00000002", "by TLS")}
        self.assertEqual(set(node.messages), both)
        self.assertEqual(set(other.messages()), both)
        wrong, answer = self.connected(broker, "!00000003", trusting, user="uplink", pass_="large4cats")
        self.assertEqual(dict(answer[1])["rc"], 5)

    def test_M0_19_the_habits_of_mosquitto_carry_over(self):
        """A configuration, a password file and commands as people have them, with Debian's programs and with ours by their names."""
        port, passwd = Ports.take(), self.path("passwd")

        def ran(program, *arguments, **options):
            done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=WAIT, check=False, **options)
            self.assertEqual(done.returncode, 0, f"{program} {arguments}: {done.stderr}")
            return done.stdout
        ran("mosquitto_passwd", "-b", "-c", passwd, "uplink", "uplink")
        broker = self.start("# /etc/mosquitto/conf.d/mesh.conf", "per_listener_settings false", f"pid_file {self.path('mosquitto.pid')}",
                            "persistence true", f"persistence_location {self.directory}/", "log_dest stderr", "log_type all",
                            f"listener {port} 127.0.0.1", "protocol mqtt", "allow_anonymous false", f"password_file {passwd}",
                            f"acl_file {self.write('acl', 'user uplink' + chr(10) + 'topic readwrite msh/#' + chr(10))}",
                            "max_inflight_messages 20", port=port)
        for prefix in ("", self.directory):
            sub, pub = ("mosquitto_sub", "mosquitto_pub") if not prefix else (self.symlink("mosquitto_sub"), self.symlink("mosquitto_pub"))
            login = ("-h", "127.0.0.1", "-p", port, "-u", "uplink", "-P", "uplink")
            ran(pub, *login, "-t", "msh/EU_868/2/stat/!1", "-m", "online", "-r", "-q", "1")
            self.assertEqual(ran(sub, *login, "-t", "msh/#", "-v", "-C", "1", "-W", "5"), "msh/EU_868/2/stat/!1 online\n")
            url = f"mqtt://uplink:uplink@127.0.0.1:{port}/msh/EU_868/2/stat/!1"
            self.assertEqual(ran(sub, "-L", url, "-C", "1", "-W", "5", "-F", "%t %q %r %p"), "msh/EU_868/2/stat/!1 0 1 online\n")
        # A new user, and SIGHUP.
        ran(self.symlink("mosquitto_passwd"), "-b", passwd, "operator", "secret")
        broker.send(signal.SIGHUP)
        operator = eventually(lambda: (done := subprocess.run(
            ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-u", "operator", "-P", "secret", "-t", "x", "-m", "y"],
            capture_output=True, timeout=WAIT, check=False)).returncode == 0 and done, "the new user")
        self.assertEqual(operator.stderr, b"")

    def test_M0_26_meshes_that_meet(self):
        """A gateway with downlink on hears what gateways of other meshes uplink, byte for byte; one that only uplinks hears nothing."""
        self.assertGreater(len(ENCRYPTED), 3)
        acl = self.write("acl", "user uplink\ntopic write msh/#\nuser meeting\ntopic readwrite msh/#\n")
        broker = self.start("allow_anonymous false", f"password_file {self.passwords(uplink='uplink', meeting='meeting')}", f"acl_file {acl}",
                            "shards 3")

        def gateway(name, user, **fields):
            node = raw.connected(broker.address, name, user=user, pass_=user, keepalive=15, **fields)
            # As the firmware does: the channels with downlink, from all gateways, at QoS 1.
            node.subscribe(f"{ROOT}/+", "msh/EU_868/2/e/PKI/+", qos=1)
            return node
        ours, theirs, quiet = gateway("!0000000a", "meeting"), gateway("!0000000b", "meeting"), gateway("!0000000c", "uplink")
        for payload in ENCRYPTED:
            theirs.publish(f"{ROOT}/!0000000b", payload)
            quiet.publish(f"{ROOT}/!0000000c", payload)
        theirs.ping()
        quiet.ping()
        for sender in ("b", "c"):
            self.assertEqual(self.payloads(ours, f"{ROOT}/!0000000{sender}", len(ENCRYPTED)), ENCRYPTED)
        self.assertEqual(quiet.messages(), [])
        # The other way round, and again after it was away.
        ours.publish(f"{ROOT}/!0000000a", ENCRYPTED[0])
        self.assertEqual(self.payloads(theirs, f"{ROOT}/!0000000a", 1), ENCRYPTED[:1])
        ours.close()
        ours = gateway("!0000000a", "meeting")
        theirs.publish(f"{ROOT}/!0000000b", ENCRYPTED[1])
        self.assertEqual(self.payloads(ours, f"{ROOT}/!0000000b", 1), ENCRYPTED[1:2])

    @staticmethod
    def payloads(client, topic, count):
        """The next `count` payloads on that topic; what comes on others is left for later calls."""
        found, aside = [], []
        while len(found) < count:
            packet = client.receive()
            is_it = packet[0] == "PUBLISH" and dict(packet[1])["topic"].decode() == topic
            found.append(dict(packet[1])["payload"]) if is_it else aside.append(packet)
        client.aside = aside + client.aside
        return found


class BadLinks(TlsCase):
    @long(14)
    def test_M0_28_narrow_and_slow_links_lose_nothing(self):
        """Round trips of 1.2 s at 2,000 bytes a second, plain and over TLS: no session is lost, no message lost or doubled."""
        plain, secure = Ports.take(), Ports.take()
        broker = self.start("allow_anonymous true", f"listener {plain} 127.0.0.1", f"listener {secure} 127.0.0.1", *self.tls_lines(),
                            port=plain)
        near = raw.connected(broker.address, "near", keepalive=0)
        near.subscribe("up/#", qos=1)
        slow = SlowLink(self, broker.address, 0.6, 2000)
        over_tls = SlowLink(self, ("127.0.0.1", secure), 0.6, 4000)
        broker.port = over_tls.address[1]
        safe = self.login(broker, "safe", keepalive=60)
        node = raw.Raw(slow.address)
        self.addCleanup(node.close)
        node.send("CONNECT", id="node", clean=0, keepalive=2)
        self.assertEqual(node.expect("CONNACK")["rc"], 0)
        self.assertEqual(node.subscribe("down/#", qos=1), [1])
        # A packet that takes longer than the keep alive allows for silence.
        large = "x" * 7000
        node.publish("up/large", large, 1, 1)
        safe.publish("up/safe", large, 1, 1)
        self.assertEqual(node.wait_for("PUBACK")["rc"], 0)
        self.assertEqual(safe.wait_for("PUBACK")["rc"], 0)
        self.assertEqual(sorted(topic for topic, _ in near.messages()), ["up/large", "up/safe"])
        # Downwards, with a break in the middle. What was not acknowledged comes again in the same session.
        for i in range(30):
            near.publish_acked(f"down/{i}", "y" * 100)
        got = []
        while len(got) < 8:
            got.append(self.take(node))
        slow.cut()
        broker.wait_log("Client node .* disconnected")
        near.publish_acked("down/30", "while it was away")
        again = raw.Raw(slow.address)
        self.addCleanup(again.close)
        again.send("CONNECT", id="node", clean=0, keepalive=60)
        self.assertEqual(again.expect("CONNACK")["session"], 1)
        while "down/30" not in got:
            got.append(self.take(again))
        self.assertEqual(list(dict.fromkeys(got)), [f"down/{i}" for i in range(31)], "all of them, in order")
        self.assertNotIn("exceeded timeout", broker.log())

    @staticmethod
    def take(client):
        packet = dict(client.expect("PUBLISH"))
        client.send("PUBACK", id=packet["id"])
        return packet["topic"].decode()
