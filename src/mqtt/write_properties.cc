#include "mqtt/frame.h"
#include "mqtt/properties.h"
#include "mqtt/property_table.h"
#include "mqtt/wire.h"

#include <array>
#include <bit>

namespace martlet::mqtt {

namespace {

constexpr std::uint64_t bit(PropertyId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

// Writes the fields; user properties come from `raw`.
constexpr std::uint64_t kFields =
    ((std::uint64_t{1} << kPropertyIdEnd) - 1) & ~bit(PropertyId::UserProperty);

// People's scripts compare a CONNACK byte for byte with mosquitto's.
constexpr std::array kConnackFirst = {
    PropertyId::ServerKeepAlive,          PropertyId::TopicAliasMaximum,
    PropertyId::AssignedClientIdentifier, PropertyId::SessionExpiryInterval,
    PropertyId::AuthenticationMethod,     PropertyId::AuthenticationData,
    PropertyId::RetainAvailable,          PropertyId::MaximumPacketSize,
    PropertyId::ReceiveMaximum,           PropertyId::MaximumQos,
};

std::size_t field_size(std::uint8_t) {
    return 1;
}
std::size_t field_size(std::uint16_t) {
    return 2;
}
std::size_t field_size(std::uint32_t) {
    return 4;
}
std::size_t field_size(std::string_view text) {
    return 2 + text.size();
}
std::size_t field_size(ByteView data) {
    return 2 + data.size();
}

std::size_t property_size(const Properties& properties, PropertyId id) {
    if (id == PropertyId::SubscriptionIdentifier) {
        return 1 + varint_size(properties.subscription_identifier);
    }
    return 1 + visit_property(properties, id, [](auto& field) { return field_size(field); });
}

std::uint8_t* write_property(const Properties& properties, PropertyId id, std::uint8_t* out) {
    out = put(static_cast<std::uint8_t>(id), out);
    if (id == PropertyId::SubscriptionIdentifier) {
        return write_varint(properties.subscription_identifier, out);
    }
    return visit_property(properties, id, [&](auto& field) { return put(field, out); });
}

PropertyId take_lowest(std::uint64_t& left) {
    auto id = static_cast<PropertyId>(std::countr_zero(left));
    left &= left - 1;
    return id;
}

// Hands over the properties of `raw` that are present, in wire form; answers which are left over.
template <typename Each>
std::uint64_t each_in_raw(const Properties& properties, Each each) {
    std::uint64_t left = properties.present & kFields;
    RawProperty property;
    for (std::size_t at = 0; next_property(properties.raw, at, property);) {
        if (!properties.has(property.id)) continue;
        each(property.wire);
        left &= ~bit(property.id);
    }
    return left;
}

std::size_t list_size(const Properties& properties) {
    std::size_t size = 0;
    std::uint64_t left = each_in_raw(properties, [&](ByteView wire) { size += wire.size(); });
    while (left != 0) size += property_size(properties, take_lowest(left));
    return size;
}

}  // namespace

std::size_t properties_size(const Properties& properties) {
    std::size_t size = list_size(properties);
    return varint_size(static_cast<std::uint32_t>(size)) + size;
}

std::uint8_t* write_properties(const Properties& properties, PropertyHome home, std::uint8_t* out) {
    out = write_varint(static_cast<std::uint32_t>(list_size(properties)), out);
    std::uint64_t left = each_in_raw(properties, [&](ByteView wire) { out = put_raw(wire, out); });
    if (home == PropertyHome::Connack) {
        for (PropertyId id : kConnackFirst) {
            if ((left & bit(id)) == 0) continue;
            out = write_property(properties, id, out);
            left &= ~bit(id);
        }
    }
    while (left != 0) out = write_property(properties, take_lowest(left), out);
    return out;
}

}  // namespace martlet::mqtt
