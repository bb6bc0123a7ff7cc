// Runs the simulation for many seeds. SIM_SEED=N runs that one only, SIM_SEEDS=N that many.

#include "base/log.h"
#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace martlet::sim {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void run(World::Kind kind, std::uint64_t usual_count) {
    log::Options quiet;
    quiet.levels = 0;
    ASSERT_TRUE(log::configure(quiet).ok());
    std::uint64_t first = number_from("SIM_SEED", 1);
    std::uint64_t count = number_from("SIM_SEEDS", std::getenv("SIM_SEED") ? 1 : usual_count);
    std::uint64_t parked_bytes_most = 0;
    for (std::uint64_t seed = first; seed < first + count; seed++) {
        SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
        World world(seed, kind);
        world.run(1000);
        parked_bytes_most = std::max(parked_bytes_most, world.parked_bytes_most());
        if (::testing::Test::HasFailure()) {
            std::fprintf(stderr, "Once more with: SIM_SEED=%llu\n",
                         static_cast<unsigned long long>(seed));
            return;
        }
    }
    // Share groups did run out of credit.
    if (count >= usual_count) {
        EXPECT_GT(parked_bytes_most, 0u);
    }
}

TEST(Sim, KeepsItsPromises) {
    run(World::Kind::Lasting, 1000);
}

TEST(Sim, KeepsItsPromisesWhenItDies) {
    run(World::Kind::Dying, 1000);
}

}  // namespace
}  // namespace martlet::sim
