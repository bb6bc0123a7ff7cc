// MQTT.js against the binary under test: node client.mjs URL SCENARIO. Prints a line of JSON for each thing that it sees;
// tests/system/suites/other_clients.py reads them. Ends by itself, with 1 when something is missing after 8 seconds.

import mqtt from "mqtt";

const [url, scenario] = process.argv.slice(2);
setTimeout(() => process.exit(1), 8000).unref();

const tell = (what) => console.log(JSON.stringify(what));

const connect = (options) => mqtt.connectAsync(url, { reconnectPeriod: 100, ...options });

// Resolves with the first `count` messages.
function messages(client, count) {
    return new Promise((resolve) => {
        const found = [];
        client.on("message", (topic, payload, packet) => {
            found.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain,
                properties: packet.properties ?? {} });
            if (found.length === count) resolve(found);
        });
    });
}

const scenarios = {
    async versions() {
        const names = { 3: "MQIsdp", 4: "MQTT", 5: "MQTT" };
        for (const version of [3, 4, 5]) {
            const client = await connect({ protocolVersion: version, protocolId: names[version], clientId: `js${version}` });
            const coming = messages(client, 3);
            const granted = await client.subscribeAsync("js/+", { qos: 2 });
            for (const qos of [0, 1, 2]) await client.publishAsync(`js/${qos}`, `version ${version}`, { qos });
            const got = (await coming).map((one) => [one.topic, one.payload, one.qos]);
            tell({ version, granted: granted.map((one) => one.qos), got });
            await client.unsubscribeAsync("js/+");
            await client.endAsync();
        }
    },

    async properties() {
        const client = await connect({ protocolVersion: 5, properties: { topicAliasMaximum: 10 }, autoAssignTopicAlias: true });
        const coming = messages(client, 3);
        await client.subscribeAsync("js/p", { qos: 1, properties: { subscriptionIdentifier: 7 } });
        const properties = { responseTopic: "js/answer", correlationData: Buffer.from([0, 255]), contentType: "text/plain",
            userProperties: { key: ["one", "two"] }, messageExpiryInterval: 100, payloadFormatIndicator: true };
        for (let i = 0; i < 3; i++) await client.publishAsync("js/p", `hälsning ${i}`, { qos: 1, properties });
        for (const one of await coming) {
            const got = one.properties;
            tell({ topic: one.topic, payload: one.payload, response: got.responseTopic, correlation: [...got.correlationData],
                type: got.contentType, user: got.userProperties, subscription: got.subscriptionIdentifier });
        }
        await client.endAsync();
    },

    async explorer() {
        const device = await connect({ clientId: "device" });
        for (const topic of ["house/CH0", "house/CH1"]) await device.publishAsync(topic, "1", { retain: true, qos: 1 });
        const client = await connect({ clientId: "mqtt-explorer-12345678", resubscribe: false });
        const seen = new Map();
        client.on("message", (topic, payload, packet) => seen.set(topic, [payload.toString(), packet.retain]));
        await client.subscribeAsync("#", { qos: 0 });
        await client.subscribeAsync("$SYS/#", { qos: 0 });
        await device.publishAsync("house/CH2", "live", { qos: 1 });
        while (!seen.has("house/CH2") || !seen.has("$SYS/broker/version") || !seen.has("$SYS/broker/heap/maximum"))
            await new Promise((resolve) => setTimeout(resolve, 20));
        tell(Object.fromEntries(seen));
        await client.endAsync();
        await device.endAsync();
    },

    async session() {
        const options = { clientId: "keeper", clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 100 } };
        const first = await connect(options);
        await first.subscribeAsync("js/queue", { qos: 1 });
        await first.endAsync();
        const sender = await connect({});
        for (let i = 0; i < 5; i++) await sender.publishAsync("js/queue", `${i}`, { qos: 1 });
        const second = mqtt.connect(url, options);
        const coming = messages(second, 5);
        const connack = await new Promise((resolve) => second.on("connect", resolve));
        tell({ present: connack.sessionPresent, got: (await coming).map((one) => one.payload) });
        await second.endAsync();
        await sender.endAsync();
    },

    async takeover() {
        const watch = await connect({ clientId: "watch" });
        const coming = messages(watch, 1);
        await watch.subscribeAsync("js/will");
        const options = { clientId: "same", protocolVersion: 5, reconnectPeriod: 0 };
        const old = await connect({ ...options, will: { topic: "js/will", payload: "gone", qos: 1, retain: false } });
        const told = new Promise((resolve) => old.on("disconnect", (packet) => resolve(packet.reasonCode)));
        const fresh = await connect(options);
        tell({ reason: await told, will: (await coming)[0].payload });
        await fresh.endAsync();
        await watch.endAsync();
    },

    async refused() {
        try {
            await connect({ username: "nobody", password: "x", reconnectPeriod: 0 });
        } catch (error) {
            tell({ code: error.code });
        }
    },
};

await scenarios[scenario]();
process.exit(0);
