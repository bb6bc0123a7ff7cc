"""Carries out the steps of a case. README.md beside this file says what each means."""

import re
import signal
import time

import cases
import wire
from client import Client, Failed


def unroll(text):
    """`A && B` is two packets; `15* PUBLISH id=%` is 15, with % from 1 to 15."""
    for packet in text.split(" && "):
        times = re.match(r"(\d+)\* ", packet)
        for number in range(1, int(times[1]) + 1 if times else 2):
            yield packet[times.end() :].replace("%", str(number)) if times else packet


def first_word(text):
    match = re.match(r'("(?:[^"\\]|\\.)*"|\S+)\s*(.*)', text)
    return match[1], match[2]


class Run:
    """One case on one broker."""

    # What a field must be when a case does not say. Fields that are not here may be anything.
    DEFAULTS = {"session": "0", "rc": "0", "dup": "0", "qos": "0", "retain": "0", "payload": '""'}

    def __init__(self, case, address, options, broker=None):
        """`broker`: what can be stopped and started again; None: it is not ours."""
        self.case, self.address, self.options = case, address, options
        self.broker = broker
        self.level = cases.VERSIONS[case.version]
        unique = f"{options.salt}{case.number:06x}"
        self.names = {"id": unique, "t": unique}
        self.clients, self.packet_id, self.group = {}, 100, []

    def run(self):
        try:
            for line, text in self.case.steps + [(self.case.line, "end")]:
                try:
                    self.step(text)
                except (Failed, wire.Bad, cases.Mistake, OSError, ValueError, KeyError) as error:
                    kind = (
                        "" if isinstance(error, (Failed, wire.Bad)) else f"{type(error).__name__}: "
                    )
                    return f"{self.case.file}:{line}: {text}\n    {kind}{error}"
        finally:
            for client in self.clients.values():
                client.socket.close()
        return None

    def fill_in(self, text):
        return re.sub(r"\$\{?(\w+)\}?", lambda m: str(self.names.get(m[1], m[0])), text)

    def step(self, text):
        if self.group and not re.match(r"\w+\s*<~", text):
            self.settle_group()
        if text == "end":
            return
        text = self.fill_in(text)
        unordered = re.match(r"(\w+)\s*<~\s*(.*)", text)
        match = re.match(r"(\w+)\s*(>|<)\s*(.*)", text)
        if unordered:
            self.group.append((unordered[1], unordered[2]))
        elif match and match[2] == ">":
            self.send(match[1], match[3])
        elif match:
            self.expect(match[1], match[3])
        elif text.startswith("wait "):
            time.sleep(float(text[5:].rstrip("s")))
        elif text.startswith("check "):
            self.check(*text.split()[1:])
        elif text in ("broker stops", "broker dies"):
            self.restart(signal.SIGTERM if text == "broker stops" else signal.SIGKILL)
        else:
            who, verb, rest = (text.split(None, 2) + ["", ""])[:3]
            if not hasattr(self, "do_" + verb):
                raise cases.Mistake(f"unknown step {text!r}")
            getattr(self, "do_" + verb)(who, rest)

    def client(self, who):
        if who not in self.clients:
            self.clients[who] = Client(self.address, self.level)
        return self.clients[who]

    # Sending.

    def send(self, who, text, in_steps=False):
        data = b""
        client = self.client(who)
        for packet in unroll(text):
            name, _, rest = packet.partition(" ")
            found = cases.items(rest)
            keys = dict(found)
            if name == "CONNECT":
                # Bit 7 says that it is a bridge.
                client.level = int(keys.get("level") or client.level) & 0x7F
                found = found if "id" in keys else found + [("id", f"{self.names['id']}-{who}")]
            data += wire.encode(name, found, client.level)
        for part in [data[at : at + 1] for at in range(len(data))] if in_steps else [data]:
            client.send(part)

    # Expecting.

    def expect(self, who, text):
        wait = self.options.timeout
        limit = re.search(r"\s+within ([\d.]+)s$", text)
        if limit:
            wait, text = float(limit[1]), text[: limit.start()]
        if re.match(r"\d+\* ", text):
            for one in unroll(text):
                self.expect(who, one)
            return
        client = self.client(who)
        if text.startswith("NOTHING"):
            words = text.split()
            got = client.next(float(words[1].rstrip("s")) if len(words) > 1 else 0.3)
            if got:
                raise Failed(f"got {wire.show(got)}")
            return
        got = client.next(wait)
        if got is None:
            raise Failed("nothing came")
        whys = []
        for choice in text.split(" or "):
            before = dict(self.names)
            why = self.differs(choice, got, client)
            if not why:
                return
            self.names = before
            whys.append(why)
        raise Failed(f"got {wire.show(got)}: {'; '.join(whys)}")

    def settle_group(self):
        """Lines with <~: all must come, in any order."""
        group, self.group = self.group, []
        for who in dict.fromkeys(name for name, _ in group):
            left = [text for name, text in group if name == who]
            while left:
                got = self.client(who).next(self.options.timeout)
                if got is None:
                    raise Failed(f"nothing came for {left}")
                fits = [
                    text
                    for text in left
                    if not self.differs(text, got, self.client(who), keep=False)
                ]
                if not fits:
                    raise Failed(f"got {wire.show(got)}, which is none of {left}")
                self.differs(fits[0], got, self.client(who))
                left.remove(fits[0])

    def differs(self, text, got, client, keep=True):
        """Why `got` is not what `text` says; None when it is. Captures $names when it fits."""
        name, _, rest = text.partition(" ")
        before = dict(self.names)
        why = self.compare(name, cases.items(rest), got, client)
        if why or not keep:
            self.names = before
        return why

    def compare(self, name, found, got, client):
        got_name, fields, properties = got
        if name == "HEX":
            data = bytes.fromhex("".join(key for key, _ in found))
            raw = b"" if got_name == "CLOSED" else client.raw
            return None if data == raw else f"bytes {raw.hex(' ')}"
        if name != got_name:
            return f"not {name}"
        loose = ("...", None) in found
        said = {key for key, _ in found}
        for key in fields:
            if key not in said and key in self.DEFAULTS:
                found = found + [(key, self.DEFAULTS[key])]
        expected = {}
        for key, value in found:
            if key.startswith("!"):
                if key[1:] in dict(properties):
                    return f"{key[1:]} is there"
            elif key in fields:
                if not self.fits(value, fields[key]):
                    return f"{key} is not {value}"
            elif key in wire.PROPERTIES:
                expected.setdefault(key, []).append(value)
            elif key != "...":
                raise cases.Mistake(f"{name} has no {key!r}")
        for key, values in expected.items():
            why = self.compare_property(
                key, values, [value for other, value in properties if other == key]
            )
            if why:
                return why
        extra = {key for key, _ in properties} - set(expected)
        return f"unexpected {', '.join(sorted(extra))}" if extra and not loose else None

    def compare_property(self, key, values, actual):
        if key == "subscription-id":  # Their order means nothing.
            values, actual = sorted(values, key=lambda value: int(value, 0)), sorted(actual)
        if len(values) != len(actual):
            return f"{key} is there {len(actual)} times, not {len(values)}"
        wrong = [value for value, one in zip(values, actual) if not self.fits(value, one)]
        return f"{key} is not {wrong[0]}" if wrong else None

    def fits(self, value, actual):
        if value == "*":
            return True
        if isinstance(value, str) and re.fullmatch(r"\$\w+", value):
            self.names[value[1:]] = actual.decode() if isinstance(actual, bytes) else actual
            return True
        if isinstance(actual, bytes):
            return wire.to_bytes(value) == actual
        if isinstance(actual, list):
            codes = value.split(",") if value else []
            return len(codes) == len(actual) and all(map(self.fits, codes, actual))
        for choice in value.split("|"):
            low, _, high = choice.partition("..")
            if int(low, 0) <= actual <= int(high or low, 0):
                return True
        return False

    def restart(self, number):
        """The broker ends and is started again; all connections are gone."""
        if self.broker is None:
            raise cases.Mistake("a broker that this run did not start cannot be stopped")
        for client in self.clients.values():
            client.socket.close()
        self.clients.clear()
        why = self.broker.restart(number)
        if why:
            raise Failed(why)

    def check(self, left, operator, right):
        holds = {
            "!=": left != right,
            "==": left == right,
            "<": operator == "<" and int(left) < int(right),
        }[operator]
        if not holds:
            raise Failed(f"{left} {operator} {right} does not hold")

    # Short forms of what nearly every case does.

    def answer(self, who, name, text):
        """Waits for a packet called `name`; others before it are kept for later steps."""
        client, passed = self.client(who), []
        while True:
            got = client.next(self.options.timeout)
            if got is None or got[0] == "CLOSED":
                seen = [wire.show(packet) for packet in passed[-3:]] + (["CLOSED"] if got else [])
                raise Failed(f"no {name} came" + (f", but {'; '.join(seen)}" if seen else ""))
            if got[0] == name:
                break
            passed.append(got)
        client.aside = passed + client.aside
        why = self.differs(f"{name} {text}", got, client)
        if why:
            raise Failed(f"got {wire.show(got)}: {why}")

    def do_connects(self, who, rest):
        session = re.search(r"\bsession=(\S+)", rest)
        self.send(who, "CONNECT " + re.sub(r"\bsession=\S+", "", rest))
        self.expect(who, f"CONNACK session={session[1] if session else 0} ...")

    def do_subscribes(self, who, rest):
        self.packet_id += 1
        code = re.search(r"\bqos=(\d)", rest)
        filter_text, more = first_word(rest)
        self.send(who, f"SUBSCRIBE id={self.packet_id} filter={filter_text} {more}")
        self.answer(who, "SUBACK", f"id={self.packet_id} codes={code[1] if code else 0} ...")

    def do_publishes(self, who, rest):
        """Ends only when the broker has taken the message over, whatever its QoS."""
        topic, more = first_word(rest)
        qos = int(dict(cases.items(more)).get("qos") or 0)
        self.packet_id += 1
        self.send(who, f"PUBLISH topic={topic} {f'id={self.packet_id} ' if qos else ''}{more}")
        if qos == 0:
            self.send(who, "PINGREQ")
            self.answer(who, "PINGRESP", "")
        else:
            self.answer(
                who, "PUBACK" if qos == 1 else "PUBREC", f"id={self.packet_id} rc=0|0x10 ..."
            )
        if qos == 2:
            self.send(who, f"PUBREL id={self.packet_id}")
            self.answer(who, "PUBCOMP", f"id={self.packet_id} ...")

    def do_takes(self, who, rest):
        """Receives a PUBLISH and acknowledges it by its QoS."""
        topic, more = first_word(rest)
        self.expect(who, f"PUBLISH topic={topic} id=$taken {more}")
        number = self.names["taken"]
        qos = int(dict(cases.items(more)).get("qos") or 0)
        if qos == 1:
            self.send(who, f"PUBACK id={number}")
        elif qos == 2:
            self.send(who, f"PUBREC id={number}")
            self.answer(who, "PUBREL", f"id={number} ...")
            self.send(who, f"PUBCOMP id={number}")

    def do_barrier(self, who, _):
        """Nothing may come before the answer to a ping: so nothing was on its way."""
        self.send(who, "PINGREQ")
        self.expect(who, "PINGRESP")

    def do_refused(self, who, codes):
        """MQTT 5: DISCONNECT with one of the codes, then closed. Before: closed."""
        if self.client(who).level == 5:
            self.expect(who, f"DISCONNECT rc={codes} ...")
        self.expect(who, "CLOSED")

    def do_unaccepted(self, who, codes):
        """A CONNECT that breaks the rules: MQTT 5 may say why in CONNACK, both close."""
        if self.client(who).level == 5:
            got = self.client(who).next(self.options.timeout)
            if got and got[0] == "CLOSED":
                return
            why = (
                "nothing came"
                if got is None
                else self.differs(f"CONNACK rc={codes} ...", got, self.client(who))
            )
            if why:
                raise Failed(f"{wire.show(got) if got else ''} {why}")
        self.expect(who, "CLOSED")

    def do_awaits(self, who, rest):
        """Like <, but others may come before, and are dropped."""
        name, _, more = rest.partition(" ")
        self.answer(who, name, more)
        self.client(who).aside.clear()

    def do_disconnects(self, who, rest):
        self.send(who, f"DISCONNECT {rest}")
        self.expect(who, "CLOSED")
        self.clients.pop(who).socket.close()

    def do_drops(self, who, _):
        """Ends the connection without DISCONNECT, and returns when the broker has seen it."""
        client = self.clients.pop(who)
        client.end(self.options.timeout)
        client.socket.close()

    def do_trickles(self, who, rest):
        self.send(who, rest, in_steps=True)
