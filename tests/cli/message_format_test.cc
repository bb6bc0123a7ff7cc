// tests/cli/format.txt: what -F prints, and what it refuses.

#include "cli/output/message_format.h"

#include "cli/output/json_text.h"
#include "client/property_set.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <fstream>

namespace martlet::cli {
namespace {

// Owns the bytes of a message.
struct Message {
    std::string payload;
    client::PropertySet set;
    mqtt::Publish packet;
    std::vector<std::uint8_t> block;

    ArrivedMessage view() {
        packet.payload = as_bytes(payload);
        packet.topic = "02/sub/format/test";
        return {&packet, {1700000000, 123456789}};
    }
};

void add_wire(Message& message, std::initializer_list<std::uint8_t> bytes) {
    message.block.insert(message.block.end(), bytes);
}

// As it arrives: the block is read from its wire form.
void read_block(Message& message) {
    message.block.insert(message.block.begin(), static_cast<std::uint8_t>(message.block.size()));
    std::size_t at = 0;
    ASSERT_EQ(mqtt::read_properties(message.block, at, mqtt::PropertyHome::Publish,
                                    message.packet.properties),
              mqtt::ReasonCode::Success);
}

void make(const std::string& kind, Message& message) {
    message.payload = "message";
    message.packet.qos = mqtt::Qos::AtLeastOnce;
    message.packet.packet_id = 7;
    if (kind == "full") {
        message.packet.retain = true;
        add_wire(message, {1, 1, 2, 0, 0, 0x0E, 0x10, 3, 0, 3, 't', '/', 'x', 8, 0, 2, 'r', 't'});
        add_wire(message, {9, 0, 2, 'c', 1, 0x0B, 56, 0x23, 0, 9});
        add_wire(message, {0x26, 0, 1, 'a', 0, 1, 'b', 0x26, 0, 1, 'a', 0, 1, '"'});
        read_block(message);
        return;
    }
    if (kind == "ids") {
        add_wire(message, {0x0B, 1, 0x0B, 2});
        read_block(message);
        return;
    }
    if (kind == "plain") return;
    message.packet.qos = mqtt::Qos::AtMostOnce;
    message.packet.packet_id = 0;
    if (kind == "empty") message.payload = "";
    if (kind == "binary") message.payload = std::string("\0\x01\xff\x7f\"\\\n", 7);
    if (kind == "json") message.payload = "{\"a\": [1,2.50,\"x\"], \"b\":null, \"c\":{}}";
    if (kind == "double") message.payload = "\x58\x39\xB4\xC8\x76\xBE\x05\x40";
    if (kind == "float") message.payload = "\xF4\xFD\x34\x3F";
}

TEST(MessageFormat, PrintsAsTheTextSays) {
    setenv("TZ", "UTC", 1);
    std::ifstream file(std::string(MARTLET_SOURCE_DIR) + "/tests/cli/format.txt");
    std::string line;
    int cases = 0;
    for (int number = 1; std::getline(file, line); number++) {
        if (line.empty() || line[0] == '#') continue;
        // KIND | FORMAT | WHAT IT PRINTS
        std::size_t first = line.find(" | "), second = line.find(" | ", first + 3);
        ASSERT_NE(second, std::string::npos) << number;
        auto kind = line.substr(0, first);
        auto text = line.substr(first + 3, second - first - 3);
        auto expected = unescape(line.substr(second + 3), "");
        cases++;
        auto format = MessageFormat::compile(text);
        if (kind == "error") {
            ASSERT_FALSE(format) << "line " << number;
            EXPECT_EQ(format.error().text, expected) << "line " << number;
            continue;
        }
        ASSERT_TRUE(format) << "line " << number;
        Message message;
        bool is_pretty = kind.starts_with("pretty ");
        make(is_pretty ? kind.substr(7) : kind, message);
        std::string out;
        bool is_whole = format.value().print(message.view(), is_pretty, out);
        EXPECT_EQ(is_whole ? out : "no JSON" + out, expected) << "line " << number;
    }
    EXPECT_GT(cases, 60);
}

std::string copied(std::string_view text) {
    std::string out;
    JsonWriter writer(false, out);
    return copy_json(text, writer) ? out : "no JSON";
}

TEST(JsonText, TakesJsonOnly) {
    for (auto text : {"",    " ",   "{",     "[1,]", "{\"a\"}", "{\"a\":1,}", "01",     "-",
                      "1.",  "1e",  "tru",   "\"a",  "\"\\x\"", "\"\\u12\"",  "\"\n\"", "[1 2]",
                      "1 2", "nul", "{1:2}", "+1",   ".5",      "'a'",        "[",      "]"}) {
        EXPECT_EQ(copied(text), "no JSON") << text;
    }
    for (auto text : {"0", "-0.5e+10", "true", "null", "\"\\u00e9\\n\"", "[]", "{}",
                      "{\"a\":[1,{\"b\":\"c\"}]}", "\"\xc3\xa9\""}) {
        EXPECT_EQ(copied(text), text);
    }
    EXPECT_EQ(copied(" [ 1 ,\t{ \"a\" : 2 } ]\r\n"), "[1,{\"a\":2}]");
}

TEST(JsonText, NestingHasABound) {
    EXPECT_NE(copied(std::string(400, '[') + std::string(400, ']')), "no JSON");
    EXPECT_EQ(copied(std::string(100000, '[')), "no JSON");
    EXPECT_EQ(copied(std::string(600, '[') + std::string(600, ']')), "no JSON");
}

}  // namespace
}  // namespace martlet::cli
