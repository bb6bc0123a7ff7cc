#pragma once

// Walks over the bytes of a mosquitto.db. After the first field that is not there all further ones
// read as nothing, and the reader remembers where and what that was. One thread.

#include "base/bytes.h"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace martlet::migrate {

class DbReader {
  public:
    explicit DbReader(ByteView bytes) : bytes_(bytes), end_(bytes.size()) {}

    bool is_sound() const { return problem_.empty(); }
    // What is wrong and where; meaningful while !is_sound().
    std::string_view problem() const { return problem_; }
    std::size_t problem_at() const { return problem_at_; }
    void fail(std::string_view problem) { fail_at(problem, at_); }
    void fail_at(std::string_view problem, std::size_t at) {
        if (!is_sound()) return;
        problem_ = problem;
        problem_at_ = at;
        at_ = end_;
    }

    std::size_t at() const { return at_; }
    std::size_t left() const { return end_ - at_; }
    // Nothing beyond the next `size` bytes is read until widen().
    void narrow(std::size_t size) { end_ = at_ + size; }
    void widen() { end_ = bytes_.size(); }

    // Network order, in which lengths, ids of MQTT and ports stand.
    template <typename T>
    T big(std::string_view what) {
        T value = 0;
        for (std::uint8_t byte : take(sizeof(T), what))
            value = static_cast<T>((std::uint64_t{value} << 8) | byte);
        return value;
    }
    // The order of the machine that wrote, in which mosquitto leaves ids of its own and times. All
    // machines that it commonly runs on are little endian.
    template <typename T>
    T little(std::string_view what) {
        std::make_unsigned_t<T> value = 0;
        unsigned shift = 0;
        for (std::uint8_t byte : take(sizeof(T), what)) {
            value = static_cast<std::make_unsigned_t<T>>(value | (std::uint64_t{byte} << shift));
            shift += 8;
        }
        return static_cast<T>(value);
    }
    ByteView take(std::size_t size, std::string_view what) {
        if (is_sound() && left() < size) fail(what);
        if (!is_sound()) return {};
        ByteView taken = bytes_.subspan(at_, size);
        at_ += size;
        return taken;
    }
    std::string_view text(std::size_t size, std::string_view what) {
        return as_text(take(size, what));
    }
    // With its length before it.
    std::string_view text(std::string_view what) { return text(big<std::uint16_t>(what), what); }

  private:
    ByteView bytes_;
    std::size_t at_ = 0;
    std::size_t end_;
    std::string_view problem_;
    std::size_t problem_at_ = 0;
};

}  // namespace martlet::migrate
