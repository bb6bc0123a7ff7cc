// A property block in the home that the first byte names: read, walked, forwarded, written and read
// again.

#include "tests/fuzz/mqtt_input.h"

namespace martlet::mqtt {
namespace {

void walk(const Properties& properties) {
    std::size_t walked = 0;
    RawProperty property;
    for (std::size_t at = 0; next_property(properties.raw, at, property);) {
        require(properties.has(property.id));
        walked += property.wire.size();
    }
    require(walked == properties.raw.size());
    auto forwarded = encode_exactly(forwarded_size(properties.raw), [&](std::uint8_t* out) {
        return copy_forwarded(properties.raw, out);
    });
    // What was forwarded once is forwarded whole.
    require(forwarded_size(forwarded) == forwarded.size());
}

void read_and_write(PropertyHome home, ByteView bytes) {
    Properties properties;
    std::size_t at = 0;
    if (read_properties(bytes, at, home, properties) != ReasonCode::Success) return;
    require(at <= bytes.size());
    walk(properties);
    auto written = encode_exactly(properties_size(properties), [&](std::uint8_t* out) {
        return write_properties(properties, home, out);
    });
    Properties again;
    at = 0;
    require(read_properties(written, at, home, again) == ReasonCode::Success);
    require(at == written.size());
    require(describe(again) == describe(properties));
}

}  // namespace
}  // namespace martlet::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using martlet::mqtt::PropertyHome;
    if (size == 0) return 0;
    auto home = static_cast<PropertyHome>(data[0] & 15);
    martlet::mqtt::read_and_write(home, martlet::ByteView(data + 1, size - 1));
    return 0;
}
