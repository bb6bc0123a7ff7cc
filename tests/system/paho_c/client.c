// paho C against the binary under test: client PORT VERSION USER PASSWORD, VERSION being 3, 4 or 5.
// Prints what it sees; ends with the CONNACK's code when it is refused, else with 0, or with 99
// when something else went wrong.

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char* what, int code) {
    printf("%s: %d\n", what, code);
    return 99;
}

static int open_client(MQTTClient client, int version, char** login) {
    MQTTClient_connectOptions old = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions new5 = MQTTClient_connectOptions_initializer5;
    MQTTClient_connectOptions* options = version == 5 ? &new5 : &old;
    options->MQTTVersion = version;
    options->keepAliveInterval = 20;
    options->connectTimeout = 5;
    if (login[0][0] != '\0') {
        options->username = login[0];
        options->password = login[1];
    }
    if (version == 5) {
        MQTTResponse response = MQTTClient_connect5(client, options, NULL, NULL);
        int code = response.reasonCode;
        MQTTResponse_free(response);
        return code;
    }
    return MQTTClient_connect(client, options);
}

static int subscribe(MQTTClient client, int version, const char* filter) {
    if (version != 5) return MQTTClient_subscribe(client, filter, 2);
    MQTTResponse response = MQTTClient_subscribe5(client, filter, 2, NULL, NULL);
    int code = response.reasonCode;
    MQTTResponse_free(response);
    return code == 2 ? 0 : code;
}

static int publish(MQTTClient client, int version, const char* topic, int qos, int number) {
    char text[40];
    int size = snprintf(text, sizeof text, "message %d", number);
    MQTTClient_deliveryToken token = 0;
    if (version == 5) {
        MQTTResponse response =
            MQTTClient_publish5(client, topic, size, text, qos, 0, NULL, &token);
        int code = response.reasonCode;
        MQTTResponse_free(response);
        if (code != 0) return code;
    } else {
        int code = MQTTClient_publish(client, topic, size, text, qos, 0, &token);
        if (code != 0) return code;
    }
    return qos == 0 ? 0 : MQTTClient_waitForCompletion(client, token, 5000);
}

static int receive(MQTTClient client) {
    char* topic = NULL;
    int topic_size = 0;
    MQTTClient_message* message = NULL;
    int code = MQTTClient_receive(client, &topic, &topic_size, &message, 5000);
    if (code != MQTTCLIENT_SUCCESS || message == NULL) return fail("receive", code);
    printf("%s %.*s\n", topic, message->payloadlen, (char*)message->payload);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 0;
}

int main(int argc, char** argv) {
    if (argc != 5) return 99;
    char url[60];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%s", argv[1]);
    int version = atoi(argv[2]);
    MQTTClient client;
    MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
    create.MQTTVersion = version;
    int code = MQTTClient_createWithOptions(&client, url, "paho-c", MQTTCLIENT_PERSISTENCE_NONE,
                                            NULL, &create);
    if (code != 0) return fail("create", code);
    code = open_client(client, version, argv + 3);
    if (code != 0) return code;
    printf("connected\n");
    code = subscribe(client, version, "c/+");
    if (code != 0) return fail("subscribe", code);
    for (int number = 0; number < 30; number++) {
        code = publish(client, version, "c/t", number % 3, number);
        if (code != 0) return fail("publish", code);
        code = receive(client);
        if (code != 0) return code;
    }
    code = version == 5 ? MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL)
                        : MQTTClient_disconnect(client, 1000);
    if (code != 0) return fail("disconnect", code);
    MQTTClient_destroy(&client);
    printf("done\n");
    return 0;
}
