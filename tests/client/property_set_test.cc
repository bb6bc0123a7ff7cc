#include "client/property_set.h"

#include "mqtt/packets.h"

#include <gtest/gtest.h>

namespace martlet::client {
namespace {

using Id = mqtt::PropertyId;
using Home = mqtt::PropertyHome;
using mqtt::ReasonCode;

TEST(PropertySet, EveryWidthComesBack) {
    PropertySet set;
    set.add(Id::PayloadFormatIndicator, 1);
    set.add(Id::TopicAlias, 0x1234);
    set.add(Id::MessageExpiryInterval, 0x12345678);
    set.add(Id::SubscriptionIdentifier, 300);
    set.add(Id::ContentType, "text");
    set.add_user("name", "value");
    mqtt::Properties view;
    ASSERT_EQ(set.view(Home::Publish, view), ReasonCode::Success);
    EXPECT_EQ(view.payload_format_indicator, 1);
    EXPECT_EQ(view.topic_alias, 0x1234);
    EXPECT_EQ(view.message_expiry_interval, 0x12345678u);
    EXPECT_EQ(view.subscription_identifier, 300u);
    EXPECT_EQ(view.content_type, "text");
    EXPECT_TRUE(as_text(view.raw).ends_with(std::string_view("\x26\0\4name\0\5value", 14)));
}

// People's scripts compare what they send, byte for byte.
TEST(PropertySet, ThePacketHasTheOrderInWhichTheyWereAdded) {
    PropertySet set;
    set.add_user("a", "b");
    set.add(Id::ContentType, "t");
    set.add(Id::PayloadFormatIndicator, 1);
    mqtt::Publish packet;
    packet.topic = "x";
    ASSERT_EQ(set.view(Home::Publish, packet.properties), ReasonCode::Success);
    std::vector<std::uint8_t> frame(mqtt::encoded_size(packet, mqtt::Version::V5));
    mqtt::encode(packet, mqtt::Version::V5, frame.data());
    EXPECT_EQ(as_text(frame), std::string_view("\x30\x11\0\1x\x0d\x26\0\1a\0\1b\3\0\1t\1\1", 19));
}

TEST(PropertySet, WhatMayNotStandThereIsRefused) {
    mqtt::Properties view;
    PropertySet wrong;
    wrong.add(Id::WillDelayInterval, 1);
    EXPECT_EQ(wrong.view(Home::Will, view), ReasonCode::Success);
    EXPECT_NE(wrong.view(Home::Connect, view), ReasonCode::Success);
    PropertySet twice;
    twice.add(Id::ReceiveMaximum, 1);
    EXPECT_FALSE(twice.is_twice(Id::ReceiveMaximum));
    twice.add(Id::ReceiveMaximum, 2);
    EXPECT_TRUE(twice.is_twice(Id::ReceiveMaximum));
    EXPECT_NE(twice.view(Home::Connect, view), ReasonCode::Success);
    PropertySet zero;
    zero.add(Id::ReceiveMaximum, 0);
    EXPECT_NE(zero.view(Home::Connect, view), ReasonCode::Success);
}

}  // namespace
}  // namespace martlet::client
