#include "net/websocket_frames.h"

#include <algorithm>
#include <cstring>

namespace martlet::net {

namespace {

// RFC 6455, 5.2.
constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kText = 1;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;

constexpr std::uint8_t kLastFragment = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::size_t kMaskSize = 4;

std::size_t length_bytes_of(std::uint8_t second) {
    std::uint8_t length = second & 127;
    return length < kLength16 ? 0 : length == kLength16 ? 2 : 8;
}

// From front to back, so that `to` may lie before `from` in the same buffer.
void unmask(ByteView from, std::array<std::uint8_t, kMaskSize>& mask, std::uint8_t* to) {
    std::array<std::uint64_t, 4> keys;
    for (std::size_t i = 0; i < 2 * keys.size(); i++)
        std::memcpy(reinterpret_cast<std::uint8_t*>(keys.data()) + kMaskSize * i, mask.data(),
                    kMaskSize);
    std::size_t at = 0;
    for (; at + sizeof keys <= from.size(); at += sizeof keys) {
        std::array<std::uint64_t, 4> words;
        std::memcpy(words.data(), from.data() + at, sizeof words);
        for (std::size_t i = 0; i < words.size(); i++) words[i] ^= keys[i];
        std::memcpy(to + at, words.data(), sizeof words);
    }
    for (; at + 8 <= from.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, from.data() + at, 8);
        word ^= keys[0];
        std::memcpy(to + at, &word, 8);
    }
    for (; at < from.size(); at++) to[at] = from[at] ^ mask[at % kMaskSize];
    std::rotate(mask.begin(), mask.begin() + from.size() % kMaskSize, mask.end());
}

// Unicode, table 3-7. Controls are allowed, as RFC 6455 does.
bool is_utf8(ByteView text) {
    for (std::size_t at = 0; at < text.size();) {
        std::uint8_t first = text[at];
        if (first < 0x80) {
            at++;
            continue;
        }
        if (first < 0xC2 || first > 0xF4) return false;
        std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (text.size() - at < size) return false;
        // Overlong forms, surrogates and code points above U+10FFFF show in the second byte.
        std::uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        std::uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (text[at + 1] < low || text[at + 1] > high) return false;
        for (std::size_t i = 2; i < size; i++) {
            if ((text[at + i] & 0xC0) != 0x80) return false;
        }
        at += size;
    }
    return true;
}

// RFC 6455, 7.4.2, and the codes registered with IANA since.
bool may_be_sent(std::uint16_t code) {
    bool is_known = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
    return is_known || (code >= 3000 && code <= 4999);
}

}  // namespace

std::string_view describe(WebsocketFault fault) {
    switch (fault) {
        case WebsocketFault::None:
            return "no fault";
        case WebsocketFault::ReservedBits:
            return "a frame has reserved bits, and no extension was agreed on";
        case WebsocketFault::UnknownOpcode:
            return "a frame has an unknown opcode";
        case WebsocketFault::Text:
            return "MQTT must be sent in binary frames, not in text frames";
        case WebsocketFault::Interrupted:
            return "a new message begins before the last fragment of the previous one";
        case WebsocketFault::NoMessage:
            return "a continuation frame has no message to continue";
        case WebsocketFault::FragmentedControl:
            return "a control frame is fragmented";
        case WebsocketFault::LongControl:
            return "a control frame has more than 125 bytes";
        case WebsocketFault::Unmasked:
            return "a frame is not masked";
        case WebsocketFault::NotMinimal:
            return "the length of a frame is not in its shortest form";
        case WebsocketFault::TooLong:
            return "a frame is longer than 2 GiB";
        case WebsocketFault::CloseSize:
            return "a close frame has half a code";
        case WebsocketFault::CloseCode:
            return "a close frame has a code that must not be sent";
        case WebsocketFault::CloseReason:
            return "the reason in a close frame is not UTF-8";
    }
    return "unknown fault";
}

std::uint16_t close_code_of(WebsocketFault fault) {
    switch (fault) {
        case WebsocketFault::None:
            return close_code::kNormal;
        case WebsocketFault::Text:
            return close_code::kUnsupportedData;
        case WebsocketFault::TooLong:
            return close_code::kTooLarge;
        case WebsocketFault::CloseReason:
            return close_code::kInvalidPayload;
        default:
            return close_code::kProtocolError;
    }
}

void WebsocketAnswer::set(std::uint8_t first, ByteView payload) {
    payload = payload.first(std::min(payload.size(), kPayloadMax));
    bytes_[0] = first;
    bytes_[1] = static_cast<std::uint8_t>(payload.size());
    std::copy(payload.begin(), payload.end(), bytes_.begin() + 2);
    size_ = static_cast<std::uint8_t>(2 + payload.size());
}

void WebsocketAnswer::set_pong(ByteView payload) {
    set(kLastFragment | kPong, payload);
}

void WebsocketAnswer::set_close(ByteView payload) {
    set(kLastFragment | kClose, payload);
}

void WebsocketAnswer::set_close(std::uint16_t code, std::string_view reason) {
    std::array<std::uint8_t, kPayloadMax> payload;
    payload[0] = static_cast<std::uint8_t>(code >> 8);
    payload[1] = static_cast<std::uint8_t>(code);
    ByteView text = as_bytes(reason.substr(0, kPayloadMax - 2));
    // A character that would be cut in half is left out.
    while (!is_utf8(text) && !text.empty()) text = text.first(text.size() - 1);
    std::copy(text.begin(), text.end(), payload.begin() + 2);
    set_close(ByteView(payload.data(), 2 + text.size()));
}

std::size_t WebsocketReader::read(std::span<std::uint8_t> bytes, WebsocketAnswer& answer) {
    if (state() != State::Open) return 0;
    ByteView rest = bytes;
    std::uint8_t* out = bytes.data();
    while (!rest.empty() && state() == State::Open) {
        if (!is_in_payload_) rest = rest.subspan(read_head(rest));
        if (!is_in_payload_) break;
        ByteView part = rest.first(std::min<std::size_t>(left_, rest.size()));
        rest = rest.subspan(part.size());
        if (is_control()) {
            take_control(part, answer);
        } else {
            unmask(part, mask_, out);
            out += part.size();
        }
        left_ -= static_cast<std::uint32_t>(part.size());
        if (left_ > 0) break;
        is_in_payload_ = false;
        head_size_ = 0;
    }
    if (fault_ != WebsocketFault::None) {
        answer.set_close(close_code_of(fault_), describe(fault_));
        control_.reset();
    }
    return static_cast<std::size_t>(out - bytes.data());
}

// Returns how many bytes belong to the head. Then is_in_payload_ is set, or the head is not whole,
// or there is a fault.
std::size_t WebsocketReader::read_head(ByteView bytes) {
    std::size_t length_bytes = bytes.size() < 2 ? 0 : length_bytes_of(bytes[1]);
    std::size_t size = 2 + length_bytes + kMaskSize;
    if (head_size_ == 0 && bytes.size() >= size) {
        // Nearly all heads come whole.
        take_first(bytes[0]);
        if (fault_ == WebsocketFault::None) take_second(bytes[1]);
        for (std::size_t i = 0; i < length_bytes && fault_ == WebsocketFault::None; i++)
            take_length_byte(bytes[2 + i], i + 1 == length_bytes);
        std::memcpy(mask_.data(), bytes.data() + size - kMaskSize, kMaskSize);
        is_in_payload_ = fault_ == WebsocketFault::None;
        return size;
    }
    std::size_t used = 0;
    while (used < bytes.size() && !is_in_payload_ && fault_ == WebsocketFault::None)
        take_head_byte(bytes[used++]);
    return used;
}

void WebsocketReader::take_head_byte(std::uint8_t byte) {
    std::size_t index = head_size_++;
    if (index == 0) return take_first(byte);
    if (index == 1) return take_second(byte);
    index -= 2;
    std::size_t length_bytes = length_bytes_of(second_);
    if (index < length_bytes) return take_length_byte(byte, index + 1 == length_bytes);
    mask_[index - length_bytes] = byte;
    is_in_payload_ = index - length_bytes + 1 == kMaskSize;
}

void WebsocketReader::take_first(std::uint8_t byte) {
    first_ = byte;
    bool is_last = (byte & kLastFragment) != 0;
    if ((byte & kReservedBits) != 0) {
        fault_ = WebsocketFault::ReservedBits;
        return;
    }
    switch (byte & 15) {
        case kContinuation:
            if (!is_in_message_) fault_ = WebsocketFault::NoMessage;
            break;
        case kText:
            fault_ = WebsocketFault::Text;  // [MQTT-6.0.0-1]
            break;
        case kBinary:
            if (is_in_message_) fault_ = WebsocketFault::Interrupted;
            break;
        case kClose:
        case kPing:
        case kPong:
            if (!is_last) fault_ = WebsocketFault::FragmentedControl;
            break;
        default:
            fault_ = WebsocketFault::UnknownOpcode;
            break;
    }
    if (!is_control()) is_in_message_ = !is_last;
}

void WebsocketReader::take_second(std::uint8_t byte) {
    second_ = byte;
    std::uint8_t length = byte & 127;
    left_ = length < kLength16 ? length : 0;
    if ((byte & kMasked) == 0)
        fault_ = WebsocketFault::Unmasked;
    else if (is_control() && length > WebsocketAnswer::kPayloadMax)
        fault_ = WebsocketFault::LongControl;
}

void WebsocketReader::take_length_byte(std::uint8_t byte, bool is_last) {
    // The next shift would lose bits, and so would a length that is already too long.
    if (left_ > kFrameBytesMax >> 8) {
        fault_ = WebsocketFault::TooLong;
        return;
    }
    left_ = left_ << 8 | byte;
    std::uint32_t least = (second_ & 127) == kLength16 ? 126 : 65536;
    if (is_last && left_ < least) fault_ = WebsocketFault::NotMinimal;
}

// `part`: the bytes of the payload that are here, all of them or not.
void WebsocketReader::take_control(ByteView part, WebsocketAnswer& answer) {
    if ((first_ & 15) == kPong) return;
    std::size_t size = second_ & 127;
    if (part.size() == size) {
        ControlPayload payload;
        unmask(part, mask_, payload.data());
        return end_control({payload.data(), size}, answer);
    }
    if (part.empty()) return;
    if (!control_) control_ = std::make_unique<ControlPayload>();
    unmask(part, mask_, control_->data() + (size - left_));
    if (part.size() < left_) return;
    end_control({control_->data(), size}, answer);
    control_.reset();
}

void WebsocketReader::end_control(ByteView payload, WebsocketAnswer& answer) {
    if ((first_ & 15) == kPing)
        answer.set_pong(payload);
    else
        take_close(payload, answer);
}

void WebsocketReader::take_close(ByteView payload, WebsocketAnswer& answer) {
    std::uint16_t code = close_code::kNoStatus;
    if (payload.size() == 1) {
        fault_ = WebsocketFault::CloseSize;
        return;
    }
    if (!payload.empty()) {
        code = static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
        if (!may_be_sent(code))
            fault_ = WebsocketFault::CloseCode;
        else if (!is_utf8(payload.subspan(2)))
            fault_ = WebsocketFault::CloseReason;
    }
    if (fault_ != WebsocketFault::None) return;
    close_code_ = code;
    answer.set_close(payload);
}

}  // namespace martlet::net
