// Random packets, encoded and decoded: what is said of them must stay the same.

#include "tests/mqtt/describe.h"
#include "tests/mqtt/property_spec.h"

#include <random>

namespace martlet::mqtt {
namespace {

constexpr unsigned kSeed = 20240601;
constexpr int kRounds = 400;

// Owns what the packet's views point to.
class Maker {
  public:
    explicit Maker(unsigned seed) : random_(seed) {}

    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }
    bool flip() { return below(2) == 1; }
    std::uint16_t id() { return static_cast<std::uint16_t>(1 + below(65535)); }

    std::string_view text() {
        static const char* const kPieces[] = {"a", "/", "level", "\xC3\xA9", "\xF0\x9F\x90\xA6",
                                              " ", "$"};
        std::string made;
        for (std::uint32_t n = below(12); n > 0; n--) made += kPieces[below(7)];
        return keep(made);
    }
    std::string_view topic() {
        std::string_view made = text();
        return made.empty() ? "t" : made;
    }
    std::string_view filter() {
        static const char* const kMade[] = {"#", "+", "a/+/b", "$share/g/a/#", "/", "a/#"};
        return below(3) == 0 ? topic() : kMade[below(6)];
    }
    ByteView data() {
        std::string made;
        for (std::uint32_t n = below(40); n > 0; n--) made += static_cast<char>(below(256));
        return as_bytes(keep(made));
    }
    Qos qos() { return static_cast<Qos>(below(3)); }

    // Decoded from a random block, so that each home is asked for just what it may hold.
    Properties properties(PropertyHome home) {
        std::vector<std::uint8_t> block;
        bool has_method = false;
        for (const auto& spec : property_specs()) {
            bool is_method = spec.id == 0x15;
            if (!is_allowed(spec, home) || (spec.id == 0x16 && !has_method)) continue;
            // AUTH is nothing without its method.
            if (!flip() && !(is_method && home == PropertyHome::Auth)) continue;
            if (is_method) has_method = true;
            for (std::uint32_t n = spec.id == 0x26 ? 1 + below(4) : 1; n > 0; n--) {
                auto wire = wire_of(spec, 0x01010101 * (1 + below(255)), std::string(topic()));
                block.insert(block.end(), wire.begin(), wire.end());
            }
        }
        return parsed(home, block);
    }

  private:
    std::string_view keep(std::string made) {
        texts_.push_back(std::make_unique<std::string>(std::move(made)));
        return *texts_.back();
    }

    Properties parsed(PropertyHome home, const std::vector<std::uint8_t>& block) {
        std::uint8_t head[4];
        auto size = write_varint(static_cast<std::uint32_t>(block.size()), head) - head;
        std::string whole(as_text({head, static_cast<std::size_t>(size)}));
        whole += as_text(block);
        std::size_t at = 0;
        Properties made;
        EXPECT_EQ(read_properties(as_bytes(keep(whole)), at, home, made), ReasonCode::Success);
        return made;
    }

    std::mt19937 random_;
    std::vector<std::unique_ptr<std::string>> texts_;
};

void expect_same_again(const AnyPacket& any, Version version, std::uint8_t flags) {
    auto frame = encode_any(any, version);
    FrameHead head{};
    ASSERT_EQ(read_frame_head(frame, head), FrameState::Complete);
    ASSERT_EQ(head.packet_size(), frame.size());
    EXPECT_EQ(head.flags(), flags);
    AnyPacket again;
    ReasonCode reason = decode_any(head.first, ByteView(frame).subspan(head.size), version, again);
    ASSERT_EQ(reason, ReasonCode::Success) << reason_text(reason) << ": " << describe_any(any);
    EXPECT_EQ(describe_any(again), describe_any(any));
}

Properties properties_for(Maker& make, Version version, PropertyHome home) {
    return version == Version::V5 ? make.properties(home) : Properties{};
}

template <typename MakeOne>
void all_versions(MakeOne make_one) {
    for (Version version : {Version::V31, Version::V311, Version::V5}) {
        for (int round = 0; round < kRounds; round++) {
            Maker make(kSeed + static_cast<unsigned>(round));
            SCOPED_TRACE("round " + std::to_string(round));
            make_one(make, version);
        }
    }
}

TEST(RoundTrip, Connect) {
    all_versions([](Maker& make, Version version) {
        Connect packet;
        packet.version = version;
        packet.is_bridge = version != Version::V5 && make.flip();
        packet.clean_start = make.flip();
        packet.keep_alive = make.id();
        packet.client_id = make.text();
        packet.properties = properties_for(make, version, PropertyHome::Connect);
        packet.has_will = make.flip();
        if (packet.has_will) {
            packet.will_qos = make.qos();
            packet.will_retain = make.flip();
            packet.will_topic = make.topic();
            packet.will_payload = make.data();
            packet.will_properties = properties_for(make, version, PropertyHome::Will);
        }
        packet.has_user_name = make.flip();
        packet.has_password = make.flip() && (packet.has_user_name || version == Version::V5);
        if (packet.has_user_name) packet.user_name = make.text();
        if (packet.has_password) packet.password = make.data();
        expect_same_again(packet, version, 0);
    });
}

TEST(RoundTrip, Connack) {
    all_versions([](Maker& make, Version version) {
        Connack packet;
        packet.session_present = make.flip();
        packet.properties = properties_for(make, version, PropertyHome::Connack);
        if (!packet.session_present && make.flip()) {
            packet.reason =
                version == Version::V5 ? ReasonCode::Banned : static_cast<ReasonCode>(4);
        }
        expect_same_again(packet, version, 0);
    });
}

TEST(RoundTrip, Publish) {
    all_versions([](Maker& make, Version version) {
        Publish packet;
        packet.qos = make.qos();
        packet.retain = make.flip();
        if (packet.qos != Qos::AtMostOnce) {
            packet.dup = make.flip();
            packet.packet_id = make.id();
        }
        packet.topic = make.topic();
        packet.payload = make.data();
        packet.properties = properties_for(make, version, PropertyHome::Publish);
        unsigned flags =
            (packet.dup ? 8u : 0u) | static_cast<unsigned>(packet.qos) << 1 | packet.retain;
        expect_same_again(packet, version, static_cast<std::uint8_t>(flags));
    });
}

TEST(RoundTrip, Acks) {
    for (PacketType type :
         {PacketType::Puback, PacketType::Pubrec, PacketType::Pubrel, PacketType::Pubcomp}) {
        bool is_receipt = type == PacketType::Puback || type == PacketType::Pubrec;
        all_versions([&](Maker& make, Version version) {
            TypedAck packet;
            packet.type = type;
            packet.ack.packet_id = make.id();
            if (version == Version::V5) {
                bool is_refused = make.flip();
                if (is_refused) {
                    packet.ack.reason = is_receipt ? ReasonCode::NoMatchingSubscribers
                                                   : ReasonCode::PacketIdentifierNotFound;
                }
                if (make.flip())
                    packet.ack.properties = make.properties(static_cast<PropertyHome>(type));
            }
            expect_same_again(packet, version, type == PacketType::Pubrel ? 2 : 0);
        });
    }
}

TEST(RoundTrip, Subscribe) {
    all_versions([](Maker& make, Version version) {
        std::vector<std::uint8_t> filters;
        for (std::uint32_t n = 1 + make.below(5); n > 0; n--) {
            Subscription one;
            one.filter = make.filter();
            one.qos = make.qos();
            if (version == Version::V5) {
                one.no_local = make.flip() && !one.filter.starts_with("$share/");
                one.retain_as_published = make.flip();
                one.retain_handling = static_cast<std::uint8_t>(make.below(3));
            }
            std::size_t old = filters.size();
            filters.resize(old + encoded_size(one));
            ASSERT_EQ(encode(one, version, filters.data() + old), filters.data() + filters.size());
        }
        Subscribe packet;
        packet.packet_id = make.id();
        packet.properties = properties_for(make, version, PropertyHome::Subscribe);
        packet.filters = filters;
        expect_same_again(packet, version, 2);
    });
}

TEST(RoundTrip, Unsubscribe) {
    all_versions([](Maker& make, Version version) {
        std::vector<std::uint8_t> filters;
        for (std::uint32_t n = 1 + make.below(5); n > 0; n--) {
            std::string_view filter = make.filter();
            std::size_t old = filters.size();
            filters.resize(old + encoded_filter_size(filter));
            ASSERT_EQ(encode_filter(filter, filters.data() + old), filters.data() + filters.size());
        }
        Unsubscribe packet;
        packet.packet_id = make.id();
        packet.properties = properties_for(make, version, PropertyHome::Unsubscribe);
        packet.filters = filters;
        expect_same_again(packet, version, 2);
    });
}

TEST(RoundTrip, SubackAndUnsuback) {
    static const std::uint8_t kGranted[] = {0x00, 0x01, 0x02, 0x80};
    static const std::uint8_t kGone[] = {0x00, 0x11, 0x87};
    all_versions([](Maker& make, Version version) {
        TypedSuback packet;
        packet.suback.packet_id = make.id();
        packet.suback.properties = properties_for(make, version, PropertyHome::Suback);
        packet.suback.codes = ByteView(kGranted).first(1 + make.below(4));
        expect_same_again(packet, version, 0);
        packet.type = PacketType::Unsuback;
        packet.suback.codes = {};
        if (version == Version::V5) packet.suback.codes = ByteView(kGone).first(1 + make.below(3));
        expect_same_again(packet, version, 0);
    });
}

TEST(RoundTrip, DisconnectAndAuth) {
    all_versions([](Maker& make, Version version) {
        Disconnect packet;
        if (version == Version::V5) {
            if (make.flip()) packet.reason = ReasonCode::SessionTakenOver;
            if (make.flip()) packet.properties = make.properties(PropertyHome::Disconnect);
        }
        expect_same_again(packet, version, 0);
        if (version != Version::V5) return;
        Auth auth;
        if (make.flip()) {
            auth.reason = ReasonCode::ContinueAuthentication;
            auth.properties = make.properties(PropertyHome::Auth);
        }
        expect_same_again(auth, version, 0);
    });
}

// The shortest forms, byte for byte as mosquitto writes them.
TEST(RoundTrip, ShortForms) {
    using Bytes = std::vector<std::uint8_t>;
    TypedAck ack;
    ack.ack.packet_id = 7;
    EXPECT_EQ(encode_any(ack, Version::V5), (Bytes{0x40, 2, 0, 7}));
    ack.ack.reason = ReasonCode::NotAuthorized;
    EXPECT_EQ(encode_any(ack, Version::V5), (Bytes{0x40, 3, 0, 7, 0x87}));
    EXPECT_EQ(encode_any(ack, Version::V311), (Bytes{0x40, 2, 0, 7}));
    Disconnect disconnect;
    EXPECT_EQ(encode_any(disconnect, Version::V5), (Bytes{0xE0, 0}));
    disconnect.reason = ReasonCode::SessionTakenOver;
    EXPECT_EQ(encode_any(disconnect, Version::V5), (Bytes{0xE0, 1, 0x8E}));
    EXPECT_EQ(encode_any(disconnect, Version::V311), (Bytes{0xE0, 0}));
    EXPECT_EQ(encode_any(Connack{}, Version::V5), (Bytes{0x20, 3, 0, 0, 0}));
    Connack refused;
    refused.reason = ReasonCode::NotAuthorized;
    EXPECT_EQ(encode_any(refused, Version::V311), (Bytes{0x20, 2, 0, 5}));
    TypedSuback suback;
    suback.suback.packet_id = 7;
    const std::uint8_t codes[] = {1};
    suback.suback.codes = codes;
    EXPECT_EQ(encode_any(suback, Version::V5), (Bytes{0x90, 4, 0, 7, 0, 1}));
    EXPECT_EQ(encode_any(suback, Version::V311), (Bytes{0x90, 3, 0, 7, 1}));
}

// Lengths on both sides of each step of the remaining length.
TEST(RoundTrip, LargePayloads) {
    for (std::size_t size : {120u, 121u, 122u, 123u, 16378u, 16379u, 16380u, 2097146u, 2097147u}) {
        std::vector<std::uint8_t> payload(size, 'x');
        Publish packet;
        packet.topic = "abc";
        packet.payload = payload;
        expect_same_again(packet, Version::V311, 0);
        expect_same_again(packet, Version::V5, 0);
    }
}

}  // namespace
}  // namespace martlet::mqtt
