#include "cli/demo/simulator.h"

namespace martlet::cli::demo {

namespace {

constexpr SimulatorKind kKinds[] = {
    {"mesh", "40 Meshtastic nodes around Stockholm, heard by 5 gateways", make_mesh},
    {"house", "a LOWI gateway: the meter, solar panels, a heat pump", make_house},
    {"plant", "8 production stations as Busroot has them", make_plant},
    {"fleet", "20 vehicles, a trailer and a container", make_fleet},
    {"class", "24 students' boards that send bare numbers", make_classroom},
};

}  // namespace

std::span<const SimulatorKind> simulator_kinds() {
    return kKinds;
}

}  // namespace martlet::cli::demo
