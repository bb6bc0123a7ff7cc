#pragma once

// From a hash to what the owner keeps elsewhere: open addressing over 8-byte slots, so that a
// look-up that fails costs one cache line and one that succeeds that line and the object. For
// tables of a million entries on the message path, where Abseil's set costs a line more each
// (measured: routing among 1,000,000 subscriptions). A payload is a number or pointer below 2^48,
// never 0; the owner compares, and tells a payload's hash when the table grows. One thread.

#include "base/check.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace martlet {

class HashIndex {
  public:
    std::size_t size() const { return size_; }

    // The payload for which equal(payload) holds among those with this hash; 0: none.
    template <typename Equal>
    std::uint64_t find(std::uint64_t hash, Equal&& equal) const {
        if (size_ == 0) return 0;
        for (std::size_t at = home(hash);; at = (at + 1) & mask_) {
            std::uint64_t slot = slots_[at];
            if (slot == 0) return 0;
            if ((slot ^ hash) >> kPayloadBits == 0 && equal(slot & kPayload))
                return slot & kPayload;
        }
    }

    // What find(hash) would return if the owner's comparison held wherever the slots say that it
    // may; for asking for its line before it is compared.
    std::uint64_t guess(std::uint64_t hash) const {
        return find(hash, [](std::uint64_t) { return true; });
    }

    // Asks for the line that find(hash) will look at.
    void prefetch(std::uint64_t hash) const {
        if (size_ != 0) __builtin_prefetch(&slots_[home(hash)]);
    }

    // `payload` must not be there yet. `hash_of` tells the hash of any payload that is.
    template <typename HashOf>
    void insert(std::uint64_t hash, std::uint64_t payload, HashOf&& hash_of) {
        DCHECK(payload != 0 && payload <= kPayload);
        if ((size_ + 1) * 4 > capacity() * 3) grow(hash_of);
        place(hash, payload);
        size_++;
    }

    // `payload` must be there.
    template <typename HashOf>
    void erase(std::uint64_t hash, std::uint64_t payload, HashOf&& hash_of) {
        std::size_t hole = home(hash);
        while ((slots_[hole] & kPayload) != payload) {
            CHECK(slots_[hole] != 0);
            hole = (hole + 1) & mask_;
        }
        size_--;
        // What follows moves up where that brings it no further from its home, so that no marker is
        // left behind.
        for (std::size_t at = (hole + 1) & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
            std::size_t wanted = home(hash_of(slots_[at] & kPayload));
            if (((at - wanted) & mask_) < ((at - hole) & mask_)) continue;
            slots_[hole] = slots_[at];
            hole = at;
        }
        slots_[hole] = 0;
    }

    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t i = 0; i < capacity(); i++) {
            if (slots_[i] != 0) visit(slots_[i] & kPayload);
        }
    }

  private:
    static constexpr unsigned kPayloadBits = 48;
    static constexpr std::uint64_t kPayload = (std::uint64_t{1} << kPayloadBits) - 1;

    std::size_t capacity() const { return slots_ ? mask_ + 1 : 0; }
    // The low bits; the high ones are kept in the slot.
    std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask_; }

    void place(std::uint64_t hash, std::uint64_t payload) {
        std::size_t at = home(hash);
        while (slots_[at] != 0) at = (at + 1) & mask_;
        slots_[at] = (hash & ~kPayload) | payload;
    }

    template <typename HashOf>
    void grow(HashOf&& hash_of) {
        std::size_t old_capacity = capacity();
        std::size_t wider = old_capacity == 0 ? 16 : old_capacity * 2;
        auto old = std::exchange(slots_, std::make_unique<std::uint64_t[]>(wider));
        mask_ = wider - 1;
        for (std::size_t i = 0; i < old_capacity; i++) {
            if (old[i] != 0) place(hash_of(old[i] & kPayload), old[i] & kPayload);
        }
    }

    std::unique_ptr<std::uint64_t[]> slots_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace martlet
