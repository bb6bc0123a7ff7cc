#include "net/network.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::net {
namespace {

std::string shown(std::string_view text) {
    auto address = read_address(text);
    return address ? std::to_string(address->family) + " " + address->text() : "none";
}

TEST(Network, AddressesAsProxiesWriteThem) {
    EXPECT_EQ(shown("192.0.2.7"), "4 192.0.2.7:0");
    EXPECT_EQ(shown("192.0.2.7:5000"), "4 192.0.2.7:5000");
    EXPECT_EQ(shown("2001:db8::7"), "6 2001:db8::7:0");
    EXPECT_EQ(shown("[2001:db8::7]"), "6 2001:db8::7:0");
    EXPECT_EQ(shown("[2001:db8::7]:5000"), "6 2001:db8::7:5000");
    EXPECT_EQ(shown("::ffff:192.0.2.7"), "4 192.0.2.7:0");
    for (const char* text :
         {"", "unknown", "_hidden", "localhost", "192.0.2", "192.0.2.7:", "192.0.2.7:x",
          "192.0.2.7:70000", "192.0.2.7:1 ", "[2001:db8::7", "[2001:db8::7]x", "[192.0.2.7]", "[]",
          " 192.0.2.7", "1.2.3.4, 5.6.7.8", "::1%lo"})
        EXPECT_EQ(shown(text), "none") << text;
    EXPECT_EQ(shown(std::string("192.0.2.7\0", 10)), "none");
    EXPECT_EQ(shown(std::string(1000, '1')), "none");
}

bool is_in(std::string_view network, std::string_view address) {
    auto read = Network::read(network);
    EXPECT_TRUE(read) << network;
    return read && read->contains(*read_address(address));
}

TEST(Network, ContainsItsAddressesOnly) {
    EXPECT_TRUE(is_in("192.0.2.7", "192.0.2.7:5000"));
    EXPECT_FALSE(is_in("192.0.2.7", "192.0.2.8"));
    EXPECT_TRUE(is_in("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(is_in("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(is_in("172.16.0.0/12", "172.31.255.255"));
    EXPECT_FALSE(is_in("172.16.0.0/12", "172.32.0.0"));
    EXPECT_TRUE(is_in("0.0.0.0/0", "192.0.2.7"));
    EXPECT_FALSE(is_in("0.0.0.0/0", "2001:db8::7"));
    EXPECT_TRUE(is_in("::1", "::1"));
    EXPECT_TRUE(is_in("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(is_in("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_FALSE(is_in("unix", "127.0.0.1"));
    EXPECT_TRUE(Network::read("unix")->contains(Endpoint()));
    EXPECT_FALSE(Network::read("0.0.0.0/0")->contains(Endpoint()));
}

TEST(Network, OtherTextsAreNone) {
    for (const char* text : {"", "proxy", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                             "::/129", "/8", "10.0.0.1:80", "UNIX"})
        EXPECT_FALSE(Network::read(text)) << text;
}

}  // namespace
}  // namespace martlet::net
