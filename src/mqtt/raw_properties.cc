#include "mqtt/properties.h"
#include "mqtt/property_table.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

constexpr std::uint64_t bit(PropertyId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

// [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-20]
constexpr std::uint64_t kForwarded = bit(PropertyId::PayloadFormatIndicator) |
                                     bit(PropertyId::ContentType) | bit(PropertyId::ResponseTopic) |
                                     bit(PropertyId::CorrelationData) |
                                     bit(PropertyId::UserProperty);

template <typename Number>
bool read_number(Reader& reader, std::uint32_t& number) {
    Number value;
    if (!reader.read(value)) return false;
    number = value;
    return true;
}

bool read_value(Reader& reader, PropertyKind kind, RawProperty& property) {
    switch (kind) {
        case PropertyKind::None:
            return false;
        case PropertyKind::Byte:
            return read_number<std::uint8_t>(reader, property.number);
        case PropertyKind::Short:
            return read_number<std::uint16_t>(reader, property.number);
        case PropertyKind::Long:
            return reader.read(property.number);
        case PropertyKind::Varint:
            return reader.read_varint(property.number);
        case PropertyKind::Text:
        case PropertyKind::Data:
            return reader.read_unchecked(property.value);
        case PropertyKind::Pair:
            return reader.read_unchecked(property.name) && reader.read_unchecked(property.value);
    }
    return false;
}

}  // namespace

bool next_property(ByteView raw, std::size_t& at, RawProperty& property) {
    if (at >= raw.size()) return false;
    std::uint8_t id = raw[at];
    if (id >= kPropertyIdEnd) return false;
    Reader reader(raw.subspan(at + 1));
    property.id = static_cast<PropertyId>(id);
    property.name = {};
    property.value = {};
    property.number = 0;
    if (!read_value(reader, kPropertyRules[id].kind, property)) return false;
    std::size_t end = raw.size() - reader.left();
    property.wire = raw.subspan(at, end - at);
    at = end;
    return true;
}

std::size_t forwarded_size(ByteView raw) {
    std::size_t size = 0;
    RawProperty property;
    for (std::size_t at = 0; next_property(raw, at, property);) {
        if (kForwarded & bit(property.id)) size += property.wire.size();
    }
    return size;
}

std::uint8_t* copy_forwarded(ByteView raw, std::uint8_t* out) {
    RawProperty property;
    for (std::size_t at = 0; next_property(raw, at, property);) {
        if (kForwarded & bit(property.id)) out = put_raw(property.wire, out);
    }
    return out;
}

}  // namespace martlet::mqtt
