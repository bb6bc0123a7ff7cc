#include "telemetry/decoders/vehicle/place.h"

#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kTextBytesMax = 128;

// Takes the half of the earth off a number: "59.3293° N", "S33.85". -1 for south and west, 0: none
// is told.
int take_half(std::string_view& part) {
    constexpr std::string_view kDegree = "°";
    int sign = 0;
    auto half_of = [](char c) {
        char small = static_cast<char>(c | 0x20);
        if (small == 'n' || small == 'e') return 1;
        return small == 's' || small == 'w' ? -1 : 0;
    };
    if (!part.empty() && half_of(part.back()) != 0) {
        sign = half_of(part.back());
        part = trimmed(part.substr(0, part.size() - 1));
    } else if (!part.empty() && half_of(part.front()) != 0) {
        sign = half_of(part.front());
        part = trimmed(part.substr(1));
    }
    if (part.ends_with(kDegree)) part = trimmed(part.substr(0, part.size() - kDegree.size()));
    return sign;
}

// The next number of a list; the separator is ',' or ';', else blanks.
std::string_view take_coordinate(std::string_view& text, char separator) {
    text = trimmed(text);
    if (separator != ' ') return trimmed(take_part(text, separator));
    std::string_view part = take_part(text, ' ');
    // The "N" of "59.3 N 18.0 E".
    std::string_view rest = trimmed(text);
    bool is_half_next = !rest.empty() &&
                        std::string_view("NSEWnsew").find(rest[0]) != std::string_view::npos &&
                        (rest.size() == 1 || rest[1] == ' ');
    if (!is_half_next) return part;
    std::string_view whole(part.data(), static_cast<std::size_t>(rest.data() - part.data()) + 1);
    text = rest.substr(1);
    return whole;
}

}  // namespace

bool read_coordinates(std::string_view text, Reading& reading) {
    constexpr std::array<std::string_view, 3> kMetrics = {"lat", "lon", "speed"};
    text = trimmed(text);
    if (text.size() > kTextBytesMax) return false;
    char separator = ' ';
    for (char c : {';', ','}) {
        if (text.find(c) != std::string_view::npos) separator = c;
    }
    std::array<double, 3> numbers{};
    std::size_t count = 0;
    while (!text.empty()) {
        if (count == numbers.size()) return false;
        std::string_view part = take_coordinate(text, separator);
        int half = take_half(part);
        if (!as_number(part, numbers[count])) return false;
        if (half < 0) numbers[count] = -numbers[count];
        count++;
        text = trimmed(text);
    }
    if (count < 2) return false;
    for (std::size_t i = 0; i < count; i++) put_number(signal_of(kMetrics[i]), numbers[i], reading);
    return true;
}

bool is_place_name(std::string_view word) {
    constexpr std::array<std::string_view, 14> kNames = {
        "gps",    "location", "position", "pos",        "loc",         "geo",         "latlng",
        "latlon", "latlong",  "coords",   "coordinate", "gpslocation", "gpsposition", "place"};
    std::string name = folded(word);
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

void put_coordinate(std::size_t place, double number, Reading& reading) {
    constexpr std::array<std::string_view, 3> kOrder = {"lat", "lon", "alt"};
    if (place < kOrder.size()) put_number(signal_of(kOrder[place]), number, reading);
}

bool put_coordinate(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    std::string_view digit = last_word(path);
    double number = 0;
    if (digit.size() != 1 || digit[0] < '0' || digit[0] > '2' || !as_number(leaf, number))
        return false;
    auto place = static_cast<std::size_t>(digit[0] - '0');
    std::string_view list = last_word(without_last(path));
    if (list == "coordinates") {
        put_coordinate(place == 2 ? 2 : 1 - place, number, reading);
        return true;
    }
    if (!is_place_name(list)) return false;
    put_coordinate(place, number, reading);
    return true;
}

}  // namespace martlet::telemetry::vehicle
