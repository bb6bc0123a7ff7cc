#pragma once

// An MQTT client (3.1, 3.1.1, 5.0) as a machine without sockets and clocks: bytes and time in,
// calls to a Listener and bytes in an outbox out. Its owner moves the bytes, and calls tick() not
// later than next_wake(). The session (what is in flight, QoS 2 ids) outlives the stream: open() it
// again over the next one. One thread.

#include "base/clock.h"
#include "base/hash_map.h"
#include "base/outbox.h"
#include "client/flights.h"
#include "client/listener.h"
#include "client/options.h"
#include "mqtt/frame.h"
#include "mqtt/packets.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::client {

enum class PublishOutcome : std::uint8_t {
    Accepted,
    NotConnected,
    WindowFull,  // try again after the next on_settled()
    TooLarge,    // for the server's Maximum Packet Size
    QosNotSupported,
    RetainNotSupported,
};

class Protocol {
  public:
    enum class State : std::uint8_t { Closed, Connecting, Connected, Ending };

    Protocol(Options options, Listener& listener);
    Protocol(const Protocol&) = delete;
    Protocol& operator=(const Protocol&) = delete;

    // A stream is up: CONNECT is on its way.
    void open(Now now);
    // Takes all of it; keeps the beginning of a packet that is not whole.
    void receive(ByteView bytes, Now now);
    void stream_closed();
    void tick(Now now);
    // On the steady clock; Milliseconds::max() when nothing is timed.
    Milliseconds next_wake() const;

    // What to write. When is_ending(), the owner writes it and closes the stream.
    Outbox& outbox() { return outbox_; }
    State state() const { return state_; }
    bool is_connected() const { return state_ == State::Connected; }
    bool is_ending() const { return state_ == State::Ending; }

    // Gives the packet an identifier if it needs one. An alias above the server's maximum is left
    // out as long as there is a topic.
    PublishOutcome publish(mqtt::Publish& packet, std::uint64_t tag = 0);
    bool has_window() const { return quota_ > 0 && unsent_ == 0; }
    // Published and not settled.
    std::size_t in_flight() const { return in_flight_; }

    // The packet identifier; 0: not connected, or too much in flight.
    std::uint16_t subscribe(std::span<const mqtt::Subscription> subscriptions,
                            const mqtt::Properties& properties);
    std::uint16_t unsubscribe(std::span<const std::string_view> filters,
                              const mqtt::Properties& properties);
    void disconnect(mqtt::ReasonCode reason, const mqtt::Properties& properties);

    const Options& options() const { return options_; }
    // What the server calls us, if it chose.
    std::string_view client_id() const {
        return assigned_id_.empty() ? options_.client_id : assigned_id_;
    }
    void set_tap(Tap* tap) { tap_ = tap; }

  private:
    // protocol.cc
    std::size_t take_packets(ByteView bytes);
    void end(EndKind kind, mqtt::ReasonCode reason);
    void end_by_us(EndKind kind, mqtt::ReasonCode reason);
    void tell_end();

    // protocol_receive.cc
    mqtt::ReasonCode handle(const mqtt::FrameHead& head, ByteView body);
    mqtt::ReasonCode on_connack(std::uint8_t flags, ByteView body);
    mqtt::ReasonCode on_publish(std::uint8_t flags, ByteView body);
    mqtt::ReasonCode resolve_alias(mqtt::Publish& packet);
    mqtt::ReasonCode on_ack(mqtt::PacketType type, std::uint8_t flags, ByteView body);
    void on_pubrec(const mqtt::Ack& ack);
    void on_pubrel(const mqtt::Ack& ack);
    mqtt::ReasonCode on_suback(mqtt::PacketType type, std::uint8_t flags, ByteView body);
    mqtt::ReasonCode on_disconnect(std::uint8_t flags, ByteView body);
    void read_limits(const mqtt::Connack& connack);

    // protocol_send.cc
    template <typename Packet>
    void send(const Packet& packet);
    void send_ack(mqtt::PacketType type, std::uint16_t packet_id, mqtt::ReasonCode reason);
    void send_connect();
    void send_ping();
    void append_kept(const Flight& flight);
    void track(mqtt::Publish& packet, std::uint64_t tag, std::size_t size);
    void settle(std::uint16_t packet_id, mqtt::ReasonCode reason);
    void resume(bool session_present);
    void send_unsent();

    Options options_;
    Listener& listener_;
    Tap* tap_ = nullptr;
    Outbox outbox_;
    std::vector<std::uint8_t> partial_;
    Flights flights_;
    HashSet<std::uint16_t> received_;  // QoS 2 identifiers between PUBLISH and PUBREL
    std::vector<std::string> aliases_;
    std::string assigned_id_;
    Milliseconds now_{0};
    Milliseconds last_sent_{0};
    Milliseconds opened_{0};
    Milliseconds ping_sent_{0};
    Milliseconds keep_alive_{0};
    End end_;
    std::uint32_t server_packet_size_max_ = mqtt::kRemainingLengthMax;
    std::uint32_t in_flight_ = 0;
    std::uint32_t unsent_ = 0;
    std::uint16_t quota_ = 0;
    std::uint16_t quota_max_ = 0;
    std::uint16_t server_alias_max_ = 0;
    std::uint16_t alias_max_ = 0;
    mqtt::Qos server_qos_max_ = mqtt::Qos::ExactlyOnce;
    State state_ = State::Closed;
    bool server_retains_ = true;
    bool awaits_pong_ = false;
    bool has_sent_ = false;  // since the last tick
};

}  // namespace martlet::client
