// SUBACK and UNSUBACK: bit 6 of the first byte says which.

#include "tests/fuzz/mqtt_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using martlet::mqtt::PacketType;
    if (size == 0) return 0;
    bool is_unsuback = data[0] & 0x40;
    martlet::mqtt::fuzz_packet(is_unsuback ? PacketType::Unsuback : PacketType::Suback, data, size);
    return 0;
}
