#include "telemetry/decoders/plain_text.h"

#include "mqtt/topic.h"

namespace martlet::telemetry {

namespace {

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string plain_text(std::string_view bytes, std::size_t bytes_max) {
    std::size_t size = bytes.size();
    if (size > bytes_max) {
        size = bytes_max;
        while (size > 0 && continues_character(bytes[size])) size--;
    }
    std::string text(bytes.substr(0, size));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return mqtt::is_valid_utf8(text) ? text : std::string();
}

}  // namespace martlet::telemetry
