"""Debian's paho (1.6.1) with waiting built in: each call returns when the broker has answered."""

import threading

import paho.mqtt.client as paho
from case import WAIT
from paho.mqtt.properties import Properties

VERSIONS = {3: paho.MQTTv31, 4: paho.MQTTv311, 5: paho.MQTTv5}


class Client:
    def __init__(self, test, port, client_id="", version=4, clean=True, user=None, password=None, host="127.0.0.1",
                 keepalive=60, will=None, properties=None, path=None):
        """`path`: over WebSocket, at that path."""
        self.version, self.news = version, threading.Condition()
        self.messages, self.packets, self.acks, self.codes, self.ends = [], [], set(), [], []
        options = {} if version == 5 else {"clean_session": clean}
        if path is not None:
            options["transport"] = "websockets"
        self.paho = paho.Client(client_id, protocol=VERSIONS[version], **options)
        if path is not None:
            self.paho.ws_set_options(path)
        self.paho.reconnect_delay_set(1, 1)
        if user is not None:
            self.paho.username_pw_set(user, password)
        if will:
            self.paho.will_set(*will)
        self.session_present, self.connack_properties, self.granted = None, None, {}
        self.paho.on_connect = self.on_connect
        self.paho.on_disconnect = lambda *arguments: self.note(self.ends, arguments[2])
        self.paho.on_message = self.on_message
        self.paho.on_publish = lambda _, __, mid: self.note(self.acks, mid)
        self.paho.on_subscribe = lambda _, __, mid, codes, *rest: self.on_granted(mid, codes)
        self.paho.on_unsubscribe = lambda _, __, mid, *rest: self.on_granted(mid, True)
        if version == 5:
            self.paho.connect(host, port, keepalive, clean_start=clean, properties=properties)
        else:
            self.paho.connect(host, port, keepalive)
        self.paho.loop_start()
        test.addCleanup(self.close)
        self.code = self.wait(lambda: self.codes, "CONNACK")[0]

    def note(self, where, what):
        with self.news:
            where.add(what) if isinstance(where, set) else where.append(what)
            self.news.notify_all()

    def on_connect(self, _, __, flags, code, properties=None):
        self.session_present, self.connack_properties = flags["session present"], properties
        self.note(self.codes, getattr(code, "value", code))

    def on_message(self, _, __, message):
        self.packets.append(message)
        self.note(self.messages, (message.topic, message.payload.decode()))

    def on_granted(self, mid, codes):
        with self.news:
            self.granted[mid] = codes
            self.news.notify_all()

    def wait(self, check, what):
        with self.news:
            assert self.news.wait_for(check, WAIT), f"paho waits for {what}; messages {self.messages[-5:]}, ends {self.ends}"
            return check()

    def subscribe(self, topic, qos=0):
        """The codes of the SUBACK."""
        _, mid = self.paho.subscribe(topic, qos)
        codes = self.wait(lambda: self.granted.get(mid), "SUBACK")
        return [getattr(code, "value", code) for code in codes]

    def unsubscribe(self, topic):
        _, mid = self.paho.unsubscribe(topic)
        self.wait(lambda: self.granted.get(mid), "UNSUBACK")

    def publish(self, topic, payload=None, qos=1, retain=False, properties=None):
        """Returns when it is acknowledged; with QoS 0 when it is sent."""
        info = self.paho.publish(topic, payload, qos, retain, properties)
        self.wait(lambda: info.mid in self.acks, f"the acknowledgement of {topic}")

    def expect(self, *messages):
        """These (topic, payload) and none else have come so far, in this order."""
        self.wait(lambda: len(self.messages) >= len(messages), f"{messages}")
        assert self.messages == list(messages), f"{self.messages} instead of {list(messages)}"

    def close(self):
        """Its thread ends by itself; to wait for it takes a second."""
        self.paho.disconnect()


def properties(kind, **values):
    made = Properties(kind)
    for name, value in values.items():
        setattr(made, name, value)
    return made
