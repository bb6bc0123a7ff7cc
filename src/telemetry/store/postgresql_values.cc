#include "telemetry/store/postgresql_values.h"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kCopyHead("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

// Most significant byte first.
template <typename Integer>
void append(std::string& out, Integer value) {
    auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (int shift = 8 * (static_cast<int>(sizeof bits) - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(bits >> shift);
    }
}

void append_sized(std::string& out, std::string_view bytes) {
    append(out, static_cast<std::int32_t>(bytes.size()));
    out += bytes;
}

// Bytes of the character that begins `text`, as PostgreSQL takes it; 0: it takes it not.
std::size_t character_size(std::string_view text) {
    auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = at(0);
    if (first < 0x80) return first == 0 ? 0 : 1;
    std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    // What is overlong, a surrogate or above U+10FFFF shows in the second byte.
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < size; i++) {
        if ((at(i) & 0xc0) != 0x80) return 0;
    }
    return size;
}

void append_mended(std::string& out, std::string_view text) {
    while (!text.empty()) {
        auto size = character_size(text);
        out += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
}

}  // namespace

void PostgresParameters::add(std::int64_t value) {
    values_.push_back({PostgresType::Integer, {}});
    append(values_.back().bytes, value);
}

void PostgresParameters::add(std::string_view value) {
    values_.push_back({PostgresType::Text, {}});
    append_mended(values_.back().bytes, value);
}

PostgresCopy::PostgresCopy() : bytes_(kCopyHead) {}

void PostgresCopy::clear() {
    bytes_ = kCopyHead;
    rows_ = 0;
    is_finished_ = false;
}

std::string_view PostgresCopy::finish() {
    if (!is_finished_) append(bytes_, std::int16_t{-1});
    is_finished_ = true;
    return bytes_;
}

void PostgresCopy::begin_row(int columns) {
    append(bytes_, static_cast<std::int16_t>(columns));
    rows_++;
}

void PostgresCopy::add(std::int64_t value) {
    append(bytes_, std::int32_t{8});
    append(bytes_, value);
}

void PostgresCopy::add_small(std::int32_t value) {
    append(bytes_, std::int32_t{4});
    append(bytes_, value);
}

void PostgresCopy::add(double value) {
    add(std::bit_cast<std::int64_t>(value));
}

void PostgresCopy::add_known(double value) {
    if (std::isnan(value)) {
        add_null();
    } else {
        add(value);
    }
}

void PostgresCopy::add(std::string_view text) {
    auto size_at = bytes_.size();
    append(bytes_, std::int32_t{0});
    append_mended(bytes_, text);
    auto size = static_cast<std::int32_t>(bytes_.size() - size_at - sizeof(std::int32_t));
    std::string big_endian;
    append(big_endian, size);
    bytes_.replace(size_at, big_endian.size(), big_endian);
}

void PostgresCopy::add(PostgresBytes value) {
    append_sized(bytes_, value.bytes);
}

void PostgresCopy::add_null() {
    append(bytes_, std::int32_t{-1});
}

void PostgresCopy::add(const Value& value) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    const auto* text = std::get_if<std::string>(&value);
    integer != nullptr ? add(*integer) : add_null();
    real != nullptr ? add(*real) : add_null();
    text != nullptr ? add(std::string_view(*text)) : add_null();
}

std::int64_t read_postgres_integer(std::string_view bytes) {
    if (bytes.empty()) return 0;
    bool is_negative = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
    std::uint64_t bits = is_negative ? ~std::uint64_t{0} : 0;
    for (char byte : bytes) bits = bits << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(bits);
}

double read_postgres_real(std::string_view bytes) {
    if (bytes.size() != 8) return std::numeric_limits<double>::quiet_NaN();
    return std::bit_cast<double>(read_postgres_integer(bytes));
}

}  // namespace martlet::telemetry
