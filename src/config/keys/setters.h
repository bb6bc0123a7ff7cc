#pragma once

// Setters for the table of keys: most keys read one value into one member, named in the row by a
// pointer to member. Where the member lives (all settings, the listener, bridge ...) follows from
// its class. Cold path, any thread.

#include "config/key.h"
#include "config/values.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace martlet::config {

// Where per_listener_settings says that a security key goes.
SecurityDraft& security_of(Entry& entry);

// The address of what a key belongs to: "once in its scope" is by it.
const void* scope_of(const Entry& entry);

template <typename Class>
Class& owner(Entry& entry) {
    if constexpr (std::is_same_v<Class, Draft>)
        return entry.draft;
    else if constexpr (std::is_same_v<Class, Settings>)
        return entry.draft.settings;
    else if constexpr (std::is_same_v<Class, broker::Options>)
        return entry.draft.settings.broker;
    else if constexpr (std::is_same_v<Class, telemetry::Options>)
        return entry.draft.settings.telemetry;
    else if constexpr (std::is_same_v<Class, http::Options>)
        return entry.draft.settings.http;
    else if constexpr (std::is_same_v<Class, log::Options>)
        return entry.draft.settings.log;
    else if constexpr (std::is_same_v<Class, SecurityDraft>)
        return security_of(entry);
    else if constexpr (std::is_same_v<Class, ListenerDraft>)
        return *entry.context.listener;
    else if constexpr (std::is_same_v<Class, net::ListenOptions>)
        return entry.context.listener->net;
    else if constexpr (std::is_same_v<Class, broker::ListenerOptions>)
        return entry.context.listener->broker;
    else if constexpr (std::is_same_v<Class, TlsSettings>)
        return entry.context.listener->tls;
    else if constexpr (std::is_same_v<Class, BridgeSettings>)
        return entry.context.bridge->settings;
    else
        return entry.context.bridge->settings.tls;
}

template <typename Class, typename Value>
Class class_of(Value Class::*);

template <auto Member>
auto& member(Entry& entry) {
    return owner<decltype(class_of(Member))>(entry).*Member;
}

template <auto Member>
Status flag(Entry& entry) {
    Result<bool> value = read_bool(entry);
    if (!value.ok()) return value.error();
    member<Member>(entry) = value.value();
    // What is not built yet and not wanted either is nothing to warn of.
    bool is_default = value.value() == (entry.key.default_value == "true");
    if (is_default && entry.key.scope != Scope::Bridge)
        entry.kind = entry.key.is_own ? NoticeKind::Own : NoticeKind::Same;
    return Done{};
}

template <auto Member>
Status number(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    auto& place = member<Member>(entry);
    place = static_cast<std::remove_reference_t<decltype(place)>>(value.value());
    return Done{};
}

// For limits: mosquitto takes 0 and everything below as "no limit".
template <auto Member>
Status limit(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    member<Member>(entry) = value.value() > 0 ? value.value() : -1;
    return Done{};
}

template <auto Member>
Status text(Entry& entry) {
    Result<std::string> value = read_text(entry);
    if (!value.ok()) return value.error();
    auto& place = member<Member>(entry);
    using Place_ = std::remove_reference_t<decltype(place)>;
    if constexpr (std::is_same_v<Place_, std::vector<std::string>>)
        place.push_back(std::move(value).value());
    else if constexpr (std::is_same_v<Place_, std::optional<PlacedText>>)
        place = PlacedText{std::move(value).value(), entry.place};
    else
        place = std::move(value).value();
    return Done{};
}

}  // namespace martlet::config
