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

TEST(Sim, KeepsItsPromises) {
    log::Options quiet;
    quiet.levels = 0;
    ASSERT_TRUE(log::configure(quiet).ok());
    std::uint64_t first = number_from("SIM_SEED", 1);
    std::uint64_t count = number_from("SIM_SEEDS", std::getenv("SIM_SEED") ? 1 : 1000);
    for (std::uint64_t seed = first; seed < first + count; seed++) {
        SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
        World world(seed);
        world.run(1000);
        if (HasFailure()) {
            std::fprintf(stderr, "Once more with: SIM_SEED=%llu\n",
                         static_cast<unsigned long long>(seed));
            return;
        }
    }
}

}  // namespace
}  // namespace martlet::sim
