#include "telemetry/decoders/vehicle/obd.h"

#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kLineBytesMax = 256;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

struct Quantity {
    std::uint8_t pid;
    std::size_t size;  // data bytes
    std::string_view metric;
    // ((256A + B) or A) * factor + offset
    double factor;
    double offset;
};

constexpr std::array kQuantities = {
    Quantity{0x04, 1, "load", 100.0 / 255, 0},
    Quantity{0x05, 1, "coolant", 1, -40},
    Quantity{0x0b, 1, "manifold_pressure", 1, 0},
    Quantity{0x0c, 2, "rpm", 0.25, 0},
    Quantity{0x0d, 1, "speed", 1, 0},
    Quantity{0x0e, 1, "timing_advance", 0.5, -64},
    Quantity{0x0f, 1, "intake_temperature", 1, -40},
    Quantity{0x10, 2, "air_flow", 0.01, 0},
    Quantity{0x11, 1, "throttle", 100.0 / 255, 0},
    Quantity{0x1f, 2, "run_time", 1, 0},
    Quantity{0x2f, 1, "fuel", 100.0 / 255, 0},
    Quantity{0x31, 2, "distance_since_clear", 1, 0},
    Quantity{0x42, 2, "battery", 0.001, 0},
    Quantity{0x46, 1, "ambient_temperature", 1, -40},
    Quantity{0x5c, 1, "oil_temperature", 1, -40},
    Quantity{0x5e, 2, "fuel_rate", 0.05, 0},
};

using Bytes = std::vector<std::uint8_t>;

// False: not hex bytes.
bool hex_bytes(std::string_view text, Bytes& bytes) {
    bytes.clear();
    int high = -1;
    for (char c : text) {
        if (c == ' ') {
            if (high >= 0) return false;
            continue;
        }
        std::size_t digit =
            kHexDigits.find(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
        if (digit == std::string_view::npos) return false;
        int value = static_cast<int>(digit);
        if (high < 0) {
            high = value;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high * 16 + value));
            high = -1;
        }
    }
    return high < 0;
}

void read_current_data(const Bytes& bytes, Reading& reading) {
    std::size_t have = bytes.size() - 2;
    if (bytes[1] == 0x01 && have >= 1) {
        reading.lamp = (bytes[2] & 0x80) != 0;
        put_number(signal_of("dtc_count"), bytes[2] & 0x7f, reading);
        return;
    }
    for (const Quantity& quantity : kQuantities) {
        if (quantity.pid != bytes[1] || have < quantity.size) continue;
        double raw = bytes[2];
        if (quantity.size == 2) raw = raw * 256 + bytes[3];
        put_number(signal_of(quantity.metric), scaled(raw, quantity.factor) + quantity.offset,
                   reading);
    }
}

// On CAN the number of codes comes first, and the bytes are odd in number.
void read_codes(const Bytes& bytes, Reading& reading) {
    if (!reading.codes) reading.codes.emplace();
    std::size_t first = bytes.size() % 2 == 0 ? 2 : 1;
    for (std::size_t i = first; i + 1 < bytes.size(); i += 2) {
        auto code = static_cast<std::uint16_t>(bytes[i] * 256 + bytes[i + 1]);
        if (code != 0) reading.add_code(trouble_code(code));
    }
}

bool is_answer(const Bytes& bytes) {
    return bytes.size() >= 2 && (bytes[0] == 0x41 || bytes[0] == 0x43);
}

bool is_code_at(std::string_view text, std::size_t at) {
    constexpr std::size_t kSize = 5;
    auto is_word = [&](std::size_t i) {
        return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
    };
    if (at + kSize > text.size() || is_word(at + kSize) || (at > 0 && is_word(at - 1)))
        return false;
    if (std::string_view("PCBU").find(text[at]) == std::string_view::npos) return false;
    if (text[at + 1] < '0' || text[at + 1] > '3') return false;
    std::string_view digits = text.substr(at + 2, 3);
    return digits.find_first_not_of(kHexDigits) == std::string_view::npos;
}

}  // namespace

bool looks_like_obd(std::string_view text) {
    std::string_view line = trimmed(take_part(text, '\n'));
    Bytes bytes;
    return line.size() <= kLineBytesMax && hex_bytes(line, bytes) && is_answer(bytes);
}

Problem read_obd(std::string_view text, Reading& reading) {
    Bytes bytes;
    bool is_any = false;
    while (!text.empty()) {
        std::string_view line = trimmed(take_part(text, '\n'));
        if (line.empty()) continue;
        if (line.size() > kLineBytesMax || !hex_bytes(line, bytes) || !is_answer(bytes)) {
            return "not an OBD answer";
        }
        is_any = true;
        if (bytes[0] == 0x41) {
            read_current_data(bytes, reading);
        } else {
            read_codes(bytes, reading);
        }
    }
    return is_any ? Problem() : Problem("not an OBD answer");
}

std::string trouble_code(std::uint16_t bytes) {
    std::string code;
    code += "PCBU"[bytes >> 14];
    code += static_cast<char>('0' + ((bytes >> 12) & 3));
    for (int shift = 8; shift >= 0; shift -= 4) {
        code += kHexDigits[static_cast<std::size_t>(bytes >> shift) & 15];
    }
    return code;
}

std::vector<std::string> codes_in(std::string_view text) {
    std::vector<std::string> codes;
    std::string upper(text);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (std::size_t at = 0; at < upper.size() && codes.size() < kCodesMax; at++) {
        if (is_code_at(upper, at)) codes.push_back(upper.substr(at, 5));
    }
    return codes;
}

}  // namespace martlet::telemetry::vehicle
