"""Sparkplug B edge nodes: births give names to what comes after them, deaths end it, and who was missed is asked again."""

import time

import telemetry
from case import eventually
from mesh_packets import message
from raw import connected

NODE = "spBv1.0/Plant/{}/Edge1"
DEVICE = "spBv1.0/Plant/{}/Edge1/Press"

UINT64, FLOAT, BOOLEAN = 8, 9, 11


def metric(name=None, alias=None, kind=None, **value):
    named = {"b1": name} if name else {}
    named |= {"f2": alias} if alias is not None else {}
    named |= {"f3": int(time.time() * 1000)}
    named |= {"f4": kind} if kind else {}
    return message(**named, **value)


def payload(seq, *metrics):
    body = message(f1=int(time.time() * 1000))
    return body + b"".join(message(b2=one) for one in metrics) + message(f3=seq)


class Sparkplug(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def born(self):
        self.publish(NODE.format("NBIRTH"), payload(0, metric("bdSeq", kind=UINT64, f11=3), metric("uptime", 1, UINT64, f11=5)))
        self.publish(DEVICE.format("DBIRTH"), payload(1, metric("oil/temperature", 7, FLOAT, r12=61.5),
                                                      metric("running", 8, BOOLEAN, f14=1)))

    def test_births_and_data_by_alias(self):
        self.born()
        self.publish(DEVICE.format("DDATA"), payload(2, metric(alias=7, r12=62.25)))
        self.wait_values("sparkplug", "Plant/Edge1/Press", {"oil/temperature": 62.25, "running": 1, "online": 1})
        self.wait_values("sparkplug", "Plant/Edge1", {"uptime": 5, "online": 1})
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_a_death_is_one_of_its_devices_as_well(self):
        """It comes as the will of a connection that breaks."""
        edge = connected(self.broker.address, "edge", will=NODE.format("NDEATH"), will__qos=1,
                         will__payload=message(b2=metric("bdSeq", kind=UINT64, f11=3)))
        self.born()
        self.wait_values("sparkplug", "Plant/Edge1/Press", {"online": 1})
        edge.close()
        for source in ("Plant/Edge1", "Plant/Edge1/Press"):
            self.wait_values("sparkplug", source, {"online": 0})
            self.assertEqual(self.source("sparkplug", source)["state"], "offline")

    def test_who_was_missed_is_asked_for_its_birth(self):
        """By a real message to the node, once."""
        with connected(self.broker.address, "edge") as edge:
            edge.subscribe(NODE.format("NCMD"))
            for seq in (7, 8, 9):
                self.publish(DEVICE.format("DDATA"), payload(seq, metric(alias=7, r12=62.25)))
            order = edge.wait_for("PUBLISH")
            self.assertIn(b"Node Control/Rebirth", order["payload"])
            self.assertEqual(order["retain"], 0)
            self.born()
            self.publish(DEVICE.format("DDATA"), payload(2, metric(alias=7, r12=63.5)))
            self.wait_values("sparkplug", "Plant/Edge1/Press", {"oil/temperature": 63.5})
            self.assertEqual(edge.messages(), [], "not asked again at once")
        eventually(lambda: self.outcomes(decoder="sparkplug"), "outcomes")
