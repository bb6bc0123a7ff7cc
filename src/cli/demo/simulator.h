#pragma once

// What a simulator is: some devices, each with a connection of its own, that say what such devices
// say in the format in which they say it. It is handed the time and does no input or output. One
// thread.

#include "cli/demo/agenda.h"
#include "client/options.h"
#include "mqtt/types.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli::demo {

struct Message {
    std::string topic;
    std::string payload;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
};

struct Device {
    std::string name;  // the client id is "martlet-demo-NAME"
    // Said whenever it has connected, before it leaves, and by the broker when it is lost.
    std::optional<Message> greeting;
    std::optional<Message> farewell;
    std::optional<client::Will> will;
};

// Takes what devices say.
class Outlet {
  public:
    virtual ~Outlet() = default;
    // `device`: its place in Simulator::devices().
    virtual void say(std::size_t device, Message message) = 0;
};

class Simulator {
  public:
    virtual ~Simulator() = default;
    virtual std::vector<Device> devices() const = 0;
    // Says all that is due up to and including `until`, which never goes back.
    virtual void play(Time until, Outlet& outlet) = 0;
};

// A row of the table in simulators.cc.
struct SimulatorKind {
    std::string_view name;
    std::string_view help;
    std::unique_ptr<Simulator> (*make)(std::uint64_t seed, Time begin);
};

std::span<const SimulatorKind> simulator_kinds();

std::unique_ptr<Simulator> make_mesh(std::uint64_t seed, Time begin);
std::unique_ptr<Simulator> make_house(std::uint64_t seed, Time begin);
std::unique_ptr<Simulator> make_plant(std::uint64_t seed, Time begin);
std::unique_ptr<Simulator> make_fleet(std::uint64_t seed, Time begin);
std::unique_ptr<Simulator> make_classroom(std::uint64_t seed, Time begin);

}  // namespace martlet::cli::demo
