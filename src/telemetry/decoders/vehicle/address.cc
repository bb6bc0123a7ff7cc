#include "telemetry/decoders/vehicle/address.h"

#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"
#include "telemetry/emergency.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

std::string dotted(Levels levels) {
    std::string path;
    for (std::string_view level : levels) {
        if (!path.empty()) path += '.';
        path += level;
    }
    return path;
}

// Levels that say no more than that there is something.
bool is_plain_word(std::string_view level) {
    constexpr std::array<std::string_view, 24> kWords = {
        "info",     "message", "messages", "msg",       "report",     "reports",
        "json",     "up",      "out",      "uplink",    "live",       "nmea",
        "tracking", "track",   "stat",     "tele",      "pub",        "sensors",
        "sensor",   "trips",   "signals",  "positions", "attributes", "diagnostics"};
    std::string word = folded(level);
    return is_wrapping(word) || std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// A signal's name; none if it is but a wrapping of many ("gps").
std::string signal_name(Levels levels) {
    std::string path = dotted(levels);
    bool is_known = find_signal(path).signal != nullptr;
    bool is_many = levels.size() == 1 && is_plain_word(path);
    return !is_known && is_many ? std::string() : path;
}

bool is_alarm_word(std::string_view level) {
    JsonLeaf yes;
    yes.type = LeafType::Boolean;
    yes.integer = 1;
    return static_cast<bool>(alarm_of_member(level, yes));
}

Branch branch_of(std::string_view level) {
    std::string word = folded(level);
    if (word == "event" || word == "events") return Branch::Event;
    if (word == "emergency" || word == "emergencies") return Branch::Emergency;
    if (word == "dtc") return Branch::Codes;
    if (word == "status") return Branch::Status;
    constexpr std::array<std::string_view, 4> kTalk = {"rpc", "replies", "cmd", "command"};
    if (std::find(kTalk.begin(), kTalk.end(), word) != kTalk.end()) return Branch::Talk;
    return is_alarm_word(level) ? Branch::Alarm : Branch::Signals;
}

// What stands behind the vehicle's name.
void take_rest(Levels rest, Address& address) {
    // "data/emergency".
    bool is_wrapped = rest.size() > 1 && is_plain_word(rest[0]) &&
                      branch_of(rest[0]) == Branch::Signals &&
                      branch_of(rest.back()) != Branch::Signals;
    if (is_wrapped) rest = rest.last(1);
    if (rest.empty()) return;
    address.branch = branch_of(rest[0]);
    if (address.branch == Branch::Alarm && rest.size() == 1) address.signal = rest[0];
    if (address.branch == Branch::Alarm && rest.size() > 1) address.branch = Branch::Signals;
    if (address.branch != Branch::Signals) return;
    if (rest[0] == "vss") rest = rest.subspan(1);
    address.signal = signal_name(rest);
}

// vehicles/ID/...
Address generic_address(Levels rest) {
    Address address;
    if (rest.empty()) return address;
    address.id = rest[0];
    address.is_id_sure = true;
    take_rest(rest.subspan(1), address);
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

// Who sends no name is called after the level before the scheme's, or after the scheme.
std::string name_before(Levels levels, std::size_t root, const AddressRules& rules) {
    if (!rules.vehicle.empty()) return rules.vehicle;
    return std::string(levels[root > 0 ? root - 1 : 0]);
}

// [CAR/]vss/[ID/]Vehicle/...
Address vss_address(Levels levels, std::size_t root, const AddressRules& rules) {
    Address address;
    Levels rest = levels.subspan(root + 1);
    address.id = name_before(levels, root, rules);
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
    address.id = name_before(levels, root, rules);
    bool has_id = rest.size() == 2 && find_signal(dotted(rest)).signal == nullptr &&
                  (find_signal(rest[1]).signal != nullptr || is_alarm_word(rest[1]));
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

bool has_digit(std::string_view level) {
    return level.find_first_of("0123456789") != std::string_view::npos;
}

// "fleet/#" carries many, "car1/#" is one.
bool is_collective(std::string_view level) {
    constexpr std::array<std::string_view, 12> kWords = {
        "fleet", "fleets", "cars",    "trucks",   "vans",    "buses",
        "bikes", "assets", "devices", "trackers", "traccar", "trailers"};
    return std::find(kWords.begin(), kWords.end(), folded(level)) != kWords.end();
}

// Whether these levels are something of a vehicle, rather than its name.
bool is_of_vehicle(Levels levels) {
    if (branch_of(levels[0]) != Branch::Signals) return true;
    if (is_plain_word(levels[0])) return true;
    if (levels[0] == "vss" || (levels[0] == "Vehicle" && levels.size() > 1)) return true;
    return find_signal(dotted(levels)).signal != nullptr;
}

// The last level of the filter that can be a name; `levels.size()`: none is spelt out.
std::size_t spelt_level(Levels levels, Levels filter) {
    std::size_t spelt = 0;
    while (spelt < filter.size() && spelt < levels.size() && filter[spelt] != "#" &&
           filter[spelt] != "+") {
        spelt++;
    }
    while (spelt > 1 && is_of_vehicle(levels.subspan(spelt - 1, 1))) spelt--;
    if (spelt == 0 || is_of_vehicle(levels.first(1))) return levels.size();
    std::size_t level = spelt - 1;
    bool has_next = level + 1 < levels.size() && !is_of_vehicle(levels.subspan(level + 1));
    bool is_next = has_next && (is_collective(levels[level]) ||
                                (has_digit(levels[level + 1]) && !has_digit(levels[level])));
    return is_next ? level + 1 : level;
}

std::size_t level_by_filter(Levels levels, std::string_view filter) {
    std::vector<std::string_view> parts = levels_of(filter);
    auto plus = std::find(parts.begin(), parts.end(), "+");
    auto place = static_cast<std::size_t>(plus - parts.begin());
    if (plus != parts.end() && place < levels.size()) return place;
    std::size_t known = level_of_id(levels);
    std::size_t spelt = spelt_level(levels, parts);
    if (spelt == levels.size()) return known;
    // "car1/#" and car1/tyre/pressure: the tyre is no vehicle.
    bool is_part = known > spelt && known < levels.size() && !has_digit(levels[known]) &&
                   !is_collective(levels[spelt]);
    return known == levels.size() || is_part ? spelt : known;
}

// What a rule of the configuration sends here. Hono: telemetry/TENANT/DEVICE, event/TENANT/DEVICE.
Address other_address(Levels levels, const AddressRules& rules, std::string_view filter) {
    Address address;
    if (levels.empty()) return address;
    bool has_plus = filter.find('+') != std::string_view::npos;
    bool is_hono_event = levels[0] == "e" || levels[0] == "event";
    bool is_hono = levels.size() == 3 && !has_plus &&
                   (is_hono_event || levels[0] == "t" || levels[0] == "telemetry");
    std::size_t place = level_by_filter(levels, filter);
    if (place == levels.size()) place = std::min<std::size_t>(levels.size(), 2) - 1;
    if (is_hono) place = 2;
    if (rules.level != 0) place = rules.level - 1;
    if (place >= levels.size()) return address;
    bool is_named = rules.level == 0 && !has_plus && !rules.vehicle.empty();
    address.id = is_named ? rules.vehicle : std::string(levels[place]);
    address.is_id_sure = rules.level != 0 || is_hono || has_plus;
    if (is_hono && is_hono_event) address.branch = Branch::Event;
    if (is_hono) return address;
    Levels rest = levels.subspan(place + 1);
    // "emergency/car1".
    if (rest.empty() && place > 0 && branch_of(levels[place - 1]) != Branch::Signals) {
        rest = levels.subspan(place - 1, 1);
    }
    take_rest(rest, address);
    return address;
}

Address any_address(Levels levels, const AddressRules& rules, std::string_view filter) {
    bool has_plus = filter.find('+') != std::string_view::npos;
    std::size_t spelt = 0;
    for (std::string_view part : levels_of(filter)) {
        if (part == "#" || part == "+") break;
        spelt++;
    }
    for (std::size_t i = 0; i < levels.size(); i++) {
        if (levels[i] == "vehicles") return generic_address(levels.subspan(i + 1));
        if (levels[i] == "owntracks") return owntracks_address(levels.subspan(i + 1));
        // A rule that names the vehicle before the scheme's level knows better.
        bool is_ruled = has_plus || (spelt > 0 && spelt <= i);
        if (levels[i] == "vss" && !is_ruled) return vss_address(levels, i, rules);
        if (levels[i] == "obd" && !is_ruled) return obd_address(levels, i, rules);
    }
    return other_address(levels, rules, filter);
}

}  // namespace

std::vector<std::string_view> levels_of(std::string_view topic) {
    std::vector<std::string_view> levels;
    while (!topic.empty() && levels.size() < kLevelsMax) levels.push_back(take_part(topic, '/'));
    return levels;
}

std::size_t level_of_id(Levels levels) {
    // "emergency/car1", "fleet/sos/car1": the name stands last.
    std::size_t last = levels.size() - 1;
    bool is_behind = levels.size() > 1 && branch_of(levels[last - 1]) != Branch::Signals &&
                     !is_of_vehicle(levels.subspan(last));
    // "car1/event/door" is of car1.
    bool is_free =
        last == 1 || (last > 1 && (is_collective(levels[last - 2]) ||
                                   (!has_digit(levels[last - 2]) && has_digit(levels[last]))));
    if (is_behind && is_free) return last;
    for (std::size_t i = 1; i < levels.size(); i++) {
        if (is_of_vehicle(levels.subspan(i))) return i - 1;
    }
    return levels.size();
}

Address address_of(std::string_view topic, const AddressRules& rules, std::string_view filter) {
    Address address = any_address(levels_of(topic), rules, filter);
    if (address.id.size() > kIdBytesMax) address.id.clear();
    return address;
}

}  // namespace martlet::telemetry::vehicle
