#include "client/property_set.h"

#include "mqtt/frame.h"

namespace martlet::client {

namespace {

using Id = mqtt::PropertyId;

// In bytes; 0 for a variable byte integer.
unsigned width_of(Id id) {
    switch (id) {
        case Id::PayloadFormatIndicator:
        case Id::RequestProblemInformation:
        case Id::RequestResponseInformation:
        case Id::MaximumQos:
        case Id::RetainAvailable:
        case Id::WildcardSubscriptionAvailable:
        case Id::SubscriptionIdentifierAvailable:
        case Id::SharedSubscriptionAvailable:
            return 1;
        case Id::ServerKeepAlive:
        case Id::ReceiveMaximum:
        case Id::TopicAliasMaximum:
        case Id::TopicAlias:
            return 2;
        case Id::SubscriptionIdentifier:
            return 0;
        default:
            return 4;
    }
}

void append_text(std::vector<std::uint8_t>& out, std::string_view text) {
    out.push_back(static_cast<std::uint8_t>(text.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
}

}  // namespace

void PropertySet::mark(Id id) {
    std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(id);
    repeated_ |= present_ & bit;
    present_ |= bit;
}

void PropertySet::add(Id id, std::uint32_t number) {
    mark(id);
    block_.push_back(static_cast<std::uint8_t>(id));
    unsigned width = width_of(id);
    if (width == 0) {
        std::uint8_t bytes[4];
        block_.insert(block_.end(), bytes, mqtt::write_varint(number, bytes));
        return;
    }
    for (unsigned i = width; i-- > 0;) block_.push_back(static_cast<std::uint8_t>(number >> 8 * i));
}

void PropertySet::add(Id id, std::string_view text) {
    mark(id);
    block_.push_back(static_cast<std::uint8_t>(id));
    append_text(block_, text);
}

void PropertySet::add_user(std::string_view name, std::string_view value) {
    mark(Id::UserProperty);
    block_.push_back(static_cast<std::uint8_t>(Id::UserProperty));
    append_text(block_, name);
    append_text(block_, value);
}

mqtt::ReasonCode PropertySet::view(mqtt::PropertyHome home, mqtt::Properties& properties) {
    std::uint8_t length[4];
    auto* end = mqtt::write_varint(static_cast<std::uint32_t>(block_.size()), length);
    framed_.assign(length, end);
    framed_.insert(framed_.end(), block_.begin(), block_.end());
    std::size_t at = 0;
    return mqtt::read_properties(framed_, at, home, properties);
}

}  // namespace martlet::client
