#include "telemetry/decoders/vehicle/object.h"

#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/vss.h"

#include <array>
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

std::string_view last_word(std::string_view path) {
    std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string_view without_last(std::string_view path) {
    std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string joined(std::string_view a, std::string_view b) {
    std::string path(a);
    if (!a.empty() && !b.empty()) path += '.';
    path += b;
    return path;
}

// [lon,lat,alt] of {"type":"Point","coordinates":[...]}, wherever it is.
bool put_coordinate(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    std::string_view list = without_last(path);
    double number = 0;
    if (last_word(list) != "coordinates" || !as_number(leaf, number)) return false;
    constexpr std::array<std::string_view, 3> kOrder = {"lon", "lat", "alt"};
    std::string_view place = last_word(path);
    if (place.size() != 1 || place[0] < '0' || place[0] > '2') return false;
    put_number(signal_of(kOrder[static_cast<std::size_t>(place[0] - '0')]), number, reading);
    return true;
}

void put_leaf(std::string_view signal, std::string_view path, const JsonLeaf& leaf,
              Reading& reading) {
    if (put_coordinate(path, leaf, reading)) return;
    if (signal.empty()) return put_value(path, leaf, reading);
    if (path == "value" || path.empty()) return put_value(signal, leaf, reading);
    NamedSignal named = find_signal(path);
    bool is_time = named.signal != nullptr && named.signal->field == Field::Time;
    if (is_time) return put(named, leaf, reading);
    put_value(joined(signal, path), leaf, reading);
}

}  // namespace

void put_value(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    if (leaf.type == LeafType::Null) return;
    if (is_vss_path(path)) return put_vss(path, leaf, reading);
    NamedSignal named = find_signal(path);
    // "dtc.0" is one of the list.
    if (named.signal == nullptr) {
        NamedSignal list = find_signal(without_last(path));
        bool is_of_list = list.signal != nullptr && list.signal->field == Field::Codes;
        if (is_of_list) named = list;
    }
    if (named.signal != nullptr) return put(named, leaf, reading);
    // The time of a part that is not known is no value.
    NamedSignal last = find_signal(last_word(path));
    if (last.signal != nullptr && last.signal->field == Field::Time) return;
    put_unknown(path, leaf, reading);
}

void read_object(const PayloadJson& json, std::string_view signal, Time received,
                 std::vector<Reading>& readings) {
    std::size_t current = 0;
    readings.emplace_back(received);
    for (const JsonLeaf& leaf : json.leaves()) {
        std::string_view path = leaf.path;
        std::size_t place = 0;
        if (json.is_array() && take_place(path, place) && place != current) {
            if (readings.size() >= kReadingsMax) return;
            current = place;
            readings.emplace_back(received);
        }
        put_leaf(signal, path, leaf, readings.back());
    }
}

}  // namespace martlet::telemetry::vehicle
