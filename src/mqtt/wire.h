#pragma once

// How the specification's data types (1.5) are read, never past the end, and written. Private to
// this folder. Any thread.

#include "base/bytes.h"
#include "base/check.h"
#include "mqtt/topic.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace martlet::mqtt {

// Each read answers false and leaves the value alone when the bytes do not hold it.
class Reader {
  public:
    explicit Reader(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    bool is_done() const { return at_ == end_; }
    const std::uint8_t* at() const { return at_; }
    ByteView rest() const { return {at_, end_}; }

    bool read(std::uint8_t& value) {
        if (at_ == end_) return false;
        value = *at_++;
        return true;
    }

    bool read(std::uint16_t& value) {
        if (left() < 2) return false;
        value = static_cast<std::uint16_t>(at_[0] << 8 | at_[1]);
        at_ += 2;
        return true;
    }

    bool read(std::uint32_t& value) {
        if (left() < 4) return false;
        value = std::uint32_t{at_[0]} << 24 | std::uint32_t{at_[1]} << 16 |
                std::uint32_t{at_[2]} << 8 | at_[3];
        at_ += 4;
        return true;
    }

    // At most four bytes, and no more than the value needs. [MQTT-1.5.5-1]
    bool read_varint(std::uint32_t& value) {
        if (at_ != end_ && *at_ < 128) {
            value = *at_++;
            return true;
        }
        std::uint32_t sum = 0;
        for (unsigned i = 0; i < 4 && i < left(); i++) {
            sum |= std::uint32_t{at_[i] & 127u} << (7 * i);
            if (at_[i] >= 128) continue;
            if (i > 0 && at_[i] == 0) return false;
            at_ += i + 1;
            value = sum;
            return true;
        }
        return false;
    }

    bool read_bytes(std::size_t size, ByteView& bytes) {
        if (left() < size) return false;
        bytes = {at_, size};
        at_ += size;
        return true;
    }

    // Binary data (1.5.6).
    bool read(ByteView& data) {
        std::uint16_t size;
        return read(size) && read_bytes(size, data);
    }

    // For whoever looks at the text's characters himself.
    bool read_unchecked(std::string_view& text) {
        ByteView data;
        if (!read(data)) return false;
        text = as_text(data);
        return true;
    }

    bool read(std::string_view& text) { return read_unchecked(text) && is_valid_utf8(text); }

  private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

inline std::uint8_t* put(std::uint8_t value, std::uint8_t* out) {
    *out++ = value;
    return out;
}

inline std::uint8_t* put(std::uint16_t value, std::uint8_t* out) {
    out[0] = static_cast<std::uint8_t>(value >> 8);
    out[1] = static_cast<std::uint8_t>(value);
    return out + 2;
}

inline std::uint8_t* put(std::uint32_t value, std::uint8_t* out) {
    out = put(static_cast<std::uint16_t>(value >> 16), out);
    return put(static_cast<std::uint16_t>(value), out);
}

inline std::uint8_t* put_raw(ByteView bytes, std::uint8_t* out) {
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return out + bytes.size();
}

inline std::uint8_t* put(ByteView data, std::uint8_t* out) {
    DCHECK(data.size() <= 65535);
    return put_raw(data, put(static_cast<std::uint16_t>(data.size()), out));
}

inline std::uint8_t* put(std::string_view text, std::uint8_t* out) {
    return put(as_bytes(text), out);
}

}  // namespace martlet::mqtt
