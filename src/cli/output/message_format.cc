#include "cli/output/message_format.h"

#include "base/text.h"
#include "cli/output/message_json.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

namespace martlet::cli {

namespace {

using Id = mqtt::PropertyId;

constexpr std::string_view kFields = "%ACDEFIJPRSUXdfjlmpqrtx";
// Those that take a width, and of these the ones that a precision cuts and zeros never fill.
constexpr std::string_view kPadded = "ACEFIRSXdflmptx";
constexpr std::string_view kTexts = "CIRt";
constexpr int kWidthMax = 4096;

const char* escape_of(char letter) {
    switch (letter) {
        case '\\':
            return "\\";
        case 'a':
            return "\a";
        case 'e':
            return "\033";
        case 'n':
            return "\n";
        case 'r':
            return "\r";
        case 't':
            return "\t";
        case 'v':
            return "\v";
        default:
            return nullptr;
    }
}

bool read_number(std::string_view text, std::size_t& at, int& number) {
    bool is_there = false;
    for (int sum = 0; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]));
         at++) {
        sum = std::min(sum * 10 + (text[at] - '0'), kWidthMax);
        number = sum;
        is_there = true;
    }
    return is_there;
}

std::string local_time(const timespec& time, const char* format) {
    std::tm broken{};
    localtime_r(&time.tv_sec, &broken);
    char text[256];
    return {text, std::strftime(text, sizeof text, format, &broken)};
}

// `separator` after each `group` digits.
std::string hex(ByteView payload, bool upper, int group, std::string_view separator) {
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string text;
    int in_group = 0;
    auto add = [&](unsigned nibble) {
        if (group > 0 && in_group == group) {
            text += separator;
            in_group = 0;
        }
        text += digits[nibble];
        in_group++;
    };
    for (std::uint8_t byte : payload) {
        add(byte >> 4);
        add(byte & 15);
    }
    return text;
}

template <typename Number>
std::string floating(ByteView payload, int precision) {
    Number number;
    if (payload.size() != sizeof number) return "";
    std::memcpy(&number, payload.data(), sizeof number);
    return fmt::format("{:.{}f}", number, precision < 0 ? 6 : precision);
}

std::string user_properties(const mqtt::Properties& properties) {
    std::string text;
    mqtt::RawProperty property;
    for (std::size_t at = 0; mqtt::next_property(properties.raw, at, property);) {
        if (property.id != Id::UserProperty) continue;
        if (!text.empty()) text += ' ';
        text.append(property.name).append(":").append(property.value);
    }
    return text;
}

template <typename Number>
std::string number_property(const mqtt::Properties& properties, Id id,
                            Number mqtt::Properties::*field) {
    return properties.has(id) ? std::to_string(properties.*field) : "";
}

std::string text_property(const mqtt::Properties& properties, Id id,
                          std::string_view mqtt::Properties::*field) {
    return properties.has(id) ? std::string(properties.*field) : "";
}

}  // namespace

Result<MessageFormat> MessageFormat::compile(std::string_view text) {
    MessageFormat format;
    auto add_text = [&](char letter) {
        if (format.pieces_.empty() || format.pieces_.back().kind != 0) {
            format.pieces_.emplace_back();
        }
        format.pieces_.back().text += letter;
    };
    for (std::size_t at = 0; at < text.size(); at++) {
        char letter = text[at];
        if (letter != '%' && letter != '@' && letter != '\\') {
            add_text(letter);
            continue;
        }
        if (++at == text.size()) {
            return Error{letter == '\\' ? "Error: Incomplete escape specifier.\n"
                                        : "Error: Incomplete format specifier.\n"};
        }
        if (letter == '\\') {
            const char* escape = escape_of(text[at]);
            if (escape == nullptr && text[at] != '0') {
                return Error{fmt::format("Error: Invalid escape specifier '{}'.\n", text[at])};
            }
            add_text(escape == nullptr ? '\0' : *escape);
        } else if (letter == '@') {
            if (text[at] == '@') {
                add_text('@');
                continue;
            }
            Piece piece;
            piece.kind = '@';
            piece.text = {'%', text[at]};
            format.pieces_.push_back(piece);
        } else {
            auto piece = read_field(text, at);
            if (!piece) return piece.error();
            format.pieces_.push_back(std::move(piece).value());
        }
    }
    return format;
}

// Begins behind the '%', ends on the letter.
Result<MessageFormat::Piece> MessageFormat::read_field(std::string_view text, std::size_t& at) {
    Piece piece;
    piece.text = " ";
    while (at < text.size() && (text[at] == '0' || (text[at] == '-' && !piece.left))) {
        (text[at++] == '0' ? piece.zero : piece.left) = true;
    }
    read_number(text, at, piece.width);
    if (at < text.size() && text[at] == '.') {
        at++;
        piece.precision = 0;
        if (read_number(text, at, piece.precision) && at + 1 < text.size() &&
            std::ispunct(static_cast<unsigned char>(text[at])) && (text[at + 1] | 32) == 'x') {
            piece.text = text[at++];
        }
    }
    if (at >= text.size()) return Error{"Error: Incomplete format specifier.\n"};
    if (kFields.find(text[at]) == std::string_view::npos) {
        return Error{fmt::format("Error: Invalid format specifier '{}'.\n", text[at])};
    }
    piece.kind = text[at];
    return piece;
}

// The fields that are printed as they are, without width.
bool MessageFormat::print_bare(const Piece& piece, const ArrivedMessage& message, bool is_pretty,
                               std::string& out) {
    const mqtt::Publish& packet = *message.packet;
    switch (piece.kind) {
        case 0:
            out += piece.text;
            break;
        case '%':
            out += '%';
            break;
        case '@':
            out += piece.text == "%N" ? fmt::format("{:09}", message.time.tv_nsec)
                                      : local_time(message.time, piece.text.c_str());
            break;
        case 'j':
        case 'J':
            return print_json(message, piece.kind == 'J', is_pretty, out);
        case 'U':
            out += fmt::format("{}.{:09}", message.time.tv_sec, message.time.tv_nsec);
            break;
        case 'D':
            if (packet.properties.has(Id::CorrelationData)) {
                out += as_text(packet.properties.correlation_data);
            }
            break;
        case 'P':
            out += user_properties(packet.properties);
            break;
        case 'q':
            out += std::to_string(static_cast<int>(packet.qos));
            break;
        case 'r':
            out += packet.retain ? '1' : '0';
            break;
        default:
            break;
    }
    return true;
}

std::string MessageFormat::field_text(const Piece& piece, const ArrivedMessage& message) {
    const mqtt::Publish& packet = *message.packet;
    const mqtt::Properties& has = packet.properties;
    switch (piece.kind) {
        case 'A':
            return number_property(has, Id::TopicAlias, &mqtt::Properties::topic_alias);
        case 'E':
            return number_property(has, Id::MessageExpiryInterval,
                                   &mqtt::Properties::message_expiry_interval);
        case 'F':
            return number_property(has, Id::PayloadFormatIndicator,
                                   &mqtt::Properties::payload_format_indicator);
        case 'S':
            return number_property(has, Id::SubscriptionIdentifier,
                                   &mqtt::Properties::subscription_identifier);
        case 'l':
            return std::to_string(packet.payload.size());
        case 'm':
            return std::to_string(packet.packet_id);
        case 'p':
            return std::string(as_text(packet.payload));
        case 'x':
        case 'X':
            return hex(packet.payload, piece.kind == 'X', piece.precision, piece.text);
        case 'd':
            return floating<double>(packet.payload, piece.precision);
        case 'f':
            return floating<float>(packet.payload, piece.precision);
        case 'C':
            return text_property(has, Id::ContentType, &mqtt::Properties::content_type);
        case 'R':
            return text_property(has, Id::ResponseTopic, &mqtt::Properties::response_topic);
        case 'I':
            return local_time(message.time, "%FT%T%z");
        default:
            return std::string(packet.topic);
    }
}

bool MessageFormat::print(const ArrivedMessage& message, bool is_pretty, std::string& out) const {
    bool is_whole = true;
    for (const Piece& piece : pieces_) {
        if (kPadded.find(piece.kind) == std::string_view::npos) {
            if (!print_bare(piece, message, is_pretty, out)) is_whole = false;
            continue;
        }
        std::string text = field_text(piece, message);
        bool is_text = kTexts.find(piece.kind) != std::string_view::npos;
        if (is_text && piece.precision >= 0) {
            text.resize(std::min(text.size(), static_cast<std::size_t>(piece.precision)));
        }
        std::size_t width = std::max(static_cast<std::size_t>(piece.width), text.size());
        std::size_t padding = width - text.size();
        if (!piece.left) out.append(padding, piece.zero && !is_text ? '0' : ' ');
        out += text;
        if (piece.left) out.append(padding, ' ');
    }
    return is_whole;
}

}  // namespace martlet::cli
