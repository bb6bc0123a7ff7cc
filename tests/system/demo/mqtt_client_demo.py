"""The subscriber of a telemetry tutorial: python mqtt_client_demo.py HOST PORT"""

import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    print("Connected with result code " + str(rc))
    client.subscribe("RakTest/test")
    client.subscribe("RakTest/topic")


def on_message(client, userdata, msg):
    payload = msg.payload.decode()
    print(msg.topic + " " + payload)
    if payload == "Hello":
        print("Received message #1, do something")
    if payload == "World!":
        print("Received message #2, do something else")


client = mqtt.Client()
client.on_connect = on_connect
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]), 60)
client.loop_forever()
