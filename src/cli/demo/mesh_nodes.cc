#include "cli/demo/mesh_nodes.h"

namespace martlet::cli::demo {

namespace {

using enum NodeWork;

constexpr MeshNode kNodes[] = {
    {"Kaknästornet", "KAK", 43, Gateway, 59.3350, 18.1266, 155},
    {"Årsta Gård", "ÅRS", 43, Gateway, 59.2985, 18.0510, 48},
    {"Kista Höghus", "KIS", 110, Gateway, 59.4030, 17.9448, 92},
    {"Huddinge Öst", "HUÖ", 31, Gateway, 59.2372, 17.9900, 60},
    {"Väsby Tak", "VTK", 9, Gateway, 59.5170, 17.9110, 41},
    {"Högdalstoppen 📡", "📡", 9, Relays, 59.2570, 18.0590, 104},
    {"Hammarbybacken", "HBB", 9, Relays, 59.3000, 18.0960, 93},
    {"Skogskyrkogården", "SKG", 95, Relays, 59.2740, 18.1010, 46},
    {"Bromma Flygfält", "BMA", 43, Talks, 59.3540, 17.9410, 15},
    {"Åsa på Söder", "ÅSA", 43, Talks, 59.3150, 18.0720, 38},
    {"Örjan 🦌", "🦌", 7, Walks, 59.3290, 18.0686, 12},
    {"Mälarbåten", "MÄL", 48, Walks, 59.3220, 18.0030, 1},
    {"Östermalm Väder", "ÖST", 9, Weather, 59.3380, 18.0870, 22},
    {"Södermalm Väder", "SÖV", 9, Weather, 59.3130, 18.0600, 35},
    {"Tyresö Väder", "TYR", 65, Weather, 59.2440, 18.2290, 31},
    {"Lidingö Brygga", "LIÖ", 9, Weather, 59.3660, 18.1330, 2},
    {"Nacka Strand", "NAC", 43, Talks, 59.3190, 18.1620, 28},
    {"Vaxholm Fästning", "VAX", 31, Relays, 59.4030, 18.3580, 14},
    {"Gustavsberg", "GUS", 43, Talks, 59.3270, 18.3890, 19},
    {"Farsta Björn", "BJÖ", 50, Talks, 59.2440, 18.0900, 33},
    {"Hägersten", "HÄG", 43, Talks, 59.3000, 17.9840, 27},
    {"Älvsjö Järnväg", "ÄLV", 71, Walks, 59.2790, 18.0110, 30},
    {"Sundbyberg 73", "SBG", 43, Talks, 59.3610, 17.9710, 17},
    {"Solna Anders", "AND", 50, Talks, 59.3600, 18.0000, 20},
    {"Täby Lo", "LOO", 43, Talks, 59.4440, 18.0700, 25},
    {"Danderyd Ek", "EKK", 7, Talks, 59.3990, 18.0290, 30},
    {"Åkersberga", "ÅKE", 110, Talks, 59.4790, 18.3000, 11},
    {"Vallentuna", "VAL", 43, Talks, 59.5340, 18.0780, 26},
    {"Sigtuna Sjö", "SIG", 9, Weather, 59.6170, 17.7230, 5},
    {"Märsta Åke", "ÅKM", 43, Talks, 59.6210, 17.8560, 22},
    {"Järfälla", "JÄR", 43, Talks, 59.4230, 17.8350, 24},
    {"Ekerö Äng", "EKÖ", 95, Relays, 59.2910, 17.8090, 37},
    {"Botkyrka Söder", "BOT", 43, Talks, 59.2000, 17.8330, 44},
    {"Södertälje Kanal", "SÖD", 31, Relays, 59.1960, 17.6280, 29},
    {"Haninge", "HAN", 43, Talks, 59.1690, 18.1390, 40},
    {"Cyklist 🚲", "🚲", 71, Walks, 59.3400, 18.0400, 15},
    {"Brandbil Katarina", "KAT", 12, Walks, 59.3170, 18.0780, 25},
    {"Gröna Lund 🎢", "🎢", 43, Talks, 59.3235, 18.0965, 4},
    {"Skärgårdsfärjan", "FÄR", 48, Walks, 59.3300, 18.2000, 1},
    {"Drottningholm", "DRO", 50, Talks, 59.3220, 17.8860, 6},
};

}  // namespace

std::span<const MeshNode> mesh_nodes() {
    return kNodes;
}

std::uint32_t role_of(NodeWork work) {
    constexpr std::uint32_t kClient = 0, kRouter = 2, kTracker = 5, kSensor = 6;
    if (work == Relays) return kRouter;
    if (work == Walks) return kTracker;
    return work == Weather ? kSensor : kClient;
}

}  // namespace martlet::cli::demo
