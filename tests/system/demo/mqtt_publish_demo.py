"""The publisher of a telemetry tutorial: python mqtt_publish_demo.py HOST PORT"""

import sys

import paho.mqtt.publish as publish

publish.single("RakTest/test", "Hello", hostname=sys.argv[1], port=int(sys.argv[2]))
publish.single("RakTest/topic", "World!", hostname=sys.argv[1], port=int(sys.argv[2]))
print("Done")
