#include "base/hash_index.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace martlet {
namespace {

// Payloads with hashes that collide in their low bits, in their high bits, and wholly.
class Model {
    std::uint64_t mask_;
    HashIndex index_;
    std::unordered_map<std::uint64_t, std::uint64_t> hashes_;

    auto hash_of() {
        return [this](std::uint64_t payload) { return hashes_.at(payload); };
    }

  public:
    explicit Model(std::uint64_t mask) : mask_(mask) {}

    void add(std::uint64_t payload, std::uint64_t random) {
        hashes_[payload] = random & mask_;
        index_.insert(hashes_[payload], payload, hash_of());
    }
    void remove(std::uint64_t payload) {
        index_.erase(hashes_[payload], payload, hash_of());
        hashes_.erase(payload);
    }
    bool has(std::uint64_t payload) const { return hashes_.contains(payload); }

    void check(std::uint64_t payload_max) const {
        ASSERT_EQ(index_.size(), hashes_.size());
        for (const auto& [payload, hash] : hashes_) {
            auto is_it = [p = payload](std::uint64_t candidate) { return candidate == p; };
            ASSERT_EQ(index_.find(hash, is_it), payload);
        }
        auto is_none = [&](std::uint64_t candidate) { return candidate > payload_max; };
        for (std::uint64_t hash = 0; hash < 64; hash++) ASSERT_EQ(index_.find(hash, is_none), 0u);
        std::size_t seen = 0;
        index_.for_each([&](std::uint64_t payload) { seen += has(payload); });
        ASSERT_EQ(seen, hashes_.size());
    }
};

TEST(HashIndex, AgreesWithASlowModel) {
    for (std::uint64_t mask :
         {~std::uint64_t{0}, std::uint64_t{0xF}, std::uint64_t{0x7} << 60, std::uint64_t{0}}) {
        std::mt19937_64 random(mask);
        Model model(mask);
        for (int step = 0; step < 4000; step++) {
            std::uint64_t payload = 1 + random() % 200;
            if (model.has(payload))
                model.remove(payload);
            else
                model.add(payload, random());
            if (step % 16 == 0) model.check(200);
        }
    }
}

TEST(HashIndex, HoldsPointers) {
    int object = 0;
    auto payload = reinterpret_cast<std::uint64_t>(&object);
    HashIndex index;
    EXPECT_EQ(index.find(5, [](std::uint64_t) { return true; }), 0u);
    index.insert(5, payload, [](std::uint64_t) { return std::uint64_t{5}; });
    EXPECT_EQ(index.find(5, [](std::uint64_t) { return true; }), payload);
    // The high bits of a hash are compared without asking.
    EXPECT_EQ(index.find(5 | std::uint64_t{1} << 60, [](std::uint64_t) { return true; }), 0u);
}

}  // namespace
}  // namespace martlet
