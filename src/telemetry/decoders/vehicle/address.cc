#include "telemetry/decoders/vehicle/address.h"

#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace martlet::telemetry::vehicle {

namespace {

using Levels = std::span<const std::string_view>;

constexpr std::size_t kLevelsMax = 32;

std::vector<std::string_view> levels_of(std::string_view topic) {
    std::vector<std::string_view> levels;
    while (!topic.empty() && levels.size() < kLevelsMax) levels.push_back(take_part(topic, '/'));
    return levels;
}

std::string dotted(Levels levels) {
    std::string path;
    for (std::string_view level : levels) {
        if (!path.empty()) path += '.';
        path += level;
    }
    return path;
}

// A signal's name; none if it is but a wrapping of many ("gps").
std::string signal_name(Levels levels) {
    std::string path = dotted(levels);
    bool is_known = find_signal(path).signal != nullptr;
    return !is_known && is_wrapping(folded(path)) ? std::string() : path;
}

Branch branch_of(std::string_view level) {
    if (level == "event" || level == "events") return Branch::Event;
    if (level == "emergency") return Branch::Emergency;
    if (level == "dtc") return Branch::Codes;
    if (level == "status") return Branch::Status;
    constexpr std::array<std::string_view, 4> kTalk = {"rpc", "replies", "cmd", "command"};
    bool is_talk = std::find(kTalk.begin(), kTalk.end(), level) != kTalk.end();
    return is_talk ? Branch::Talk : Branch::Signals;
}

// vehicles/ID/...
Address generic_address(Levels rest) {
    Address address;
    if (rest.empty()) return address;
    address.id = rest[0];
    address.is_id_sure = true;
    rest = rest.subspan(1);
    if (rest.empty()) return address;
    address.branch = branch_of(rest[0]);
    if (address.branch != Branch::Signals) return address;
    if (rest[0] == "vss") rest = rest.subspan(1);
    address.signal = signal_name(rest);
    return address;
}

// owntracks/USER/DEVICE[/...]
Address owntracks_address(Levels rest) {
    Address address;
    if (rest.size() < 2 || rest[0].empty() || rest[1].empty()) return address;
    address.id = std::string(rest[0]) + "/" + std::string(rest[1]);
    address.is_id_sure = true;
    bool is_command = rest.size() > 2 && rest[2] == "cmd";
    address.branch = is_command ? Branch::Talk : Branch::OwnTracks;
    return address;
}

// vss/[ID/]Vehicle/...
Address vss_address(Levels levels, std::size_t root, const AddressRules& rules) {
    Address address;
    Levels rest = levels.subspan(root + 1);
    address.id = rules.vehicle.empty() ? std::string(levels[0]) : rules.vehicle;
    if (!rest.empty() && rest[0] != "Vehicle") {
        address.id = rest[0];
        rest = rest.subspan(1);
    }
    address.is_id_sure = true;
    address.signal = dotted(rest);
    return address;
}

// [CAR/]obd/[ID/]NAME
Address obd_address(Levels levels, std::size_t root, const AddressRules& rules) {
    Address address;
    Levels rest = levels.subspan(root + 1);
    address.id = rules.vehicle.empty() ? std::string(levels[0]) : rules.vehicle;
    bool has_id = rest.size() == 2 && find_signal(dotted(rest)).signal == nullptr &&
                  find_signal(rest[1]).signal != nullptr;
    if (has_id) {
        address.id = rest[0];
        rest = rest.subspan(1);
    }
    address.is_id_sure = true;
    bool is_codes = !rest.empty() && folded(rest.back()) == "dtc";
    if (is_codes) address.branch = Branch::Codes;
    address.signal = signal_name(rest);
    return address;
}

// What a rule of the configuration sends here. Hono: telemetry/TENANT/DEVICE, event/TENANT/DEVICE.
Address other_address(Levels levels, const AddressRules& rules) {
    Address address;
    if (levels.empty()) return address;
    bool is_hono_event = levels[0] == "e" || levels[0] == "event";
    bool is_hono =
        levels.size() == 3 && (is_hono_event || levels[0] == "t" || levels[0] == "telemetry");
    std::size_t level = rules.level;
    if (level == 0) level = is_hono ? 3 : std::min<std::size_t>(levels.size(), 2);
    if (level > levels.size()) return address;
    bool is_named = rules.level == 0 && !rules.vehicle.empty();
    address.id = is_named ? rules.vehicle : std::string(levels[level - 1]);
    address.is_id_sure = rules.level != 0 || is_hono;
    if (is_hono && is_hono_event) address.branch = Branch::Event;
    if (is_hono || is_named) return address;
    Levels rest = levels.subspan(level);
    if (rest.empty()) return address;
    address.branch = branch_of(rest[0]);
    if (address.branch == Branch::Signals) address.signal = signal_name(rest);
    return address;
}

Address any_address(Levels levels, const AddressRules& rules) {
    for (std::size_t i = 0; i < levels.size(); i++) {
        if (levels[i] == "vehicles") return generic_address(levels.subspan(i + 1));
        if (levels[i] == "owntracks") return owntracks_address(levels.subspan(i + 1));
        if (levels[i] == "vss") return vss_address(levels, i, rules);
        if (levels[i] == "obd") return obd_address(levels, i, rules);
    }
    return other_address(levels, rules);
}

}  // namespace

Address address_of(std::string_view topic, const AddressRules& rules) {
    Address address = any_address(levels_of(topic), rules);
    if (address.id.size() > kIdBytesMax) address.id.clear();
    return address;
}

}  // namespace martlet::telemetry::vehicle
