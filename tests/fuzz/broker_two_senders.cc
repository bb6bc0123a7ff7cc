// Two clients at once, and what one does to the other: the input is a list of deeds, each of one
// byte (who and what) and what it needs. Client ids may be the same; there are wills, takeovers,
// shared subscriptions, retained messages, sockets that do not read, and time that passes. In the
// end everybody goes, and nothing may be left.

#include "tests/fuzz/broker_input.h"

#include <array>
#include <memory>
#include <optional>

namespace martlet::broker {

constexpr std::array<const char*, 8> kFilters{"t/1",  "t/+",        "#",          "$share/g/t/#",
                                              "+/+/", "$share/h/#", "$share/g/a", "a"};
constexpr std::array<const char*, 4> kTopics{"t/1", "t/2", "a", "$x/1"};
constexpr std::array<Version, 4> kVersions{Version::V5, Version::V311, Version::V5, Version::V31};

class Sender {
  public:
    explicit Sender(Table& table) : table_(table) {}

    void act(std::uint8_t what, Taker& input) {
        switch (what) {
            case 0:
                return connect(input);
            case 1:
                return say(subscribe_frame(version_, 1, filter(input), subscribe_wish(input)));
            case 2:
                return say(unsubscribe_frame(version_, 2, filter(input)));
            case 3:
                return publish(input);
            case 4: {
                auto type = static_cast<PacketType>(4 + input.byte() % 4);
                return say(
                    ack_frame(type, version_, static_cast<std::uint16_t>(1 + input.byte() % 8)));
            }
            case 5:
                return say(input.bytes(input.byte()));
            case 6:
                if (is_open()) line_->is_cut = true;
                return;
            case 7:
                if (is_open()) line_->room = input.byte() % 4 == 0 ? SIZE_MAX : input.byte() * 16u;
                return;
            default: {
                mqtt::Disconnect packet;
                packet.reason =
                    input.byte() % 2 ? ReasonCode::DisconnectWithWill : ReasonCode::Success;
                if (version_ != Version::V5) packet.reason = ReasonCode::Success;
                return say(mqtt::encode_any(packet, version_));
            }
        }
    }
    void listen() {
        if (line_ != nullptr) reader_->read(line_->from_broker);
    }

  private:
    bool is_open() const { return line_ != nullptr && line_->is_open(); }
    void say(const std::vector<std::uint8_t>& bytes) {
        if (is_open()) line_->to_broker.insert(line_->to_broker.end(), bytes.begin(), bytes.end());
    }
    static const char* filter(Taker& input) { return kFilters[input.byte() % kFilters.size()]; }
    SubscribeWish subscribe_wish(Taker& input) const {
        std::uint8_t how = input.byte();
        SubscribeWish wish{.qos = static_cast<Qos>(how % 3)};
        if (version_ != Version::V5) return wish;
        wish.retain_as_published = how & 16;
        wish.retain_handling = static_cast<std::uint8_t>(how >> 5) % 3;
        wish.identifier = how & 8 ? 300u : 0u;
        return wish;
    }
    void connect(Taker& input) {
        std::uint8_t how = input.byte(), more = input.byte();
        version_ = kVersions[how & 3];
        ConnectWish wish{.version = version_, .clean_start = (how & 4) != 0};
        if (how & 8) {
            wish.will_topic = kTopics[more & 3];
            wish.will_qos = static_cast<Qos>((more >> 2) % 3);
            wish.will_retain = more & 32;
        }
        if (version_ == Version::V5) {
            wish.expiry = how & 16 ? 10u : 0u;
            if (how & 32) wish.receive_maximum = 1;
            if (how & 64) wish.alias_max = 2;
            if (more & 64) wish.will_delay = 5;
            if (more & 128) wish.packet_size_max = 60;
        }
        if (is_open() && how & 128) line_->is_cut = true;
        // Two shards share three ids.
        std::string id = table_.id_on(more & 1, (more & 2) != 0 ? "same" : "other");
        line_ = &table_.open_line(more & 1);
        line_->gives_frames = more & 4;
        reader_.emplace(version_);
        line_->to_broker = connect_frame(id, wish);
    }
    void publish(Taker& input) {
        std::uint8_t how = input.byte();
        PublishWish wish{.qos = static_cast<Qos>(how % 3), .retain = (how & 4) != 0};
        if (wish.qos != Qos::AtMostOnce) wish.packet_id = static_cast<std::uint16_t>(1 + how / 64);
        wish.dup = wish.qos != Qos::AtMostOnce && (how & 8) != 0;
        if (version_ == Version::V5) {
            if (how & 16) wish.alias = 1;
            if (how & 32) wish.expiry = 3;
        }
        std::size_t size = input.byte();
        say(publish_frame(version_, kTopics[how / 8 % 4], std::string(size * 20, 'x'), wish));
    }

    Table& table_;
    Version version_ = Version::V5;
    Line* line_ = nullptr;
    std::optional<Reader> reader_;
};

void run(Taker& input) {
    std::uint8_t first = input.byte();
    TableOptions options;
    options.shards = 2;
    options.broker.persistent_client_expiration = 50;
    options.broker.max_queued_messages = 20;
    options.broker.max_inflight_messages = 4;
    options.broker.outbox_bytes_max = 20'000;
    options.broker.allow_duplicate_messages = first & 1;
    options.broker.queue_qos0_messages = first & 2;
    if (first & 4) options.broker.shard_credit_bytes = 1;
    if (first & 8) options.broker.upgrade_outgoing_qos = true;
    Table table(options);
    Sender senders[2]{Sender(table), Sender(table)};
    for (int deeds = 0; !input.is_empty() && deeds < 300; deeds++) {
        std::uint8_t deed = input.byte();
        std::uint8_t what = deed >> 1 & 15;
        if (what < 10)
            senders[deed & 1].act(what, input);
        else if (what < 13)
            table.turn(deed & 1);
        else if (what < 15)
            require(table.settle());
        else
            table.pass(martlet::Milliseconds(1500));
        for (Sender& sender : senders) sender.listen();
    }
    for (Line* line : table.lines) line->room = SIZE_MAX;
    require(table.settle());
    for (Sender& sender : senders) sender.listen();
    require_nothing_left(table);
}

}  // namespace martlet::broker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4000) return 0;
    martlet::broker::be_quiet();
    martlet::broker::Taker input(data, size);
    martlet::broker::run(input);
    return 0;
}
