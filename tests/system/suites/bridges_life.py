"""When the broker's own bridges connect, to where and how: addresses, lazy and once, notifications, TLS, reload."""

import re
import subprocess

import raw
from bridges_out import Stub
from case import WAIT, Case, Ports, eventually
from tls import Authority


class Life(Case):
    def near(self, *lines, **options):
        return self.start("allow_anonymous true", *lines, file="near.conf", **options)

    def far(self, *lines, name="far", **options):
        return self.start("allow_anonymous true", "log_type all", *lines, file=f"{name}.conf", **options)

    def test_the_next_address_is_tried_at_once(self):
        far = self.far()
        near = self.near("connection b", f"addresses 127.0.0.1:{Ports.take()} 127.0.0.1:{far.port}", "restart_timeout 3600", "topic #")
        near.wait_log(rf"Bridge b connected to 127\.0\.0\.1:{far.port} ")

    def test_a_name_is_looked_up_and_a_wrong_one_is_an_error(self):
        far = self.far()
        near = self.near("connection b", f"addresses no..where:1 localhost:{far.port}", "topic #")
        near.wait_log(r"Bridge b cannot connect to no\.\.where:1: the name 'no\.\.where' cannot be looked up: .+\.")
        near.wait_log(rf"Bridge b connected to localhost:{far.port} ")

    def test_round_robin_goes_on_with_the_next_address(self):
        stubs = Stub(self), Stub(self)
        near = self.near("connection b", "addresses " + " ".join(f"127.0.0.1:{stub.port}" for stub in stubs), "restart_timeout 1",
                         "round_robin true", "topic #")
        first = stubs[0].accept()
        stubs[0].accepts(first)
        near.wait_log(r"Bridge b connected")
        first.close()
        stubs[1].accept()

    def test_a_refused_password_is_said(self):
        stub = Stub(self)
        near = self.near("connection b", f"address 127.0.0.1:{stub.port}", "remote_username u", "remote_password p", "topic #")
        far = stub.accept()
        stub.accepts(far, 5)
        near.wait_log(r"Bridge b \(127\.0\.0\.1:\d+\): the far end refused the connection: not authorised \(5\)\.")

    def test_lazy_connects_when_enough_messages_wait_and_leaves_when_none_come(self):
        far = self.far()
        near = self.near("connection b", f"address 127.0.0.1:{far.port}", "start_type lazy", "threshold 3", "idle_timeout 1", "topic # out 1")
        near.wait_log(r"Client local\..*\.b .*disconnected")
        watch, client = raw.connected(far.address, "watch"), raw.connected(near.address, "client")
        watch.subscribe("t/#")
        for i in (1, 2):
            client.publish_acked(f"t/{i}", str(i))
        self.assertNotIn("Connecting bridge", near.log())
        client.publish_acked("t/3", "3")
        self.assertEqual([watch.expect("PUBLISH")["topic"] for _ in range(3)], [b"t/1", b"t/2", b"t/3"])
        near.wait_log(r"Bridge b: no message for 1 s, the connection is closed until 3 wait\.")
        far.wait_log(r"Received DISCONNECT from .*\.b")
        client.publish_acked("t/4", "4")
        self.assertEqual(len(re.findall("Connecting bridge", near.log())), 1)

    def test_once_connects_once(self):
        stub = Stub(self)
        near = self.near("connection b", f"address 127.0.0.1:{stub.port}", "start_type once", "restart_timeout 1", "topic #")
        far = stub.accept()
        stub.accepts(far)
        near.wait_log(r"Bridge b connected")
        far.close()
        near.wait_log(r"Bridge b \(.*\): .+\.")
        stub.server.settimeout(1.5)
        with self.assertRaises(TimeoutError):
            stub.server.accept()

    def test_with_cleansession_nothing_is_queued(self):
        port = Ports.take()
        near = self.near("connection b", f"address 127.0.0.1:{port}", "cleansession true", "restart_timeout 1", "topic t/# out 1")
        near.wait_log(r"Bridge b cannot connect")
        client = raw.connected(near.address, "client")
        client.publish_acked("t/1", "lost")
        far = self.far(port=port)
        near.wait_log(r"Bridge b connected")
        watch = raw.connected(far.address, "watch")
        watch.subscribe("t/#")
        eventually(lambda: client.publish("t/2", "now") or watch.messages(), "a message through the bridge")
        self.assertNotIn("'t/1'", far.log())

    def test_notifications_stay_here_when_asked(self):
        stub = Stub(self)
        near = self.near("connection b", f"address 127.0.0.1:{stub.port}", "notifications_local_only true", "notification_topic my/state",
                         "topic x/#")
        far = stub.accept()
        flags = stub.first_packet(far)[7]
        self.assertEqual(flags & 4, 0, "a will")
        stub.accepts(far)
        near.wait_log(r"Bridge b connected")
        watch = raw.connected(near.address, "watch")
        watch.subscribe("my/state")
        got = watch.expect("PUBLISH")
        self.assertEqual((got["payload"], got["retain"]), (b"1", 1))
        raw.connected(near.address, "client").publish("x/1", "first")
        self.assertEqual(far.expect("PUBLISH")["topic"], b"x/1")

    def test_what_is_too_large_for_the_far_end_does_not_stop_the_rest(self):
        far = self.far("max_packet_size 1000")
        near = self.near("connection b", f"address 127.0.0.1:{far.port}", "bridge_max_packet_size 500", "topic t/# out 2")
        near.wait_log(r"Bridge b connected")
        watch, client = raw.connected(far.address, "watch"), raw.connected(near.address, "client")
        watch.subscribe("t/#")
        client.publish_acked("t/1", "x" * 600)
        client.publish_acked("t/2", "y")
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"t/2")

    def test_a_far_end_of_many_qos_2_in_flight(self):
        stub = Stub(self)
        near = self.near("connection b", f"address 127.0.0.1:{stub.port}", "topic # in 2")
        far = stub.accept()
        stub.first_packet(far)
        stub.accepts(far)
        watch = raw.connected(near.address, "watch")
        watch.subscribe("t/#")
        for i in range(1, 101):  # max_inflight_messages is 20
            far.publish(f"t/{i}", "x", 2, i)
        self.assertEqual(len([watch.expect("PUBLISH") for _ in range(100)]), 100)

    def reload(self, near, *lines):
        self.rewrite(near, "allow_anonymous true", *lines, file="near.conf")
        near.reload()

    def test_a_reload_concerns_the_bridge_that_changed(self):
        far, other = self.far(), self.far(name="other")
        one = ("connection one", f"address 127.0.0.1:{far.port}", "topic a/# out 1")
        two = ("connection two", f"address 127.0.0.1:{far.port}", "bridge_reload_type immediate", "topic b/# out 1")
        near = self.near(*one, *two)
        near.wait_log(r"Bridge one connected")
        near.wait_log(r"Bridge two connected")
        moved = (two[0], f"address 127.0.0.1:{other.port}", *two[2:])
        three = ("connection three", f"address 127.0.0.1:{other.port}", "topic c/# out 1")
        self.reload(near, *one, *moved, *three)
        near.wait_log(rf"Bridge two connected to 127\.0\.0\.1:{other.port} ")
        near.wait_log(r"Bridge three connected")
        watch, client = raw.connected(other.address, "watch"), raw.connected(near.address, "client")
        watch.subscribe("#")
        client.publish_acked("b/1", "x")
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"b/1")
        self.reload(near, *one, *three)
        near.wait_log(r"Bridge two is gone from the configuration: its session ends\.")
        client.publish_acked("b/2", "x")
        client.publish_acked("c/1", "x")
        self.assertEqual(watch.wait_for("PUBLISH")["topic"], b"c/1")
        self.assertEqual(len(re.findall(r"Bridge one connected", near.log())), 1)
        self.assertNotIn("Bridge one (", near.log())

    def test_a_reload_mends_a_bridge_that_cannot_connect(self):
        far = self.far()
        near = self.near("connection b", f"address 127.0.0.1:{Ports.take()}", "restart_timeout 3600", "topic a/# out 1")
        near.wait_log(r"Bridge b cannot connect")
        client = raw.connected(near.address, "client")
        client.publish_acked("a/1", "kept")
        watch = raw.connected(far.address, "watch")
        watch.subscribe("a/#")
        self.reload(near, "connection b", f"address 127.0.0.1:{far.port}", "restart_timeout 3600", "topic a/# out 1")
        near.wait_log(r"Bridge b connected")
        self.assertEqual(watch.expect("PUBLISH")["payload"], b"kept")

    def test_a_reload_of_the_same_lines_connects_nobody_again(self):
        stub = Stub(self)
        lines = ("connection b", f"address 127.0.0.1:{stub.port}", "start_type once", "topic a/# out 1")
        near = self.near(*lines)
        far = stub.accept()
        stub.accepts(far)
        near.wait_log(r"Bridge b connected")
        self.reload(near, *lines)
        far.close()
        near.wait_log(r"Bridge b \(.*\): .+\.")
        self.reload(near, *lines)
        client = raw.connected(near.address, "client")
        client.publish_acked("a/1", "x")
        self.assertEqual(len(re.findall("Connecting bridge", near.log())), 1)

    def test_lazy_changes_wait_for_the_next_connection(self):
        far = self.far()
        near = self.near("connection b", f"address 127.0.0.1:{far.port}", "restart_timeout 1", "topic a/# out 1")
        near.wait_log(r"Bridge b connected")
        self.reload(near, "connection b", f"address 127.0.0.1:{far.port}", "restart_timeout 1", "topic b/# out 1")
        near.wait_log(r"Bridge b: its new settings hold from its next connection on\.")
        with raw.connected(far.address, "thief") as thief:
            taken = raw.Raw(far.address)
            taken.connect(re.search(r"as (\S+\.b)\.", near.log()).group(1))
            near.wait_log(r"Bridge b connected", 2)
            watch, client = raw.connected(far.address, "watch"), raw.connected(near.address, "client")
            watch.subscribe("a/#", "b/#")
            client.publish_acked("a/1", "old")
            client.publish_acked("b/1", "new")
            self.assertEqual(watch.expect("PUBLISH")["topic"], b"b/1")
            thief.leave()


class Tls(Case):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory)
        self.authority.sign("server")

    def far(self, *lines):
        port = Ports.take()
        return self.start(f"listener {port} 127.0.0.1", "allow_anonymous true", *lines, file="far.conf", port=port)

    def certified(self):
        return self.far(f"certfile {self.path('server.crt')}", f"keyfile {self.path('server.key')}")

    def near(self, far, *lines, host="127.0.0.1"):
        return self.start("allow_anonymous true", "connection b", f"address {host}:{far.port}", "restart_timeout 1", "topic # both 1", *lines,
                          file="near.conf")

    def check_passes(self, near, far):
        near.wait_log(r"Bridge b connected")
        watch, client = raw.connected(near.address, "watch"), raw.connected(near.address, "client")
        watch.subscribe("big")
        client.publish_acked("big", "x" * 300_000)
        self.assertEqual(len(watch.expect("PUBLISH")["payload"]), 300_000)
        eventually(lambda: "disconnected" not in far.log() or True, "the message's way")

    def test_a_certificate_is_checked(self):
        far = self.certified()
        self.check_passes(self.near(far, f"bridge_cafile {self.path('ca.crt')}"), far)

    def test_an_authority_that_did_not_sign_it(self):
        Authority(self.directory, "stranger")
        far = self.certified()
        near = self.near(far, f"bridge_cafile {self.path('stranger.crt')}")
        near.wait_log(r"Bridge b \(.*\): TLS handshake failed: .*certificate.*\.")
        self.assertNotIn("Bridge b connected", near.log())

    def test_a_client_certificate(self):
        self.authority.sign("edge", "/CN=edge")
        far = self.far(f"certfile {self.path('server.crt')}", f"keyfile {self.path('server.key')}", f"cafile {self.path('ca.crt')}",
                       "require_certificate true", "use_identity_as_username true")
        self.near(far, f"bridge_cafile {self.path('ca.crt')}", f"bridge_certfile {self.path('edge.crt')}",
                  f"bridge_keyfile {self.path('edge.key')}")
        far.wait_log(r"as \S+\.b \(p4, c0, k60, u'edge'\)")

    def test_a_pre_shared_key(self):
        self.write("psk", "edge:c0ffee\n", 0o600)
        far = self.far("psk_hint h", f"psk_file {self.path('psk')}", "use_identity_as_username true")
        self.near(far, "bridge_identity edge", "bridge_psk c0ffee")
        far.wait_log(r"as \S+\.b \(p4, c0, k60, u'edge'\)")

    def test_ocsp_is_not_left_out_in_silence(self):
        far = self.certified()
        near = self.near(far, f"bridge_cafile {self.path('ca.crt')}", "bridge_require_ocsp true")
        near.wait_log(r"Error: Bridge b is not run: bridge_require_ocsp asks for OCSP stapling, which is not built\.")
        self.assertNotIn("Connecting bridge", near.log())
