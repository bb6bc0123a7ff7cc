#include "telemetry/decoders/vehicle/nmea.h"

#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kLineBytesMax = 256;
constexpr std::size_t kFieldsMax = 20;
constexpr Time kDay = 86'400'000;

struct Fields {
    std::array<std::string_view, kFieldsMax> field;
    std::size_t count = 0;

    std::string_view operator[](std::size_t i) const {
        return i < count ? field[i] : std::string_view();
    }
};

bool whole_number(std::string_view text, int& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool real_number(std::string_view text, double& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() &&
           std::isfinite(number);
}

// Takes "*hh" off the line. False: it does not fit the line.
bool take_checksum(std::string_view& line) {
    std::size_t star = line.find('*');
    if (star == std::string_view::npos) return true;
    unsigned told = 0;
    std::string_view digits = line.substr(star + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), told, 16);
    line = line.substr(0, star);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return false;
    unsigned sum = 0;
    for (char c : line.substr(1)) sum ^= static_cast<unsigned char>(c);
    return sum == told;
}

// "5919.7580" is 59 degrees and 19.7580 minutes.
bool read_angle(std::string_view text, std::string_view half, double& degrees) {
    double raw = 0;
    if (!real_number(text, raw) || raw < 0 || half.size() != 1) return false;
    double whole = std::floor(raw / 100);
    double minutes = raw - whole * 100;
    if (minutes >= 60) return false;
    // To a centimetre, which is more than the sentence has.
    degrees = std::round((whole + minutes / 60) * 1e7) / 1e7;
    if (half == "S" || half == "W") degrees = -degrees;
    return half == "N" || half == "S" || half == "E" || half == "W";
}

// "123519.20" in ms since midnight.
bool read_clock(std::string_view text, Time& clock) {
    int hours = 0;
    int minutes = 0;
    double seconds = 0;
    if (text.size() < 6 || !whole_number(text.substr(0, 2), hours) ||
        !whole_number(text.substr(2, 2), minutes) || !real_number(text.substr(4), seconds)) {
        return false;
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds >= 61) {
        return false;
    }
    clock = (hours * 60 + minutes) * Time{60'000} + static_cast<Time>(std::round(seconds * 1000));
    return true;
}

// "201126" as the midnight before.
bool read_date(std::string_view text, Time& midnight) {
    int day = 0;
    int month = 0;
    int year = 0;
    if (text.size() != 6 || !whole_number(text.substr(0, 2), day) ||
        !whole_number(text.substr(2, 2), month) || !whole_number(text.substr(4), year)) {
        return false;
    }
    std::chrono::year_month_day date{std::chrono::year(2000 + year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return false;
    midnight = std::chrono::sys_days(date).time_since_epoch().count() * kDay;
    return true;
}

void put_place(const Fields& fields, std::size_t at, Reading& reading) {
    double latitude = 0;
    double longitude = 0;
    if (!read_angle(fields[at], fields[at + 1], latitude)) return;
    if (!read_angle(fields[at + 2], fields[at + 3], longitude)) return;
    put_number(signal_of("lat"), latitude, reading);
    put_number(signal_of("lon"), longitude, reading);
}

// $GPRMC,time,A,lat,N,lon,E,knots,course,date
void read_rmc(const Fields& fields, Reading& reading) {
    if (fields[2] != "A") return;
    put_place(fields, 3, reading);
    double number = 0;
    if (real_number(fields[7], number)) {
        put_number(signal_of("speed"), scaled(number, kKmhInKnot), reading);
    }
    if (real_number(fields[8], number)) put_number(signal_of("heading"), number, reading);
    Time clock = 0;
    Time midnight = 0;
    if (!read_clock(fields[1], clock) || !read_date(fields[9], midnight)) return;
    if (midnight + clock > reading.received + kDay)
        return reading.implausible.emplace_back("ts"), void();
    reading.time = midnight + clock;
}

// $GPGGA,time,lat,N,lon,E,quality,satellites,hdop,altitude,M
void read_gga(const Fields& fields, Reading& reading) {
    if (fields[6].empty() || fields[6] == "0") return;
    put_place(fields, 2, reading);
    double number = 0;
    if (real_number(fields[7], number)) put_number(signal_of("satellites"), number, reading);
    if (real_number(fields[8], number)) put_number(signal_of("hdop"), number, reading);
    if (real_number(fields[9], number)) put_number(signal_of("alt"), number, reading);
    Time clock = 0;
    if (reading.time || !read_clock(fields[1], clock)) return;
    // The day is not told: the one that brings it closest to the arrival.
    Time time = reading.received - reading.received % kDay + clock;
    if (time > reading.received + kDay / 2) time -= kDay;
    if (time < reading.received - kDay / 2) time += kDay;
    reading.time = time;
}

bool is_sentence(std::string_view word, std::string_view kind) {
    return word.size() == 6 && word.ends_with(kind);
}

}  // namespace

bool looks_like_nmea(std::string_view text) {
    text = trimmed(text);
    return text.size() > 6 && text[0] == '$' && text.find(',') != std::string_view::npos;
}

Problem read_nmea(std::string_view text, Reading& reading) {
    while (!text.empty()) {
        std::string_view line = trimmed(take_part(text, '\n'));
        if (line.empty()) continue;
        if (line[0] != '$' || line.size() > kLineBytesMax) return "not NMEA";
        if (!take_checksum(line)) return "wrong NMEA checksum";
        Fields fields;
        while (!line.empty() && fields.count < kFieldsMax) {
            fields.field[fields.count++] = take_part(line, ',');
        }
        if (is_sentence(fields[0], "RMC")) read_rmc(fields, reading);
        if (is_sentence(fields[0], "GGA")) read_gga(fields, reading);
    }
    return {};
}

}  // namespace martlet::telemetry::vehicle
