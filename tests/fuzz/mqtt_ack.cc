// PUBACK, PUBREC, PUBREL, PUBCOMP: bits 6 and 7 of the first byte say which.

#include "tests/fuzz/mqtt_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using martlet::mqtt::PacketType;
    if (size == 0) return 0;
    martlet::mqtt::fuzz_packet(static_cast<PacketType>(4 + (data[0] >> 6)), data, size);
    return 0;
}
