#pragma once

// Access for the table of keys: most keys set, read and keep one member, named in the row by a
// pointer to member. Where the member lives (all settings, the listener, bridge ...) follows from
// its class; what lives in a draft only has no running value. Cold path, any thread.

#include "config/key.h"
#include "config/values.h"

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
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
    else if constexpr (std::is_same_v<Class, net::WebsocketOptions>)
        return entry.context.listener->websocket;
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

// The mask of a value that is a secret as a whole.
std::string hide_all(std::string_view value);

// How people call a listener: as its line does.
std::string listener_name(const net::ListenOptions& net);

template <typename Class>
inline constexpr bool kIsOfBroker =
    std::is_same_v<Class, Settings> || std::is_same_v<Class, broker::Options> ||
    std::is_same_v<Class, telemetry::Options> || std::is_same_v<Class, http::Options> ||
    std::is_same_v<Class, log::Options>;
template <typename Class>
inline constexpr bool kIsOfListener =
    std::is_same_v<Class, Listener> || std::is_same_v<Class, net::ListenOptions> ||
    std::is_same_v<Class, broker::ListenerOptions> || std::is_same_v<Class, auth::Options> ||
    std::is_same_v<Class, net::TlsOptions> || std::is_same_v<Class, net::WebsocketOptions>;
template <typename Class>
inline constexpr bool kIsOfBridge =
    std::is_same_v<Class, BridgeSettings> || std::is_same_v<Class, BridgeTls>;

// The only one of its class. `Whole` is Settings, Listener or BridgeSettings, const or not.
template <typename Class, typename Whole>
auto& part_of(Whole& whole) {
    using Plain = std::remove_const_t<Whole>;
    if constexpr (std::is_same_v<Class, Plain>)
        return whole;
    else if constexpr (std::is_same_v<Class, broker::Options> ||
                       std::is_same_v<Class, broker::ListenerOptions>)
        return whole.broker;
    else if constexpr (std::is_same_v<Class, telemetry::Options>)
        return whole.telemetry;
    else if constexpr (std::is_same_v<Class, http::Options>)
        return whole.http;
    else if constexpr (std::is_same_v<Class, log::Options>)
        return whole.log;
    else if constexpr (std::is_same_v<Class, net::ListenOptions>)
        return whole.net;
    else if constexpr (std::is_same_v<Class, auth::Options>)
        return whole.broker.auth;
    else if constexpr (std::is_same_v<Class, net::WebsocketOptions>)
        return whole.websocket;
    else
        return whole.tls;
}

// Calls visit(owner's name, object) for each object of the class in the settings.
template <typename Class, typename Whole, typename Visit>
void each_of(Whole& settings, Visit visit) {
    if constexpr (kIsOfBroker<Class>) visit(std::string(), part_of<Class>(settings));
    if constexpr (kIsOfListener<Class>)
        for (auto& listener : settings.listeners)
            visit(listener_name(listener.net), part_of<Class>(listener));
    if constexpr (kIsOfBridge<Class>)
        for (auto& bridge : settings.bridges) visit(bridge.name, part_of<Class>(bridge));
}

inline void add_value(RunningValues& out, std::string owner, std::string text) {
    if (!text.empty()) out.push_back({std::move(owner), std::move(text)});
}
inline void add_value(RunningValues& out, std::string owner, bool value) {
    add_value(out, std::move(owner), std::string(value ? "true" : "false"));
}
template <std::integral Number>
void add_value(RunningValues& out, std::string owner, Number value) {
    add_value(out, std::move(owner), std::to_string(value));
}
template <typename Value>
void add_value(RunningValues& out, std::string owner, const std::optional<Value>& value) {
    if (value) add_value(out, std::move(owner), *value);
}
inline void add_value(RunningValues& out, const std::string& owner,
                      const std::vector<std::string>& values) {
    for (const std::string& value : values) add_value(out, owner, value);
}

template <auto Member>
void read_member(const Settings& settings, RunningValues& out) {
    using Class = decltype(class_of(Member));
    each_of<Class>(settings, [&](std::string owner, const Class& object) {
        add_value(out, std::move(owner), object.*Member);
    });
}

template <auto Member>
void keep_member(Settings& fresh, const Settings& running) {
    using Class = decltype(class_of(Member));
    std::vector<const Class*> old;
    each_of<Class>(running, [&](const auto&, const Class& object) { old.push_back(&object); });
    std::size_t at = 0;
    each_of<Class>(fresh, [&](const auto&, Class& object) {
        if (at < old.size()) object.*Member = old[at++]->*Member;
    });
}

// With a setter of its own: reads and keeps that member.
template <auto Member>
constexpr Access access(Setter set) {
    using Class = decltype(class_of(Member));
    if constexpr (kIsOfBroker<Class> || kIsOfListener<Class> || kIsOfBridge<Class>)
        return Access(set, read_member<Member>, keep_member<Member>);
    else
        return Access(set);
}

template <auto Member>
Status set_flag(Entry& entry) {
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
Status set_number(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    auto& place = member<Member>(entry);
    place = static_cast<std::remove_reference_t<decltype(place)>>(value.value());
    return Done{};
}

// For limits: mosquitto takes 0 and everything below as "no limit".
template <auto Member>
Status set_limit(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    member<Member>(entry) = value.value() > 0 ? value.value() : -1;
    return Done{};
}

template <auto Member>
Status set_text(Entry& entry) {
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

template <auto Member>
inline constexpr Access kFlag = access<Member>(set_flag<Member>);
template <auto Member>
inline constexpr Access kNumber = access<Member>(set_number<Member>);
template <auto Member>
inline constexpr Access kLimit = access<Member>(set_limit<Member>);
template <auto Member>
inline constexpr Access kText = access<Member>(set_text<Member>);

}  // namespace martlet::config
