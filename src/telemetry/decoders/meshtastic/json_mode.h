#pragma once

// The JSON that older nodes publish beside the binary messages. It says less: no encryption, no
// consent, names for ids in routes. One reader for each decoder; its thread.

#include "telemetry/decoders/meshtastic/findings.h"
#include "telemetry/decoders/meshtastic/topic.h"
#include "telemetry/payload_json.h"

#include <optional>
#include <string_view>

namespace martlet::telemetry::meshtastic {

class JsonMode {
  public:
    // Fills `packet`, whose `received` is set, but for its payload. Empty: fine. Otherwise what is
    // wrong.
    std::string_view read_packet(std::string_view payload, const Topic& topic, Packet& packet);
    // It was no report but an order to a gateway: "send this text".
    bool is_order() const;
    // What the packet of the last read_packet() says.
    void read_payload(Findings& findings) const;

  private:
    std::optional<std::int64_t> integer(std::string_view path) const;
    // One that does not fit T is none.
    template <typename T>
    std::optional<T> whole(std::string_view path) const;
    std::optional<double> number(std::string_view path) const;
    // 0: none, or none that a node could send.
    float real(std::string_view path) const;
    std::string_view text(std::string_view path) const;
    NodeId node(std::string_view path) const;

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
