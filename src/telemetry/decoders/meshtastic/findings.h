#pragma once

// What is found in one packet, put into the Decoded as words about its sender. Made for each
// packet; the decoder's thread.

#include "telemetry/decoder.h"
#include "telemetry/decoders/meshtastic/packet.h"

#include <concepts>
#include <string>
#include <string_view>

namespace martlet {
class JsonWriter;
}

namespace martlet::telemetry::meshtastic {

// UTF-8 of bounded length, whatever the bytes were, without orders to the screen (plain_text.h).
std::string clean_text(std::string_view bytes, std::size_t bytes_max, bool keeps_lines = false);
// The same of a name. A last letter that was cut is left out, and so are blanks around the name.
// Empty: there is no letter in it that can be seen.
std::string clean_name(std::string_view bytes, std::size_t bytes_max);
// The shortest decimal number that is this float: 4.171, where a cast gives 4.170999...
double as_decimal(float value);

class Findings {
  public:
    Findings(const Packet& packet, Decoded& out)
        : packet_(packet), out_(out), sender_(source_of(packet.from)), time_(packet.time) {}

    const Packet& packet() const { return packet_; }
    // Of what is found from now on, in seconds by the sender's clock, if that can be believed.
    void set_time(std::uint64_t seconds);
    Time time() const { return time_; }

    void name(std::string_view name);
    void fact(std::string_view name, std::string_view text);
    void flag(std::string_view name, bool is_so) {
        fact(name, is_so ? std::string_view("yes") : std::string_view("no"));
    }

    // A number that is not finite is left out.
    void sample(std::string_view metric, std::string_view unit, SeriesKind kind, double value);
    void count(std::string_view metric, std::string_view unit, SeriesKind kind, std::int64_t value);
    void gauge(std::string_view metric, std::string_view unit, std::integral auto value) {
        count(metric, unit, SeriesKind::Gauge, static_cast<std::int64_t>(value));
    }
    void gauge(std::string_view metric, std::string_view unit, float value) {
        sample(metric, unit, SeriesKind::Gauge, as_decimal(value));
    }
    void state(std::string_view metric, bool is_so) { count(metric, "", SeriesKind::State, is_so); }
    void increment(std::string_view metric) { count(metric, "", SeriesKind::Increment, 1); }
    // The same of the gateway that heard the packet.
    void gateway_increment(std::string_view metric);
    void gateway_fact(std::string_view name, std::string_view text);

    void position(telemetry::Position position);
    void event(std::string_view kind, Severity severity, std::string_view text,
               std::string details);

    // That there was this packet, for so-called `port`, which lives for ever. Nothing when it is
    // not told whom it was for.
    void traffic(std::string_view port);

    // Members for an event's details: how the packet came here.
    void write_path(JsonWriter& json) const;

  private:
    Sample& add(std::string_view metric, std::string_view unit, SeriesKind kind);
    SourceNote& note_of(const SourceId& source);

    const Packet& packet_;
    Decoded& out_;
    SourceId sender_;
    Time time_;
};

}  // namespace martlet::telemetry::meshtastic
