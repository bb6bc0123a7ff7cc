#include "telemetry/unpack.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::telemetry {
namespace {

constexpr std::size_t kMax = std::size_t{4} << 20;

// One text in three wrappers.
const std::string kText = "hello hello hello hello";
const std::string kRaw("\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01", 10);
const std::string kZlib = "\x78\x9c" + kRaw + "\x68\x03\x08\xb1";
const std::string kGzip = std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", 10) + kRaw +
                          std::string("\xe3\x51\x3d\x8d\x17\x00\x00\x00", 8);

Unpacking unpacked(std::string_view packed, std::string& out, std::size_t bytes_max = kMax) {
    return unpack(packed, bytes_max, out);
}

TEST(Unpack, reads_each_wrapper) {
    for (const std::string& packed : {kRaw, kZlib, kGzip}) {
        std::string out = "left over";
        EXPECT_EQ(unpacked(packed, out), Unpacking::Fine);
        EXPECT_EQ(out, kText);
    }
}

TEST(Unpack, every_shorter_part_and_every_tail_is_broken) {
    std::string out;
    for (const std::string& packed : {kRaw, kZlib, kGzip}) {
        for (std::size_t size = 0; size < packed.size(); size++) {
            EXPECT_EQ(unpacked(packed.substr(0, size), out), Unpacking::Broken) << size;
        }
        EXPECT_EQ(unpacked(packed + '\0', out), Unpacking::Broken);
        EXPECT_EQ(unpacked(packed + packed, out), Unpacking::Broken);
    }
}

TEST(Unpack, a_wrong_checksum_is_broken) {
    std::string out;
    std::string packed = kZlib;
    packed.back() ^= 1;
    EXPECT_EQ(unpacked(packed, out), Unpacking::Broken);
    packed = kGzip;
    packed[packed.size() - 5] ^= 1;
    EXPECT_EQ(unpacked(packed, out), Unpacking::Broken);
}

TEST(Unpack, takes_up_to_its_bound) {
    std::string out;
    EXPECT_EQ(unpacked(kZlib, out, kText.size()), Unpacking::Fine);
    EXPECT_EQ(out, kText);
    EXPECT_EQ(unpacked(kZlib, out, kText.size() - 1), Unpacking::TooLarge);
    EXPECT_EQ(unpacked(kGzip, out, 0), Unpacking::TooLarge);
}

}  // namespace
}  // namespace martlet::telemetry
