#include "mqtt/properties.h"

#include "tests/mqtt/describe.h"
#include "tests/mqtt/property_spec.h"

#include <cstring>
#include <memory>

namespace martlet::mqtt {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes block_of(const Bytes& list) {
    Bytes out(5);
    out.resize(static_cast<std::size_t>(
        write_varint(static_cast<std::uint32_t>(list.size()), out.data()) - out.data()));
    out.insert(out.end(), list.begin(), list.end());
    return out;
}

ReasonCode read(const Bytes& list, PropertyHome home, Properties& properties) {
    static Bytes block;
    block = block_of(list);
    std::size_t at = 0;
    ReasonCode reason = read_properties(block, at, home, properties);
    if (reason == ReasonCode::Success) {
        EXPECT_EQ(at, block.size());
    }
    return reason;
}

Bytes written(const Properties& properties, PropertyHome home) {
    Bytes out(properties_size(properties));
    EXPECT_EQ(write_properties(properties, home, out.data()), out.data() + out.size());
    return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const PropertySpec& spec_of(std::uint8_t id) {
    for (const auto& spec : property_specs()) {
        if (spec.id == id) return spec;
    }
    std::abort();
}

// Authentication data is nothing without its method.
Bytes needed_before(const PropertySpec& spec) {
    return spec.id == 0x16 ? wire_of(spec_of(0x15), 0, "m") : Bytes{};
}

TEST(Properties, EachInEachPacket) {
    for (unsigned id = 0; id < 256; id++) {
        const PropertySpec* spec = nullptr;
        for (const auto& row : property_specs()) {
            if (row.id == id) spec = &row;
        }
        for (PropertyHome home : all_homes()) {
            Properties properties;
            if (spec == nullptr) {
                EXPECT_EQ(read({static_cast<std::uint8_t>(id), 0, 0, 0, 0}, home, properties),
                          ReasonCode::MalformedPacket);
                continue;
            }
            bool is_good = is_allowed(*spec, home);
            Bytes list = (is_good ? needed_before(*spec) : Bytes{}) + wire_of(*spec, 1, "t");
            bool is_request = home == PropertyHome::Subscribe || home == PropertyHome::Unsubscribe;
            ReasonCode refusal =
                is_request ? ReasonCode::MalformedPacket : ReasonCode::ProtocolError;
            EXPECT_EQ(read(list, home, properties), is_good ? ReasonCode::Success : refusal)
                << id << " in " << static_cast<int>(home);
            EXPECT_EQ(properties.has(static_cast<PropertyId>(id)), is_good);
        }
    }
}

TEST(Properties, OnlyThoseMayRepeat) {
    for (const auto& spec : property_specs()) {
        for (PropertyHome home : all_homes()) {
            if (!is_allowed(spec, home)) continue;
            Properties properties;
            Bytes list = needed_before(spec) + wire_of(spec, 1, "t") + wire_of(spec, 1, "t");
            bool may = spec.id == 0x26 || (spec.id == 0x0B && home == PropertyHome::Publish);
            EXPECT_EQ(read(list, home, properties),
                      may ? ReasonCode::Success : ReasonCode::ProtocolError)
                << +spec.id << " in " << static_cast<int>(home);
        }
    }
}

TEST(Properties, EveryTruncation) {
    for (const auto& spec : property_specs()) {
        for (PropertyHome home : all_homes()) {
            Bytes whole = wire_of(spec, 1, "text");
            for (std::size_t size = 1; size < whole.size(); size++) {
                Bytes block = block_of(Bytes(whole.begin(), whole.begin() + std::ptrdiff_t(size)));
                std::unique_ptr<std::uint8_t[]> tight(new std::uint8_t[block.size()]);
                std::memcpy(tight.get(), block.data(), block.size());
                Properties properties;
                std::size_t at = 0;
                EXPECT_EQ(read_properties({tight.get(), block.size()}, at, home, properties),
                          ReasonCode::MalformedPacket);
            }
        }
    }
}

TEST(Properties, Bounds) {
    struct Case {
        PropertyHome home;
        Bytes list;
        ReasonCode expected;
    };
    using enum PropertyHome;
    constexpr auto kProtocol = ReasonCode::ProtocolError;
    const Case cases[] = {
        {Connect, {0x21, 0, 0}, kProtocol},
        {Connack, {0x21, 0, 0}, kProtocol},
        {Connect, {0x27, 0, 0, 0, 0}, kProtocol},
        {Connack, {0x27, 0, 0, 0, 0}, kProtocol},
        {Subscribe, {0x0B, 0}, kProtocol},
        {Publish, {0x0B, 0}, kProtocol},
        {Publish, {0x23, 0, 0}, ReasonCode::TopicAliasInvalid},
        {Publish, {0x01, 2}, kProtocol},
        {Will, {0x01, 2}, kProtocol},
        {Connect, {0x17, 2}, kProtocol},
        {Connect, {0x19, 2}, kProtocol},
        {Connack, {0x24, 2}, kProtocol},
        {Connack, {0x25, 2}, kProtocol},
        {Connack, {0x28, 2}, kProtocol},
        {Connack, {0x29, 255}, kProtocol},
        {Connack, {0x2A, 2}, kProtocol},
        {Connect, {0x16, 0, 0}, kProtocol},
        {Publish, {0x08, 0, 1, '+'}, kProtocol},
        {Will, {0x08, 0, 3, 'a', '/', '#'}, kProtocol},
        {Connect, {0x22, 0, 0}, ReasonCode::Success},
        {Connect, {0x11, 0, 0, 0, 0}, ReasonCode::Success},
        {Connack, {0x13, 0, 0}, ReasonCode::Success},
        {Publish, {0x02, 0, 0, 0, 0}, ReasonCode::Success},
    };
    for (const Case& c : cases) {
        Properties properties;
        EXPECT_EQ(read(c.list, c.home, properties), c.expected)
            << +c.list[0] << " in " << static_cast<int>(c.home);
    }
}

TEST(Properties, LengthOfTheBlock) {
    auto read_raw = [](const Bytes& bytes, std::size_t at) {
        Properties properties;
        return read_properties(bytes, at, PropertyHome::Publish, properties);
    };
    EXPECT_EQ(read_raw({}, 0), ReasonCode::MalformedPacket);
    EXPECT_EQ(read_raw({0}, 0), ReasonCode::Success);
    EXPECT_EQ(read_raw({0}, 1), ReasonCode::MalformedPacket);
    EXPECT_EQ(read_raw({0}, 2), ReasonCode::MalformedPacket);
    EXPECT_EQ(read_raw({0x80, 0x00}, 0), ReasonCode::MalformedPacket);  // [MQTT-1.5.5-1]
    EXPECT_EQ(read_raw({0xFF, 0xFF, 0xFF, 0x7F}, 0), ReasonCode::MalformedPacket);
    EXPECT_EQ(read_raw({0x80, 0x80, 0x80, 0x80, 0x01}, 0), ReasonCode::MalformedPacket);
    EXPECT_EQ(read_raw({0x80, 0x80, 0x80}, 0), ReasonCode::MalformedPacket);
    Bytes user = wire_of(spec_of(0x26), 0, std::string(200, 'x'));
    EXPECT_EQ(read_raw(block_of(user), 0), ReasonCode::Success);
    // Others may stand before and behind.
    Bytes inside = {9, 9, 2, 0x01, 1, 9};
    Properties properties;
    std::size_t at = 2;
    ASSERT_EQ(read_properties(inside, at, PropertyHome::Publish, properties), ReasonCode::Success);
    EXPECT_EQ(at, 5u);
    EXPECT_EQ(properties.payload_format_indicator, 1);
}

// A struct that is used again must not remember.
TEST(Properties, NothingStaysFromBefore) {
    Properties properties;
    ASSERT_EQ(read(wire_of(spec_of(0x01), 1, "") + wire_of(spec_of(0x26), 1, "u"),
                   PropertyHome::Publish, properties),
              ReasonCode::Success);
    ASSERT_EQ(read({}, PropertyHome::Publish, properties), ReasonCode::Success);
    EXPECT_EQ(properties.present, 0u);
    EXPECT_TRUE(properties.raw.empty());
}

void fill_connack(Properties& p) {
    auto set = [&](PropertyId id, auto& field, auto value) {
        field = value;
        p.mark(id);
    };
    using Id = PropertyId;
    set(Id::SessionExpiryInterval, p.session_expiry_interval, 0x11223344u);
    set(Id::AssignedClientIdentifier, p.assigned_client_identifier, "id");
    set(Id::ServerKeepAlive, p.server_keep_alive, std::uint16_t{0x1313});
    set(Id::AuthenticationMethod, p.authentication_method, "am");
    set(Id::AuthenticationData, p.authentication_data, as_bytes("ad"));
    set(Id::ResponseInformation, p.response_information, "ri");
    set(Id::ServerReference, p.server_reference, "sr");
    set(Id::ReasonString, p.reason_string, "rs");
    set(Id::ReceiveMaximum, p.receive_maximum, std::uint16_t{0x2121});
    set(Id::TopicAliasMaximum, p.topic_alias_maximum, std::uint16_t{0x2222});
    set(Id::MaximumQos, p.maximum_qos, std::uint8_t{1});
    set(Id::RetainAvailable, p.retain_available, std::uint8_t{0});
    set(Id::MaximumPacketSize, p.maximum_packet_size, 0x27272727u);
    set(Id::WildcardSubscriptionAvailable, p.wildcard_subscription_available, std::uint8_t{1});
    set(Id::SubscriptionIdentifierAvailable, p.subscription_identifier_available, std::uint8_t{0});
    set(Id::SharedSubscriptionAvailable, p.shared_subscription_available, std::uint8_t{1});
}

// Each field under its own number, in mosquitto's order.
TEST(Properties, ConnackOrder) {
    Properties properties;
    fill_connack(properties);
    const Bytes expected = {0x13, 0x13, 0x13, 0x22, 0x22, 0x22, 0x12, 0,    2,    'i',  'd',  0x11,
                            0x11, 0x22, 0x33, 0x44, 0x15, 0,    2,    'a',  'm',  0x16, 0,    2,
                            'a',  'd',  0x25, 0,    0x27, 0x27, 0x27, 0x27, 0x27, 0x21, 0x21, 0x21,
                            0x24, 1,    0x1A, 0,    2,    'r',  'i',  0x1C, 0,    2,    's',  'r',
                            0x1F, 0,    2,    'r',  's',  0x28, 1,    0x29, 0,    0x2A, 1};
    EXPECT_EQ(written(properties, PropertyHome::Connack), block_of(expected));
    Properties again;
    ASSERT_EQ(read(expected, PropertyHome::Connack, again), ReasonCode::Success);
    EXPECT_EQ(describe(again), describe(properties));
}

TEST(Properties, OthersByNumber) {
    Properties p;
    auto set = [&](PropertyId id, auto& field, auto value) {
        field = value;
        p.mark(id);
    };
    using Id = PropertyId;
    set(Id::TopicAlias, p.topic_alias, std::uint16_t{0x2323});
    set(Id::SubscriptionIdentifier, p.subscription_identifier, 300u);
    set(Id::CorrelationData, p.correlation_data, as_bytes("cd"));
    set(Id::ResponseTopic, p.response_topic, "rt");
    set(Id::ContentType, p.content_type, "ct");
    set(Id::MessageExpiryInterval, p.message_expiry_interval, 0x02030405u);
    set(Id::PayloadFormatIndicator, p.payload_format_indicator, std::uint8_t{1});
    p.mark(Id::UserProperty);  // None of them stands in `raw`.
    const Bytes publish = {0x01, 1,   0x02, 2,    3,    4,    5,    0x03, 0, 2,
                           'c',  't', 0x08, 0,    2,    'r',  't',  0x09, 0, 2,
                           'c',  'd', 0x0B, 0xAC, 0x02, 0x23, 0x23, 0x23};
    EXPECT_EQ(written(p, PropertyHome::Publish), block_of(publish));

    Properties c;
    c.request_problem_information = 0;
    c.mark(Id::RequestProblemInformation);
    c.request_response_information = 1;
    c.mark(Id::RequestResponseInformation);
    EXPECT_EQ(written(c, PropertyHome::Connect), block_of({0x17, 0, 0x19, 1}));
    Properties w;
    w.will_delay_interval = 0x18191A1B;
    w.mark(Id::WillDelayInterval);
    EXPECT_EQ(written(w, PropertyHome::Will), block_of({0x18, 0x18, 0x19, 0x1A, 0x1B}));
    EXPECT_EQ(written(Properties{}, PropertyHome::Publish), Bytes{0});
}

// What was given in an order is written in that order, less what was taken out since.
TEST(Properties, RawGivesTheOrder) {
    Bytes user = wire_of(spec_of(0x26), 0, "u");
    Bytes type = wire_of(spec_of(0x03), 0, "t");
    Bytes alias = wire_of(spec_of(0x23), 7, "");
    Bytes expiry = wire_of(spec_of(0x02), 9, "");
    Properties p;
    ASSERT_EQ(read(user + expiry + alias + type + user, PropertyHome::Publish, p),
              ReasonCode::Success);
    EXPECT_EQ(written(p, PropertyHome::Publish), block_of(user + expiry + alias + type + user));
    p.present &= ~(std::uint64_t{1} << static_cast<unsigned>(PropertyId::TopicAlias));
    p.payload_format_indicator = 1;
    p.mark(PropertyId::PayloadFormatIndicator);
    EXPECT_EQ(written(p, PropertyHome::Publish),
              block_of(user + expiry + type + user + Bytes{0x01, 1}));
}

TEST(Properties, WalkRaw) {
    for (PropertyHome home : all_homes()) {
        Bytes list;
        for (const auto& spec : property_specs()) {
            if (is_allowed(spec, home)) list = list + wire_of(spec, 0x01010101, "t");
        }
        Properties properties;
        ASSERT_EQ(read(list, home, properties), ReasonCode::Success);
        Bytes walked;
        RawProperty property;
        for (std::size_t at = 0; next_property(properties.raw, at, property);) {
            walked.insert(walked.end(), property.wire.begin(), property.wire.end());
            char kind = spec_of(static_cast<std::uint8_t>(property.id)).kind;
            if (kind == 's' || kind == 'd') {
                EXPECT_EQ(property.value, "t");
            }
            if (kind == 'p') {
                EXPECT_EQ(property.name, "t");
            }
            if (kind == 'p') {
                EXPECT_EQ(property.value, "t!");
            }
            if (kind == '4') {
                EXPECT_EQ(property.number, 0x01010101u);
            }
            if (kind == '2') {
                EXPECT_EQ(property.number, 0x0101u);
            }
            if (kind == 'b') {
                EXPECT_EQ(property.number, 1u);
            }
            if (kind == 'v') {
                EXPECT_EQ(property.number, 0x01010101u % 127 + 1);
            }
        }
        EXPECT_EQ(walked, list);
    }
}

// [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
TEST(Properties, ForwardedKeepTheirOrder) {
    auto one = [](std::uint8_t id, const char* text) { return wire_of(spec_of(id), 1, text); };
    Bytes list = one(0x26, "first") + one(0x23, "") + one(0x09, "cd") + one(0x0B, "") +
                 one(0x26, "second") + one(0x02, "") + one(0x01, "") + one(0x08, "r") +
                 one(0x0B, "") + one(0x03, "c") + one(0x26, "first");
    Bytes expected = one(0x26, "first") + one(0x09, "cd") + one(0x26, "second") + one(0x01, "") +
                     one(0x08, "r") + one(0x03, "c") + one(0x26, "first");
    Properties properties;
    ASSERT_EQ(read(list, PropertyHome::Publish, properties), ReasonCode::Success);
    Bytes out(forwarded_size(properties.raw));
    EXPECT_EQ(copy_forwarded(properties.raw, out.data()), out.data() + out.size());
    EXPECT_EQ(out, expected);
    EXPECT_EQ(forwarded_size({}), 0u);
    // A will's delay stays behind too.
    Bytes will = one(0x18, "") + one(0x26, "u") + one(0x02, "");
    EXPECT_EQ(forwarded_size(will), one(0x26, "u").size());
}

// hardening.md, row 8: a long list costs what it is long, and no more.
TEST(Properties, hardening_08_ManyUserProperties) {
    Bytes list;
    for (int i = 0; i < 9000; i++) list = std::move(list) + wire_of(spec_of(0x26), 0, "");
    Properties properties;
    ASSERT_EQ(read(list, PropertyHome::Publish, properties), ReasonCode::Success);
    std::size_t count = 0;
    RawProperty property;
    for (std::size_t at = 0; next_property(properties.raw, at, property);) count++;
    EXPECT_EQ(count, 9000u);
}

}  // namespace
}  // namespace martlet::mqtt
