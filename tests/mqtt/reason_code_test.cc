#include "mqtt/reason_code.h"

#include <set>
#include <string>

namespace martlet::mqtt {
namespace {

TEST(ReasonCode, EveryNameOnce) {
    std::set<std::string_view> names;
    int known = 0;
    for (unsigned number = 0; number < 256; number++) {
        auto code = static_cast<ReasonCode>(number);
        EXPECT_EQ(is_error(code), number >= 128);
        if (reason_text(code) == "unknown reason") continue;
        EXPECT_TRUE(names.insert(reason_text(code)).second) << number;
        known++;
    }
    EXPECT_EQ(known, 43);  // Table 2-6; its three names of 0x00 are one here.
    EXPECT_EQ(reason_text(ReasonCode::NotAuthorized), "not authorized");
    EXPECT_EQ(reason_text(static_cast<ReasonCode>(0x03)), "unknown reason");
}

TEST(ReasonCode, MQTT_3_2_2_3_ReturnCodes) {
    EXPECT_EQ(connack_return_code(ReasonCode::Success), 0);
    EXPECT_EQ(connack_return_code(ReasonCode::UnsupportedProtocolVersion), 1);
    EXPECT_EQ(connack_return_code(ReasonCode::ClientIdentifierNotValid), 2);
    EXPECT_EQ(connack_return_code(ReasonCode::ServerUnavailable), 3);
    EXPECT_EQ(connack_return_code(ReasonCode::ServerBusy), 3);
    EXPECT_EQ(connack_return_code(ReasonCode::BadUserNameOrPassword), 4);
    EXPECT_EQ(connack_return_code(ReasonCode::NotAuthorized), 5);
    for (unsigned number = 0x80; number < 256; number++) {
        auto code = connack_return_code(static_cast<ReasonCode>(number));
        EXPECT_GE(code, 1) << number;
        EXPECT_LE(code, 5) << number;
    }
    // What a decoded CONNACK of 3.x holds comes out as it went in.
    for (std::uint8_t raw = 0; raw <= 5; raw++) {
        EXPECT_EQ(connack_return_code(static_cast<ReasonCode>(raw)), raw);
    }
}

}  // namespace
}  // namespace martlet::mqtt
