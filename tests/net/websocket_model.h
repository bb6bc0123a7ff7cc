#pragma once

// A client's frames for the tests, a slow and obvious reader of them, and the real reader fed with
// the same bytes in any pieces. One thread.

#include "net/websocket_frames.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::net {

struct ClientFrame {
    int opcode = 2;
    std::string payload;
    bool is_last = true;
    int reserved = 0;  // three bits
    bool is_masked = true;
    std::string mask = "\x37\xfa\x21\x3d";
    int length_bytes = -1;  // 0, 2 or 8; -1: the shortest form

    std::string bytes() const {
        std::string out;
        out += static_cast<char>((is_last ? 0x80 : 0) | reserved << 4 | opcode);
        std::size_t size = payload.size();
        int form = length_bytes >= 0 ? length_bytes : size < 126 ? 0 : size < 65536 ? 2 : 8;
        int second = form == 0 ? static_cast<int>(size) : form == 2 ? 126 : 127;
        out += static_cast<char>(second | (is_masked ? 0x80 : 0));
        for (int i = form; i-- > 0;)
            out += static_cast<char>(std::uint64_t{size} >> (8 * i) & 0xff);
        if (!is_masked) return out + payload;
        out += mask;
        for (std::size_t i = 0; i < size; i++) out += static_cast<char>(payload[i] ^ mask[i % 4]);
        return out;
    }
};

inline std::string frame(std::string payload) {
    return ClientFrame{.payload = std::move(payload)}.bytes();
}

inline std::string frame(int opcode, std::string payload, bool is_last = true) {
    return ClientFrame{.opcode = opcode, .payload = std::move(payload), .is_last = is_last}.bytes();
}

// The outcome of a client's bytes.
struct Heard {
    std::string payload;
    std::vector<std::string> answers;
    WebsocketReader::State state = WebsocketReader::State::Open;
    WebsocketFault fault = WebsocketFault::None;
    std::uint16_t code = 0;

    std::string last_answer() const { return answers.empty() ? std::string() : answers.back(); }
};

// Gives the pieces to one reader. Each lies in memory of its own size, so that the sanitizers see
// a step too far.
inline Heard hear(const std::vector<std::string>& pieces) {
    WebsocketReader reader;
    Heard heard;
    for (const std::string& piece : pieces) {
        std::vector<std::uint8_t> bytes(piece.begin(), piece.end());
        WebsocketAnswer answer;
        std::size_t size = reader.read(bytes, answer);
        heard.payload.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (!answer.empty()) heard.answers.emplace_back(as_text(answer.bytes()));
    }
    heard.state = reader.state();
    heard.fault = reader.fault();
    heard.code = reader.close_code();
    return heard;
}

inline Heard hear(const std::string& bytes) {
    return hear(std::vector<std::string>{bytes});
}

// `next` gives the size of each piece.
template <typename Next>
std::vector<std::string> cut(std::string_view bytes, Next next) {
    std::vector<std::string> pieces;
    while (!bytes.empty()) {
        std::size_t size = std::min<std::size_t>(next(), bytes.size());
        pieces.emplace_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return pieces;
}

// The slow reader. It sees all bytes at once, and answers each ping.
class WebsocketModel {
  public:
    explicit WebsocketModel(std::string_view bytes) : rest_(bytes) {
        while (heard.state == WebsocketReader::State::Open && take_frame()) {
        }
    }
    Heard heard;

  private:
    using Fault = WebsocketFault;

    int byte(std::size_t at) const { return static_cast<unsigned char>(rest_[at]); }
    bool fail(Fault fault) {
        heard.state = WebsocketReader::State::Failed;
        heard.fault = fault;
        WebsocketAnswer answer;
        answer.set_close(close_code_of(fault), describe(fault));
        heard.answers.emplace_back(as_text(answer.bytes()));
        return false;
    }
    Fault fault_of_first(int opcode, bool is_last, int reserved) const {
        if (reserved != 0) return Fault::ReservedBits;
        if (opcode == 1) return Fault::Text;
        if (opcode == 0 && !is_in_message_) return Fault::NoMessage;
        if (opcode == 2 && is_in_message_) return Fault::Interrupted;
        if (opcode > 10 || (opcode > 2 && opcode < 8)) return Fault::UnknownOpcode;
        if (opcode >= 8 && !is_last) return Fault::FragmentedControl;
        return Fault::None;
    }
    // False: not whole, or the end.
    bool take_frame() {
        if (rest_.empty()) return false;
        int opcode = byte(0) & 15;
        bool is_last = (byte(0) & 0x80) != 0;
        Fault fault = fault_of_first(opcode, is_last, byte(0) >> 4 & 7);
        if (fault != Fault::None) return fail(fault);
        if (opcode < 8) is_in_message_ = !is_last;
        if (rest_.size() < 2) return false;
        if ((byte(1) & 0x80) == 0) return fail(Fault::Unmasked);
        std::uint64_t size = static_cast<std::uint64_t>(byte(1) & 0x7f);
        if (opcode >= 8 && size > 125) return fail(Fault::LongControl);
        std::size_t at = 2;
        if (size > 125) {
            std::size_t form = size == 126 ? 2 : 8;
            size = 0;
            for (std::size_t end = at + form; at < end; at++) {
                if (at >= rest_.size()) return false;
                size = size << 8 | static_cast<std::uint64_t>(byte(at));
                if (size >= 0x8000'0000) return fail(Fault::TooLong);
            }
            if (size < (form == 2 ? 126u : 65536u)) return fail(Fault::NotMinimal);
        }
        if (rest_.size() < at + 4) return false;
        std::string_view mask = rest_.substr(at, 4);
        std::string payload(rest_.substr(at + 4, size));
        for (std::size_t i = 0; i < payload.size(); i++)
            payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
        if (opcode < 8) heard.payload += payload;
        if (payload.size() < size) return false;
        rest_.remove_prefix(at + 4 + size);
        return opcode < 8 || take_control(opcode, payload);
    }
    bool take_control(int opcode, const std::string& payload) {
        auto head = [&](char first) {
            return std::string{first, static_cast<char>(payload.size())};
        };
        if (opcode == 9) heard.answers.push_back(head('\x8a') + payload);
        if (opcode != 8) return true;
        if (payload.size() == 1) return fail(Fault::CloseSize);
        int code = 1005;
        if (!payload.empty()) {
            code = static_cast<unsigned char>(payload[0]) * 256 +
                   static_cast<unsigned char>(payload[1]);
            bool is_good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                           (code >= 3000 && code <= 4999);
            if (!is_good) return fail(Fault::CloseCode);
            if (!is_text(payload.substr(2))) return fail(Fault::CloseReason);
        }
        heard.state = WebsocketReader::State::Closed;
        heard.code = static_cast<std::uint16_t>(code);
        heard.answers.push_back(head('\x88') + payload);
        return false;
    }
    // UTF-8, by what each character stands for.
    static bool is_text(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            std::uint32_t first = static_cast<unsigned char>(text[at++]);
            std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
            if ((first >= 0x80 && first < 0xc0) || first >= 0xf8) return false;
            std::uint32_t point = more == 0 ? first : first & (0x3fu >> more);
            for (std::size_t i = 0; i < more; i++, at++) {
                if (at >= text.size()) return false;
                std::uint32_t next = static_cast<unsigned char>(text[at]);
                if (next >> 6 != 2) return false;
                point = point << 6 | (next & 0x3f);
            }
            constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
            if (point < kLeast[more] || point > 0x10ffff) return false;
            if (point >= 0xd800 && point < 0xe000) return false;
        }
        return true;
    }

    std::string_view rest_;
    bool is_in_message_ = false;
};

}  // namespace martlet::net
