// A mesh of 40 Meshtastic nodes: names, places, batteries, weather, texts, neighbours and traces,
// encrypted as on the air. What a node says is heard by the gateways in reach, each of which hands
// it on by a connection of its own.

#include "base/text.h"
#include "cli/demo/chance.h"
#include "cli/demo/mark.h"
#include "cli/demo/mesh_packets.h"
#include "cli/demo/simulator.h"

#include <algorithm>
#include <cmath>

namespace martlet::cli::demo {

namespace {

constexpr double kReachKm = 9;  // of one hop
constexpr std::uint32_t kHopsMax = 3;
constexpr std::size_t kNeighborsMax = 10;

enum class Port : std::uint32_t {
    Text = 1,
    Position = 3,
    NodeInfo = 4,
    Telemetry = 67,
    Traceroute = 70,
    NeighborInfo = 71,
    MapReport = 73,
};

constexpr std::string_view kTexts[] = {
    "God morgon från Söder ☕",   "Någon som hör mig i Täby?",
    "Hör dig fint, 3 hopp",      "Snö på Högdalstoppen ❄️",
    "Färjan är fem minuter sen", "Test från bussen",
    "Vi ses vid Slussen kl 18",  "Batteriet räcker till fredag",
    "Ny antenn på taket 📡",      "Norrsken över Vallentuna just nu",
    "Tack för hjälpen!",         "Är bron vid Lidingö öppen?",
};

double distance_km(const MeshPlace& a, const MeshPlace& b) {
    double north = (a.latitude - b.latitude) * 111.2;
    double east = (a.longitude - b.longitude) * 56.7;
    return std::hypot(north, east);
}

class Mesh final : public Simulator {
  public:
    enum class Task : std::uint8_t { Info, Place, Battery, Weather, Neighbors, Map, Text, Trace };
    struct Due {
        Task task;
        std::size_t node;
    };

    Mesh(std::uint64_t seed, Time begin);
    std::vector<Device> devices() const override;
    void play(Time until, Outlet& outlet) override {
        agenda_.run(until, [&](Time due, Due what) {
            now_ = due;
            return act(what, outlet);
        });
    }

  private:
    struct State {
        MeshPlace place;
        double heading = 0;
        double battery = 0;
    };

    static std::uint32_t number_of(std::size_t node) {
        return kMeshNodes + 1 + static_cast<std::uint32_t>(node);
    }
    static const MeshNode& node_at(std::size_t node) { return mesh_nodes()[node]; }
    std::uint32_t seconds() const { return static_cast<std::uint32_t>(now_ / kSecond); }
    float snr(double km) { return static_cast<float>(9 - 1.6 * km + chance_.between(-2, 2)); }

    Time act(Due what, Outlet& outlet);
    void tell(std::size_t node, Port port, std::string payload, Outlet& outlet,
              std::uint32_t to = kEverybody, std::uint32_t request_id = 0);
    void hand_on(std::size_t gateway, double km, const MeshSaying& saying, Outlet& outlet);
    void tell_place(std::size_t node, Outlet& outlet);
    void tell_battery(std::size_t node, Outlet& outlet);
    void tell_weather(std::size_t node, Outlet& outlet);
    void tell_neighbors(std::size_t node, Outlet& outlet);
    void report_map(std::size_t node, Outlet& outlet);
    void answer_trace(Outlet& outlet);
    std::vector<MeshNeighbor> neighbors_of(std::size_t node);

    Chance chance_;
    Time begin_;
    Time now_ = 0;
    std::uint32_t next_id_;
    std::vector<State> states_;
    std::vector<std::size_t> gateways_;  // places in mesh_nodes()
    Agenda<Due> agenda_;
};

// What each does first it does within half a minute, so that all are there soon.
Mesh::Mesh(std::uint64_t seed, Time begin)
    // Another run must not use the same packet ids again: they would be taken for repetitions.
    : chance_(seed + 1),
      begin_(begin),
      next_id_(static_cast<std::uint32_t>(mixed(static_cast<std::uint64_t>(begin)))) {
    for (std::size_t i = 0; i < mesh_nodes().size(); i++) {
        const MeshNode& node = node_at(i);
        State& state = states_.emplace_back();
        state.place = {node.latitude, node.longitude, node.altitude_m, 0, 0};
        state.heading = chance_.between(0, 6.28);
        state.battery = chance_.between(35, 100);
        bool is_gateway = node.work == NodeWork::Gateway;
        if (is_gateway) gateways_.push_back(i);
        Time at = begin + kSecond + static_cast<Time>(i) * 400;
        agenda_.add(at, {Task::Info, i});
        agenda_.add(at + 4 * kSecond, {Task::Place, i});
        agenda_.add(at + 8 * kSecond, {Task::Battery, i});
        agenda_.add(at + 20 * kSecond, {Task::Neighbors, i});
        if (node.work == NodeWork::Weather) agenda_.add(at + 6 * kSecond, {Task::Weather, i});
        if (is_gateway) agenda_.add(at + 5 * kSecond, {Task::Map, i});
    }
    agenda_.add(begin + 12 * kSecond, {Task::Text, 0});
    agenda_.add(begin + 25 * kSecond, {Task::Trace, 0});
}

std::vector<Device> Mesh::devices() const {
    std::vector<Device> devices;
    for (std::size_t gateway : gateways_) {
        devices.push_back({fmt::format("gateway-{:08x}", number_of(gateway)), {}, {}, {}});
    }
    return devices;
}

Time Mesh::act(Due what, Outlet& outlet) {
    bool walks = node_at(what.node).work == NodeWork::Walks;
    switch (what.task) {
        case Task::Info:
            tell(what.node, Port::NodeInfo, user_payload(node_at(what.node), number_of(what.node)),
                 outlet);
            return 3 * kHour;
        case Task::Place:
            tell_place(what.node, outlet);
            return walks ? kMinute : 15 * kMinute;
        case Task::Battery:
            tell_battery(what.node, outlet);
            return 10 * kMinute;
        case Task::Weather:
            tell_weather(what.node, outlet);
            return 2 * kMinute;
        case Task::Neighbors:
            tell_neighbors(what.node, outlet);
            return 30 * kMinute;
        case Task::Map:
            report_map(what.node, outlet);
            return kHour;
        case Task::Text: {
            std::size_t who = chance_.below(static_cast<std::uint32_t>(states_.size()));
            auto text = kTexts[chance_.below(std::size(kTexts))];
            tell(who, Port::Text, std::string(text), outlet);
            return 40 * kSecond;
        }
        case Task::Trace:
            answer_trace(outlet);
            return 3 * kMinute;
    }
    return 0;
}

// By all gateways that hear it, with as many hops as it is far.
void Mesh::tell(std::size_t node, Port port, std::string payload, Outlet& outlet, std::uint32_t to,
                std::uint32_t request_id) {
    MeshSaying saying{static_cast<std::uint32_t>(port),
                      std::move(payload),
                      number_of(node),
                      to,
                      next_id_++,
                      request_id};
    std::size_t nearest = 0;
    double least_km = 1e9;
    bool is_heard = false;
    for (std::size_t i = 0; i < gateways_.size(); i++) {
        double km = distance_km(states_[node].place, states_[gateways_[i]].place);
        if (km < least_km) {
            least_km = km;
            nearest = i;
        }
        bool is_in_reach = km <= kReachKm * (kHopsMax + 1) && !chance_.is_one_in(8);
        if (!is_in_reach) continue;
        is_heard = true;
        hand_on(i, km, saying, outlet);
    }
    if (!is_heard) hand_on(nearest, least_km, saying, outlet);
}

void Mesh::hand_on(std::size_t gateway, double km, const MeshSaying& saying, Outlet& outlet) {
    MeshHearing hearing;
    hearing.gateway = number_of(gateways_[gateway]);
    hearing.time_s = seconds();
    if (saying.from != hearing.gateway) {
        double hops = std::min<double>(kHopsMax, std::floor(km / kReachKm));
        hearing.hops = static_cast<std::uint32_t>(hops);
        float heard_snr = snr(std::fmod(km, kReachKm));
        hearing.signal = {heard_snr, static_cast<std::int32_t>(-95 - 3 * (9 - heard_snr))};
    }
    bool is_map = saying.port == static_cast<std::uint32_t>(Port::MapReport);
    Message message;
    message.topic =
        is_map ? fmt::format("{}/2/map/", kMeshRoot)
               : fmt::format("{}/2/e/{}/{}", kMeshRoot, kMeshChannel, node_name(hearing.gateway));
    message.payload = is_map ? map_envelope(saying, hearing) : mesh_envelope(saying, hearing);
    outlet.say(gateway, std::move(message));
}

// Who walks changes direction a little, and turns back before it is too far from home.
void Mesh::tell_place(std::size_t node, Outlet& outlet) {
    State& state = states_[node];
    if (node_at(node).work == NodeWork::Walks) {
        const MeshNode& home = node_at(node);
        double away = distance_km(state.place, {home.latitude, home.longitude, 0, 0, 0});
        if (away > 4) {
            state.heading = std::atan2((home.longitude - state.place.longitude) * 56.7,
                                       (home.latitude - state.place.latitude) * 111.2);
        }
        state.heading += chance_.between(-0.5, 0.5);
        state.place.speed_kmh = chance_.between(4, 18);
        double km = state.place.speed_kmh / 60;
        state.place.latitude += std::cos(state.heading) * km / 111.2;
        state.place.longitude += std::sin(state.heading) * km / 56.7;
    }
    state.place.time_s = seconds();
    tell(node, Port::Position, position_payload(state.place), outlet);
}

void Mesh::tell_battery(std::size_t node, Outlet& outlet) {
    State& state = states_[node];
    NodeWork work = node_at(node).work;
    bool is_powered = work == NodeWork::Gateway;
    state.battery = state.battery < 12 ? 100 : state.battery - chance_.between(0, 0.4);
    DeviceState device;
    device.battery = is_powered ? 101 : static_cast<std::uint32_t>(state.battery);
    device.voltage = static_cast<float>(is_powered ? 4.9 : 3.3 + state.battery * 0.009);
    device.channel_utilization = static_cast<float>(chance_.between(4, 18));
    device.air_util_tx = static_cast<float>(chance_.between(0.2, 3.5));
    device.uptime_s = static_cast<std::uint32_t>((now_ - begin_) / kSecond + 86'400 +
                                                 static_cast<Time>(node) * 7000);
    tell(node, Port::Telemetry, device_payload(seconds(), device), outlet);
}

void Mesh::tell_weather(std::size_t node, Outlet& outlet) {
    double hour = static_cast<double>(now_ % kDay) / kHour;
    double day = static_cast<double>(now_ % (365 * kDay)) / kDay;
    double sun = std::max(0.0, std::sin((hour - 6) / 12 * 3.1416));
    Surroundings around;
    around.temperature_c = static_cast<float>(7 - 11 * std::cos((day - 20) / 58.1) + 4 * sun +
                                              chance_.between(-0.3, 0.3));
    around.humidity = static_cast<float>(82 - 20 * sun + chance_.between(-2, 2));
    around.pressure_hpa = static_cast<float>(1012 + 9 * std::sin(day) + chance_.between(-0.2, 0.2));
    around.lux = static_cast<float>(30'000 * sun * chance_.between(0.5, 1));
    tell(node, Port::Telemetry, environment_payload(seconds(), around), outlet);
}

std::vector<MeshNeighbor> Mesh::neighbors_of(std::size_t node) {
    std::vector<MeshNeighbor> neighbors;
    for (std::size_t i = 0; i < states_.size() && neighbors.size() < kNeighborsMax; i++) {
        double km = distance_km(states_[node].place, states_[i].place);
        if (i != node && km < kReachKm) neighbors.push_back({number_of(i), snr(km)});
    }
    return neighbors;
}

void Mesh::tell_neighbors(std::size_t node, Outlet& outlet) {
    auto neighbors = neighbors_of(node);
    if (neighbors.empty()) return;
    tell(node, Port::NeighborInfo, neighbors_payload(number_of(node), neighbors), outlet);
}

void Mesh::report_map(std::size_t node, Outlet& outlet) {
    auto online = static_cast<std::uint32_t>(neighbors_of(node).size());
    MeshSaying saying{static_cast<std::uint32_t>(Port::MapReport),
                      map_payload(node_at(node), online),
                      number_of(node),
                      kEverybody,
                      0,
                      0};
    auto gateway = std::find(gateways_.begin(), gateways_.end(), node) - gateways_.begin();
    hand_on(static_cast<std::size_t>(gateway), 0, saying, outlet);
}

// A gateway asked for the way to somebody, who answers with it.
void Mesh::answer_trace(Outlet& outlet) {
    auto count = static_cast<std::uint32_t>(states_.size());
    std::size_t traced = gateways_.size() + chance_.below(count - 5);
    std::size_t asker = gateways_[chance_.below(static_cast<std::uint32_t>(gateways_.size()))];
    std::vector<MeshNeighbor> hops;
    for (const MeshNeighbor& neighbor : neighbors_of(traced)) {
        if (hops.size() < 2 && neighbor.node != number_of(asker)) hops.push_back(neighbor);
    }
    tell(traced, Port::Traceroute, route_payload(hops, snr(3)), outlet, number_of(asker),
         next_id_++);
}

}  // namespace

std::unique_ptr<Simulator> make_mesh(std::uint64_t seed, Time begin) {
    return std::make_unique<Mesh>(seed, begin);
}

}  // namespace martlet::cli::demo
