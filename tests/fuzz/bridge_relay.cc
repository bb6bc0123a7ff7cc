// A far end that says anything to a bridge, with topic lines of its own choice. An input is: a byte
// with the version and what is done to the relay besides; a byte with the number of topic lines;
// those lines (direction and QoS, then pattern, local prefix and remote prefix, each a length byte
// and text); then what the far end sends. Whatever it is, the local broker gets sound packets only,
// and what leaves for the far end is sound as well.

#include "bridge/relay.h"
#include "mqtt/topic.h"
#include "tests/fuzz/mqtt_input.h"

#include <algorithm>
#include <string>
#include <vector>

namespace martlet::bridge {
namespace {

using mqtt::require;

class Input {
  public:
    explicit Input(ByteView bytes) : rest_(bytes) {}
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        std::uint8_t first = rest_[0];
        rest_ = rest_.subspan(1);
        return first;
    }
    std::string text() {
        std::size_t size = std::min<std::size_t>(byte(), rest_.size());
        std::string text(as_text(rest_.first(size)));
        rest_ = rest_.subspan(size);
        return text;
    }
    ByteView rest() const { return rest_; }

  private:
    ByteView rest_;
};

// Every packet in `bytes` must be sound, and one that a client sends.
void check_packets(ByteView bytes, mqtt::Version version) {
    while (!bytes.empty()) {
        mqtt::FrameHead head{};
        require(mqtt::read_frame_head(bytes, head) == mqtt::FrameState::Complete);
        require(head.packet_size() <= bytes.size());
        mqtt::AnyPacket any;
        ByteView body = bytes.subspan(head.size, head.remaining_length);
        mqtt::PacketType type = head.type();
        require(type != mqtt::PacketType::Connack && type != mqtt::PacketType::Suback &&
                type != mqtt::PacketType::Unsuback && type != mqtt::PacketType::Pingresp);
        if (type == mqtt::PacketType::Pingreq)
            require(mqtt::decode_ping(head.flags(), body) == mqtt::ReasonCode::Success);
        else
            require(mqtt::decode_any(head.first, body, version, any) == mqtt::ReasonCode::Success);
        bytes = bytes.subspan(head.packet_size());
    }
}

class AnyLocal final : public Local {
  public:
    std::size_t give(ByteView packets) override {
        check_packets(packets, mqtt::Version::V5);
        // Takes a packet less than there is, now and then.
        if (--patience < 0) {
            patience = 3;
            return 0;
        }
        return packets.size();
    }
    bool attach() override { return true; }
    void forget_received() override {}
    std::vector<std::string> stale_filters() const override { return {}; }
    std::size_t packet_size_max() const override { return 100'000; }
    int patience = 3;
};

std::vector<Topic> read_topics(Input& input) {
    std::vector<Topic> topics;
    for (int count = input.byte() & 3; count >= 0; count--) {
        Topic topic;
        std::uint8_t how = input.byte();
        topic.direction = static_cast<Direction>(how % 3);
        topic.qos = static_cast<mqtt::Qos>((how >> 4) % 3);
        topic.pattern = input.text();
        topic.local_prefix = input.text();
        topic.remote_prefix = input.text();
        // As the configuration demands.
        std::string local = topic.local_prefix + topic.pattern;
        std::string remote = topic.remote_prefix + topic.pattern;
        bool is_sound = mqtt::is_valid_utf8(local) && mqtt::is_valid_utf8(remote) &&
                        mqtt::is_valid_utf8(topic.local_prefix) &&
                        mqtt::is_valid_utf8(topic.remote_prefix) &&
                        mqtt::is_valid_topic_filter(local) && mqtt::is_valid_topic_filter(remote) &&
                        !mqtt::has_wildcard(topic.local_prefix + topic.remote_prefix) &&
                        !local.starts_with("$share") && !remote.starts_with("$share");
        if (is_sound) topics.push_back(std::move(topic));
    }
    return topics;
}

void check_remote(Outbox& outbox, mqtt::Version version) {
    std::vector<std::uint8_t> bytes;
    while (!outbox.empty()) {
        iovec piece{};
        require(outbox.gather(&piece, 1) == 1);
        const auto* from = static_cast<const std::uint8_t*>(piece.iov_base);
        bytes.insert(bytes.end(), from, from + piece.iov_len);
        outbox.consume(piece.iov_len);
    }
    check_packets(bytes, version);
}

void run(ByteView data) {
    Input input(data);
    std::uint8_t how = input.byte();
    Options options;
    options.protocol_version = mqtt::version_from(how);
    options.remote_clientid = options.local_clientid = "b";
    options.outgoing_retain = how & 1;
    options.topics = read_topics(input);
    TopicMap map(options.topics);
    AnyLocal local;
    Relay relay(options, map, local, 20);
    Milliseconds now{1};
    relay.open(how & 2, now);
    check_remote(relay.remote(), options.protocol_version);
    std::vector<std::uint8_t> kept;
    ByteView rest = input.rest();
    std::size_t step = how & 4 ? 1 : std::max<std::size_t>(rest.size(), 1);
    for (int idle = 0; idle < 8 && relay.state() != Relay::State::Ended;) {
        std::size_t size = std::min(step, rest.size());
        kept.insert(kept.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
        rest = rest.subspan(size);
        Relay::Taken taken = relay.on_remote(kept, now);
        require(taken.used <= kept.size());
        kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(taken.used));
        check_remote(relay.remote(), options.protocol_version);
        idle = rest.empty() && taken.used == 0 ? idle + 1 : 0;
        if (kept.empty() && rest.empty()) break;
    }
    relay.close();
    if (relay.state() == Relay::State::Open) check_remote(relay.remote(), options.protocol_version);
}

}  // namespace
}  // namespace martlet::bridge

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    martlet::bridge::run({data, size});
    return 0;
}
