#pragma once

// What is remembered of one Sparkplug edge node: its last birth (names, aliases and types of its
// metrics and of its devices'), the number that its next message must carry, and who is online.
// Owned by the decoder; one thread at a time.

#include "base/hash_map.h"
#include "telemetry/decoders/sparkplug/payload.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::sparkplug {

inline constexpr std::size_t kEdgeMetricsMax = 10'000;
inline constexpr std::size_t kEdgeDevicesMax = 1'000;

// What a birth said of a metric.
struct MetricInfo {
    std::string name;
    DataType type = DataType::Unknown;
    std::string unit;
    bool can_alarm = false;
};

class Edge {
  public:
    // A birth of the node: everything before it is void. Returns the devices that were online and
    // are no more, since the node began a new session.
    std::vector<std::string> begin(const Payload& birth);
    // A death of the node. False: of an older session, to be ignored.
    bool is_own_death(const Payload& death) const;
    // Everything is stale. Returns the devices that were online.
    std::vector<std::string> end();

    // `device` empty: the node itself. Past the bound nothing is learned.
    void learn(std::string_view device, const Metric& metric);
    const MetricInfo* find(std::string_view device, const Metric& metric) const;

    // Whether no message is missing before this one; the next is counted from it.
    bool is_in_sequence(const Payload& payload);

    // True: it was not so before. Devices past the bound count as changed each time.
    bool set_online(bool is_online);
    bool set_device_online(std::string_view device, bool is_online);

    bool has_birth() const { return has_birth_; }
    std::size_t metric_count() const { return metrics_.size(); }

    // When a rebirth was asked for.
    std::optional<Time> asked;

  private:
    std::vector<std::string> take_devices();

    bool has_birth_ = false;
    std::optional<bool> online_;
    std::optional<std::uint64_t> birth_number_;  // bdSeq
    std::optional<std::uint8_t> next_sequence_;
    std::vector<MetricInfo> metrics_;
    HashMap<std::uint64_t, std::size_t> by_alias_;
    TextMap<std::size_t> by_name_;
    TextMap<bool> devices_;  // online?
};

// The name as a path of keys, as alarms are judged by: "Alarms/Fire" is "Alarms.Fire".
std::string alarm_path(std::string_view metric);

// "Node Control/Rebirth", bdSeq and the like: no readings.
bool is_control(std::string_view metric);

}  // namespace martlet::telemetry::sparkplug
