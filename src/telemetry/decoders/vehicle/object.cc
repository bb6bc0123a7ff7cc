#include "telemetry/decoders/vehicle/object.h"

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/place.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/stated_units.h"
#include "telemetry/decoders/vehicle/vss.h"
#include "telemetry/decoders/vehicle/words.h"

#include <charconv>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kReadingsMax = 1'000;

using Leaves = std::span<const JsonLeaf>;

// Takes "12." off the path of a leaf within an array. False: there is none.
bool take_place(std::string_view& path, std::size_t& place) {
    auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), place);
    bool is_place = error == std::errc() && end != path.data() + path.size() && *end == '.';
    if (is_place) path.remove_prefix(static_cast<std::size_t>(end - path.data()) + 1);
    return is_place;
}

std::string joined(std::string_view a, std::string_view b) {
    std::string path(a);
    if (!a.empty() && !b.empty()) path += '.';
    path += b;
    return path;
}

struct Document {
    std::string_view signal;  // what the topic says
    const StatedUnits& units;
};

// {"vehicle_id":"truck5"}: the payload names its vehicle.
void put_id(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    std::string_view word = last_word(path);
    bool is_id = word.size() >= 9 && word.size() <= 10 && folded(word) == "vehicleid";
    if (!is_id || !reading.id.empty()) return;
    if (leaf.type == LeafType::Integer) reading.id = std::to_string(leaf.integer);
    if (leaf.type == LeafType::Text) reading.id = plain_text(trimmed(leaf.text), kIdBytesMax);
}

void put_leaf(const Document& document, std::string_view path, const JsonLeaf& leaf,
              Reading& reading) {
    if (put_coordinate(path, leaf, reading)) return;
    put_id(path, leaf, reading);
    std::string_view signal = document.signal;
    std::string_view stated;
    if (!document.units.is_empty()) {
        if (document.units.is_unit(leaf)) return;
        bool is_value = !signal.empty() && (path == "value" || path.empty());
        NamedSignal named = find_signal(is_value ? signal : path);
        if (named.signal == nullptr && !is_value) named = find_signal(without_last(path));
        stated = document.units.of(leaf.path, named.signal == nullptr ? "" : named.signal->unit);
    }
    if (signal.empty()) return put_value(path, leaf, reading, stated);
    if (path == "value" || path.empty()) return put_value(signal, leaf, reading, stated);
    NamedSignal named = find_signal(path);
    bool is_time = named.signal != nullptr && named.signal->field == Field::Time;
    if (is_time) return put(named, leaf, reading);
    put_value(joined(signal, path), leaf, reading, stated);
}

// [59.3293,18.0686], [59.3293,18.0686,28]: of a topic that may hold a place.
bool read_list_of_coordinates(const PayloadJson& json, Reading& reading) {
    const std::vector<JsonLeaf>& leaves = json.leaves();
    if (!json.is_array() || leaves.size() < 2 || leaves.size() > 3) return false;
    double number = 0;
    for (const JsonLeaf& leaf : leaves) {
        if (leaf.path.size() != 1 || !as_number(leaf, number)) return false;
    }
    for (std::size_t i = 0; i < leaves.size(); i++) {
        as_number(leaves[i], number);
        put_coordinate(i, number, reading);
    }
    return true;
}

}  // namespace

void put_value(std::string_view path, const JsonLeaf& leaf, Reading& reading,
               std::string_view stated) {
    put_alarm(path, leaf, reading);
    if (leaf.type == LeafType::Null) return;
    if (is_vss_path(path)) return put_vss(path, leaf, reading);
    NamedSignal named = find_signal(path);
    if (named.signal == nullptr) {
        // "dtc.0" is one of the list, "speed.value" is the speed.
        NamedSignal list = find_signal(without_last(path));
        bool is_of_list = list.signal != nullptr && list.signal->field == Field::Codes;
        std::string_view last = last_word(path);
        if (is_of_list || last == "value" || last == "val") named = list;
    }
    if (named.signal != nullptr) return put(named, leaf, reading, stated);
    bool is_place = leaf.type == LeafType::Text && is_place_name(last_word(path)) &&
                    read_coordinates(leaf.text, reading);
    if (is_place) return;
    // The time of a part that is not known is no value.
    NamedSignal last = find_signal(last_word(path));
    if (last.signal != nullptr && last.signal->field == Field::Time) return;
    put_unknown(path, leaf, reading, stated);
}

void read_object(const PayloadJson& json, std::string_view signal, Time received,
                 std::vector<Reading>& readings) {
    std::size_t current = 0;
    readings.emplace_back(received);
    if (signal.empty() && read_list_of_coordinates(json, readings.back())) return;
    StatedUnits units(json.leaves());
    Document document{signal, units};
    for (const JsonLeaf& leaf : json.leaves()) {
        std::string_view path = leaf.path;
        std::size_t place = 0;
        if (json.is_array() && take_place(path, place) && place != current) {
            if (readings.size() >= kReadingsMax) return;
            current = place;
            readings.emplace_back(received);
        }
        put_leaf(document, path, leaf, readings.back());
    }
}

}  // namespace martlet::telemetry::vehicle
