#pragma once

// Table 2-4 of MQTT 5 once more, copied from the specification and not from the decoder, with a way
// to write any property.

#include "mqtt/properties.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::mqtt {

struct PropertySpec {
    std::uint8_t id;
    char kind;  // 1, 2, 4: bytes of a number; v: variable; b: byte that is 0 or 1; s: text; d:
                // data; p: pair
    // Packets by number; 0 is the will.
    std::vector<int> homes;
};

inline const std::vector<PropertySpec>& property_specs() {
    static const std::vector<PropertySpec> specs = {
        {0x01, 'b', {3, 0}},
        {0x02, '4', {3, 0}},
        {0x03, 's', {3, 0}},
        {0x08, 's', {3, 0}},
        {0x09, 'd', {3, 0}},
        {0x0B, 'v', {3, 8}},
        {0x11, '4', {1, 2, 14}},
        {0x12, 's', {2}},
        {0x13, '2', {2}},
        {0x15, 's', {1, 2, 15}},
        {0x16, 'd', {1, 2, 15}},
        {0x17, 'b', {1}},
        {0x18, '4', {0}},
        {0x19, 'b', {1}},
        {0x1A, 's', {2}},
        {0x1C, 's', {2, 14}},
        {0x1F, 's', {2, 4, 5, 6, 7, 9, 11, 14, 15}},
        {0x21, '2', {1, 2}},
        {0x22, '2', {1, 2}},
        {0x23, '2', {3}},
        {0x24, 'b', {2}},
        {0x25, 'b', {2}},
        {0x26, 'p', {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15}},
        {0x27, '4', {1, 2}},
        {0x28, 'b', {2}},
        {0x29, 'b', {2}},
        {0x2A, 'b', {2}},
    };
    return specs;
}

inline const std::vector<PropertyHome>& all_homes() {
    using enum PropertyHome;
    static const std::vector<PropertyHome> homes = {
        Will,    Connect,   Connack, Publish,     Puback,   Pubrec,     Pubrel,
        Pubcomp, Subscribe, Suback,  Unsubscribe, Unsuback, Disconnect, Auth};
    return homes;
}

inline bool is_allowed(const PropertySpec& spec, PropertyHome home) {
    for (int allowed : spec.homes) {
        if (allowed == static_cast<int>(home)) return true;
    }
    return false;
}

inline void append_text(std::vector<std::uint8_t>& out, const std::string& text) {
    out.push_back(static_cast<std::uint8_t>(text.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
}

// A sound property with its identifier; numbers are `number` cut to what fits.
inline std::vector<std::uint8_t> wire_of(const PropertySpec& spec, std::uint32_t number,
                                         const std::string& text) {
    std::vector<std::uint8_t> out = {spec.id};
    int bytes = spec.kind == '4' ? 4 : spec.kind == '2' ? 2 : 0;
    for (int i = bytes - 1; i >= 0; i--) {
        out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
    }
    if (spec.kind == 'b') out.push_back(number & 1);
    if (spec.kind == 'v') out.push_back(static_cast<std::uint8_t>(number % 127 + 1));
    if (spec.kind == 's' || spec.kind == 'd' || spec.kind == 'p') append_text(out, text);
    if (spec.kind == 'p') append_text(out, text + "!");
    return out;
}

}  // namespace martlet::mqtt
