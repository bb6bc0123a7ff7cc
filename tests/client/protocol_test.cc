// tests/client/scripts: a client without a network, step by step.
//
//   client v=5 id=x clean=0 window=3 keep_alive=10 again=1   begins a case
//   connect-property ID NUMBER
//   open            a stream is up
//   lost            the stream is gone
//   > BYTES         what has come out since; "> -": nothing
//   < BYTES         comes in; "<1": byte by byte
//   at SECONDS      the time is now
//   wake SECONDS    when the machine wants to be called next; "never"
//   publish TOPIC QOS PAYLOAD [OUTCOME]
//   subscribe FILTER QOS, unsubscribe FILTER, disconnect
//   ! EVENT         what the listener was told since, in order; "! -": nothing

#include "client/protocol.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace martlet::client {
namespace {

std::string hex(ByteView bytes) {
    std::string text;
    char digits[4];
    for (std::uint8_t byte : bytes) {
        std::snprintf(digits, sizeof digits, "%02x ", byte);
        text += digits;
    }
    if (!text.empty()) text.pop_back();
    return text.empty() ? "-" : text;
}

std::vector<std::uint8_t> unhex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(word, nullptr, 16)));
    }
    return bytes;
}

class Recorder : public Listener {
  public:
    void on_connack(const mqtt::Connack& connack) override {
        note("connack " + number(connack.reason) + (connack.session_present ? " present" : ""));
    }
    void on_message(const mqtt::Publish& packet) override {
        note("message " + std::string(packet.topic) + " " +
             std::to_string(static_cast<int>(packet.qos)) + " " +
             std::string(as_text(packet.payload)));
        if (as_text(packet.payload) == "bye") protocol->disconnect(mqtt::ReasonCode::Success, {});
    }
    void on_settled(std::uint16_t packet_id, std::uint64_t, mqtt::ReasonCode reason) override {
        note("settled " + std::to_string(packet_id) + " " + number(reason));
    }
    void on_suback(const mqtt::Suback& suback) override {
        note("suback " + std::to_string(suback.packet_id) + " " + hex(suback.codes));
    }
    void on_unsuback(const mqtt::Suback& suback) override {
        note("unsuback " + std::to_string(suback.packet_id));
    }
    void on_closed(const End& end) override {
        constexpr const char* kKinds[] = {"finished", "refused",    "by-server",
                                          "error",    "keep-alive", "lost"};
        note(std::string("closed ") + kKinds[static_cast<int>(end.kind)] + " " +
             number(end.reason));
    }

    std::string events;
    Protocol* protocol = nullptr;

  private:
    static std::string number(mqtt::ReasonCode reason) {
        return std::to_string(static_cast<int>(reason));
    }
    void note(const std::string& event) {
        if (!events.empty()) events += ", ";
        events += event;
    }
};

const char* outcome_name(PublishOutcome outcome) {
    constexpr const char* kNames[] = {"accepted",  "not-connected", "window-full",
                                      "too-large", "no-qos",        "no-retain"};
    return kNames[static_cast<int>(outcome)];
}

class Script {
  public:
    void step(const std::string& verb, const std::string& rest) {
        std::istringstream words(rest);
        if (verb == "client") return begin(words);
        if (verb == "connect-property") return add_property(words);
        if (!protocol_) make();
        if (verb == "open") return protocol_->open(now_);
        if (verb == "lost") return protocol_->stream_closed();
        if (verb == ">") return expect_out(rest);
        if (verb == "<") return protocol_->receive(unhex(rest), now_);
        if (verb == "<1") {
            for (std::uint8_t byte : unhex(rest)) protocol_->receive({&byte, 1}, now_);
            return;
        }
        if (verb == "at") {
            now_.steady = std::chrono::seconds(std::stoi(rest));
            return protocol_->tick(now_);
        }
        if (verb == "wake") return expect_wake(rest);
        if (verb == "publish") return publish(words);
        if (verb == "!") return expect_events(rest);
        if (verb == "disconnect") return protocol_->disconnect(mqtt::ReasonCode::Success, {});
        std::string filter;
        int qos = 0;
        words >> filter >> qos;
        if (verb == "subscribe") {
            mqtt::Subscription one;
            one.filter = filter;
            one.qos = static_cast<mqtt::Qos>(qos);
            EXPECT_NE(protocol_->subscribe({&one, 1}, {}), 0);
        } else if (verb == "unsubscribe") {
            std::string_view text = filter;
            EXPECT_NE(protocol_->unsubscribe({&text, 1}, {}), 0);
        } else {
            FAIL() << "no step " << verb;
        }
    }

  private:
    void begin(std::istringstream& words) {
        protocol_.reset();
        recorder_ = {};
        options_ = {};
        now_ = {};
        options_.keep_alive = 0;
        for (std::string word; words >> word;) {
            std::size_t equals = word.find('=');
            std::string name = word.substr(0, equals), value = word.substr(equals + 1);
            if (name == "id") {
                options_.client_id = value;
                continue;
            }
            int number = std::stoi(value);
            if (name == "v") options_.version = static_cast<mqtt::Version>(number);
            if (name == "clean") options_.clean_start = number != 0;
            if (name == "window") options_.in_flight_max = static_cast<std::uint16_t>(number);
            if (name == "keep_alive") options_.keep_alive = static_cast<std::uint16_t>(number);
            if (name == "again") options_.sends_again = number != 0;
            if (name == "connack") options_.connack_timeout = std::chrono::seconds(number);
            if (name == "largest") options_.packet_size_max = static_cast<std::uint32_t>(number);
        }
    }

    void add_property(std::istringstream& words) {
        int id = 0;
        std::uint32_t number = 0;
        words >> id >> number;
        options_.connect_properties.add(static_cast<mqtt::PropertyId>(id), number);
    }

    void make() {
        protocol_ = std::make_unique<Protocol>(options_, recorder_);
        recorder_.protocol = protocol_.get();
    }

    void publish(std::istringstream& words) {
        std::string topic, payload, outcome = "accepted";
        int qos = 0;
        words >> topic >> qos >> payload >> outcome;
        mqtt::Publish packet;
        if (topic.ends_with("!")) {
            packet.retain = true;
            topic.pop_back();
        }
        packet.topic = topic;
        packet.qos = static_cast<mqtt::Qos>(qos);
        packet.payload = as_bytes(payload);
        EXPECT_STREQ(outcome_name(protocol_->publish(packet)), outcome.c_str());
    }

    void expect_out(const std::string& expected) {
        Outbox& outbox = protocol_->outbox();
        std::vector<std::uint8_t> bytes;
        while (!outbox.empty()) {
            iovec piece;
            outbox.gather(&piece, 1);
            auto* begin = static_cast<const std::uint8_t*>(piece.iov_base);
            bytes.insert(bytes.end(), begin, begin + piece.iov_len);
            outbox.consume(piece.iov_len);
        }
        EXPECT_EQ(hex(bytes), expected);
    }

    void expect_wake(const std::string& expected) {
        auto wake = protocol_->next_wake();
        auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wake).count();
        EXPECT_EQ(wake == Milliseconds::max() ? "never" : std::to_string(seconds), expected);
    }

    void expect_events(const std::string& expected) {
        EXPECT_EQ(recorder_.events.empty() ? "-" : recorder_.events, expected);
        recorder_.events.clear();
    }

    Options options_;
    Recorder recorder_;
    Now now_;
    std::unique_ptr<Protocol> protocol_;
};

TEST(Protocol, DoesAsTheScriptsSay) {
    int steps = 0;
    std::string folder = std::string(MARTLET_SOURCE_DIR) + "/tests/client/scripts";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path());
        Script script;
        std::string line;
        for (int number = 1; std::getline(file, line); number++) {
            if (line.empty() || line[0] == '#') continue;
            SCOPED_TRACE(entry.path().filename().string() + ":" + std::to_string(number));
            std::size_t blank = std::min(line.find(' '), line.size());
            script.step(line.substr(0, blank), blank < line.size() ? line.substr(blank + 1) : "");
            steps++;
        }
    }
    EXPECT_GT(steps, 150);
}

// Whatever comes, in whatever pieces: no crash, and the same events as in one piece.
TEST(Protocol, PiecesMakeNoDifference) {
    auto whole = unhex(
        "20 06 00 00 03 22 00 05 90 04 00 01 00 01 30 05 00 01 61 00 78 32 08 00 01 61 00 07 00 79 "
        "7a 34 07 00 01 61 00 08 00 32 62 02 00 08 d0 00 e0 00");
    auto events_of = [&](std::size_t piece) {
        Options options;
        options.version = mqtt::Version::V5;
        Recorder recorder;
        Protocol protocol(options, recorder);
        protocol.open({});
        for (std::size_t at = 0; at < whole.size(); at += piece) {
            protocol.receive(ByteView(whole).subspan(at, std::min(piece, whole.size() - at)), {});
        }
        protocol.stream_closed();
        return recorder.events;
    };
    std::string expected = events_of(whole.size());
    EXPECT_EQ(expected,
              "connack 0, message a 0 x, message a 1 yz, message a 2 2, closed by-server 0");
    for (std::size_t piece = 1; piece < whole.size(); piece++)
        EXPECT_EQ(events_of(piece), expected);
}

TEST(Protocol, DamagedBytesEndIt) {
    auto whole = unhex("20 03 00 00 00 32 08 00 01 61 00 07 00 79 7a 90 04 00 01 00 01 e0 00");
    for (std::size_t at = 0; at < whole.size(); at++) {
        for (int value = 0; value < 256; value++) {
            auto damaged = whole;
            damaged[at] = static_cast<std::uint8_t>(value);
            Options options;
            options.version = mqtt::Version::V5;
            Recorder recorder;
            Protocol protocol(options, recorder);
            protocol.open({});
            protocol.receive(damaged, {});
            protocol.stream_closed();
            EXPECT_NE(recorder.events.find("closed"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace martlet::client
