#pragma once

// The JSON that older nodes publish beside the binary messages. It says less: no encryption, no
// consent, names for ids in routes. One reader for each decoder; its thread.

#include "telemetry/decoders/meshtastic/findings.h"
#include "telemetry/decoders/meshtastic/topic.h"
#include "telemetry/payload_json.h"

#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry::meshtastic {

class JsonMode {
  public:
    // Fills `packet`, whose `received` is set, but for its payload. Empty: fine. Otherwise what is
    // wrong.
    std::string read_packet(std::string_view payload, const Topic& topic, Packet& packet);
    // It was no report but an order to a gateway: "send this text".
    bool is_order() const;
    // What the packet of the last read_packet() says.
    void read_payload(Findings& findings) const;
    // A value of it that was lost: "not a number: 'payload.temperature'". Empty: none was.
    std::string left_out() const;

  private:
    std::optional<std::int64_t> integer(std::string_view path) const;
    // One that does not fit T is none.
    template <typename T>
    std::optional<T> whole(std::string_view path) const;
    std::optional<double> number(std::string_view path) const;
    // One that a node could not send is none.
    std::optional<float> real(std::string_view path) const;
    std::string_view text(std::string_view path) const;
    NodeId node(std::string_view path) const;
    // There is a member with this path, or below it.
    bool has(std::string_view path) const;

    // Of the telemetry in the payload.
    bool is_zero(std::string_view name) const;
    bool has_impossible_zero() const;
    bool is_zero_told(std::string_view name) const;
    bool is_all_zero() const;

    void read_text(Findings& findings) const;
    void read_user(Findings& findings) const;
    void read_position(Findings& findings) const;
    void read_telemetry(Findings& findings) const;
    void read_neighbors(Findings& findings) const;
    void read_route(Findings& findings) const;
    void read_waypoint(Findings& findings) const;
    void read_paxcount(Findings& findings) const;

    PayloadJson json_;
};

}  // namespace martlet::telemetry::meshtastic
