#include "tests/fuzz/mqtt_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    martlet::mqtt::fuzz_packet(martlet::mqtt::PacketType::Subscribe, data, size);
    return 0;
}
