#include "cli/flags/property_argument.h"

#include "base/text.h"
#include "mqtt/frame.h"

#include <cerrno>
#include <cstdlib>
#include <strings.h>
#include <utility>

namespace martlet::cli {

namespace {

using Id = mqtt::PropertyId;
using Home = mqtt::PropertyHome;

struct NamedProperty {
    const char* name;
    Id id;
    std::uint32_t number_max;  // 0: text
    unsigned homes;            // bits of Home that may be asked for
};

constexpr unsigned in(Home home) {
    return 1u << static_cast<unsigned>(home);
}

constexpr unsigned kMessage = in(Home::Publish) | in(Home::Will);
constexpr unsigned kAcks =
    in(Home::Puback) | in(Home::Pubrec) | in(Home::Pubrel) | in(Home::Pubcomp);
constexpr std::uint32_t kVarintMax = 268'435'455;

constexpr NamedProperty kProperties[] = {
    {"payload-format-indicator", Id::PayloadFormatIndicator, 255, kMessage},
    {"message-expiry-interval", Id::MessageExpiryInterval, UINT32_MAX, kMessage},
    {"content-type", Id::ContentType, 0, kMessage},
    {"response-topic", Id::ResponseTopic, 0, kMessage},
    {"correlation-data", Id::CorrelationData, 0, kMessage},
    {"subscription-identifier", Id::SubscriptionIdentifier, kVarintMax,
     in(Home::Publish) | in(Home::Subscribe)},
    {"session-expiry-interval", Id::SessionExpiryInterval, UINT32_MAX,
     in(Home::Connect) | in(Home::Connack) | in(Home::Disconnect)},
    {"assigned-client-identifier", Id::AssignedClientIdentifier, 0, in(Home::Connack)},
    {"server-keep-alive", Id::ServerKeepAlive, 65535, in(Home::Connack)},
    {"authentication-method", Id::AuthenticationMethod, 0,
     in(Home::Connect) | in(Home::Connack) | in(Home::Auth)},
    {"authentication-data", Id::AuthenticationData, 0,
     in(Home::Connect) | in(Home::Connack) | in(Home::Auth)},
    {"request-problem-information", Id::RequestProblemInformation, 255, in(Home::Connect)},
    {"will-delay-interval", Id::WillDelayInterval, UINT32_MAX, in(Home::Will)},
    {"request-response-information", Id::RequestResponseInformation, 255, in(Home::Connect)},
    {"response-information", Id::ResponseInformation, 0, in(Home::Connack)},
    {"server-reference", Id::ServerReference, 0, in(Home::Connack) | in(Home::Disconnect)},
    {"reason-string", Id::ReasonString, 0,
     kAcks | in(Home::Connack) | in(Home::Disconnect) | in(Home::Auth)},
    {"receive-maximum", Id::ReceiveMaximum, 65535, in(Home::Connect) | in(Home::Connack)},
    {"topic-alias-maximum", Id::TopicAliasMaximum, 65535, in(Home::Connect) | in(Home::Connack)},
    {"topic-alias", Id::TopicAlias, 65535, in(Home::Publish)},
    {"maximum-qos", Id::MaximumQos, 255, in(Home::Connack)},
    {"retain-available", Id::RetainAvailable, 255, in(Home::Connack)},
    {"user-property", Id::UserProperty, 0, 0xFFFF},
    {"maximum-packet-size", Id::MaximumPacketSize, UINT32_MAX,
     in(Home::Connect) | in(Home::Connack)},
    {"wildcard-subscription-available", Id::WildcardSubscriptionAvailable, 255, in(Home::Connack)},
    {"subscription-identifier-available", Id::SubscriptionIdentifierAvailable, 255,
     in(Home::Connack)},
    {"shared-subscription-available", Id::SharedSubscriptionAvailable, 255, in(Home::Connack)},
};

constexpr std::pair<const char*, Home> kCommands[] = {
    {"connect", Home::Connect},
    {"connack", Home::Connack},
    {"publish", Home::Publish},
    {"puback", Home::Puback},
    {"pubrec", Home::Pubrec},
    {"pubrel", Home::Pubrel},
    {"pubcomp", Home::Pubcomp},
    {"subscribe", Home::Subscribe},
    {"unsubscribe", Home::Unsubscribe},
    {"disconnect", Home::Disconnect},
    {"auth", Home::Auth},
    {"will", Home::Will},
};

client::PropertySet* set_of(ClientDraft& draft, Home home) {
    ClientProperties& sets = draft.options.properties;
    switch (home) {
        case Home::Connect:
            return &draft.options.client.connect_properties;
        case Home::Publish:
            return &sets.publish;
        case Home::Subscribe:
            return &sets.subscribe;
        case Home::Unsubscribe:
            return &sets.unsubscribe;
        case Home::Disconnect:
            return &sets.disconnect;
        case Home::Will:
            return &draft.will_properties;
        default:
            return nullptr;
    }
}

template <typename Rows>
auto find_row(const Rows& rows, const std::string& name, auto name_of) {
    for (const auto& row : rows) {
        if (strcasecmp(name_of(row), name.c_str()) == 0) return &row;
    }
    return static_cast<decltype(&rows[0])>(nullptr);
}

FlagError add_value(client::PropertySet& set, const NamedProperty& property,
                    const std::string& shown, const std::string& value) {
    if (property.number_max == 0) {
        if (value.size() > 65535) {
            return fmt::format("Error: Property value too long for property {}.\n\n", shown);
        }
        set.add(property.id, value);
        return "";
    }
    long long number = std::strtoll(value.c_str(), nullptr, 10);
    if (number < 0 || number > property.number_max) {
        return fmt::format("Error: Property value ({}) out of range for property {}.\n\n", value,
                           shown);
    }
    set.add(property.id, static_cast<std::uint32_t>(number));
    return "";
}

// The flag itself makes the client speak MQTT 5.
FlagError add_named(ClientDraft& draft, std::span<const std::string> words, std::size_t& taken) {
    auto command = find_row(kCommands, words[0], [](auto& row) { return row.first; });
    if (command == nullptr) {
        return fmt::format("Error: Invalid command {} given in --property argument.\n\n", words[0]);
    }
    auto property = find_row(kProperties, words[1], [](auto& row) { return row.name; });
    if (property == nullptr) {
        return fmt::format("Error: Invalid property name {} given in --property argument.\n\n",
                           words[1]);
    }
    if ((property->homes & in(command->second)) == 0) {
        return fmt::format("Error: {} property not allowed for {} in --property argument.\n\n",
                           words[1], words[0]);
    }
    bool is_servers =
        property->id == Id::SubscriptionIdentifier && command->second == Home::Publish;
    client::PropertySet* set = set_of(draft, command->second);
    if (set == nullptr || is_servers) {
        return fmt::format("Error: {} property not supported for {} in --property argument.\n\n",
                           words[1], words[0]);
    }
    draft.options.client.version = mqtt::Version::V5;
    if (property->id != Id::UserProperty) {
        taken = 3;
        return add_value(*set, *property, words[1], words[2]);
    }
    taken = 4;
    if (words.size() < 4) {
        return "Error: --property argument given but not enough arguments specified.\n\n";
    }
    set->add_user(words[2].substr(0, 65535), words[3].substr(0, 65535));
    return "";
}

}  // namespace

FlagError take_property(ClientDraft& draft, std::span<const std::string> words,
                        std::size_t& taken) {
    if (words.size() < 3) {
        return "Error: --property argument given but not enough arguments specified.\n\n";
    }
    return add_named(draft, words, taken);
}

FlagError check_properties(ClientDraft& draft) {
    constexpr std::pair<Home, const char*> kHomes[] = {
        {Home::Connect, "CONNECT"},       {Home::Publish, "PUBLISH"},
        {Home::Subscribe, "SUBSCRIBE"},   {Home::Unsubscribe, "UNSUBSCRIBE"},
        {Home::Disconnect, "DISCONNECT"}, {Home::Will, "WILL"},
    };
    for (auto [home, name] : kHomes) {
        mqtt::Properties properties;
        auto* set = set_of(draft, home);
        if (set->view(home, properties) == mqtt::ReasonCode::Success) continue;
        for (const auto& row : kProperties) {
            if (row.id == Id::UserProperty || !set->is_twice(row.id)) continue;
            return fmt::format("Error in {} properties: Duplicate property in property list\n",
                               name);
        }
        return fmt::format(
            "Error in {} properties: A network protocol error occurred when communicating with "
            "the broker.\n",
            name);
    }
    return "";
}

}  // namespace martlet::cli
