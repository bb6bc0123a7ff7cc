#include "client/property_set.h"

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
    EXPECT_EQ(as_text(view.user), std::string_view("\x26\0\4name\0\5value", 14));
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
