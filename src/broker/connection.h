#pragma once

// One client's connection as the protocol sees it: packets in, packets out, no socket. Owned by
// whoever owns the socket (a Transport); belongs to one Shard and ends before it. Spread over
// connection.cc (frames, ends), on_connect.cc, on_publish.cc, on_ack.cc and on_subscribe.cc. Loop
// thread only.

#include "base/body.h"
#include "base/hash_map.h"
#include "base/log.h"
#include "base/outbox.h"
#include "base/slots.h"
#include "broker/counters.h"
#include "broker/recorder.h"
#include "broker/timers.h"
#include "mqtt/packets.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

class Session;
class Shard;
struct ConnectRequest;
class Publication;
struct FrameExtras;
struct ListenerOptions;
struct OutEntry;
enum class PasswordVerdict : std::uint8_t;

// The socket's side of a connection.
class Transport {
  public:
    virtual ~Transport() = default;
    // The connection is held no longer: give it the bytes that it left, then read on.
    virtual void resume() = 0;
    // "ADDRESS:PORT", or the path of a unix socket.
    virtual std::string peer() const = 0;
    // Which network the peer is in, in binary: an IPv4 address, the first 64 bits of one of IPv6,
    // nothing for a unix socket. Clients of one network share the room that strangers get.
    virtual std::string_view network() const { return {}; }
    // Bytes of a packet that is not whole, or that came while the connection was held.
    virtual std::size_t unread_bytes() const { return 0; }
    // Bytes at the outbox's front that are on their way and cannot be dropped.
    virtual std::size_t begun_bytes() const { return 0; }
    // The user name that the transport has proved (client certificate, pre-shared key). It replaces
    // CONNECT's user name, and no password is asked for. Not set: CONNECT's counts. Empty: the
    // listener demands a proved name, and the client has none.
    virtual std::optional<std::string_view> proved_user() const { return {}; }
};

class Connection {
  public:
    Connection(Shard& shard, Transport& transport, std::uint16_t listener);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    struct Consumed {
        std::size_t used = 0;    // bytes that are done with
        std::size_t wanted = 0;  // size of the packet that begins behind them, as far as its head
                                 // tells; 0: not known
    };
    // Takes whole packets from the front. `frame` is set when `bytes` is one read buffer with room
    // for a MessageHead before it; a copy of it may be kept.
    Consumed on_bytes(ByteView bytes, BodyRef* frame);
    // `size` bytes have come of the packet whose size `wanted` told.
    void on_part(std::size_t size);
    // The peer closed, or the socket failed (`error` is empty or what the system says).
    void on_socket_end(std::string_view error);

    // The socket goes on in another shard: this object will be told nothing more.
    void leave();

    // While held, no bytes are taken: an answer is waited for, or another shard cannot keep up.
    bool is_held() const { return is_held_; }
    // What is in the outbox is still to be written, then the socket closed.
    bool is_closing() const { return state_ == State::Closing; }
    // The last packet says why it has ended: the peer should get to read it.
    bool has_said_why() const { return has_said_why_; }
    // Of one that is closing: why, as MQTT says it, whether or not the client could be told.
    // Success: the client left.
    mqtt::ReasonCode end_reason() const { return end_reason_; }
    // CONNACK has been sent, and nothing has ended it since.
    bool is_ready() const { return state_ == State::Ready; }
    Session* session() const { return session_; }
    Transport& transport() const { return transport_; }
    std::uint16_t listener() const { return listener_; }
    mqtt::Version version() const { return version_; }
    std::string_view client_id() const;
    void count_sent(mqtt::PacketType type, std::size_t bytes);
    // Its packets are to be logged.
    bool is_traced() const { return is_traced_ || log::is_on(log::Level::Debug); }
    // The largest packet that is taken now.
    std::size_t packet_size_max() const;

    Outbox outbox;
    bool is_touched = false;  // by Shard::touch
    bool is_noted_closing = false;

  private:
    friend class Shard;
    enum class State : std::uint8_t { AwaitConnect, Authenticating, Recording, Ready, Closing };
    enum class Progress : std::uint8_t { Done, Hold };

    // frames
    bool take_frame(ByteView bytes, BodyRef* frame, Consumed& consumed);
    Progress dispatch(const mqtt::FrameHead& head, ByteView body, BodyRef* frame);
    Progress dispatch_ready(const mqtt::FrameHead& head, ByteView body, BodyRef* frame);
    // on_connect.cc
    void on_connect(const mqtt::FrameHead& head, ByteView body);
    void refuse_unreadable(mqtt::ReasonCode reason);
    bool take_proved_user(mqtt::Connect& connect);
    // Why a CONNECT is refused: for the counters, for the client, for the log.
    struct Verdict {
        Refusal refusal{};
        mqtt::ReasonCode reason = mqtt::ReasonCode::Success;
        std::string text;
    };
    Verdict check_connect(const mqtt::Connect& connect);
    Verdict choose_client_id(const mqtt::Connect& connect);
    Verdict check_will(const mqtt::Connect& connect);
    void take_connect(const mqtt::Connect& connect);
    void take_will(const mqtt::Connect& connect);
    void authenticate(const mqtt::Connect& connect);
    void on_admission(PasswordVerdict verdict);
    void refuse_busy(std::string_view why);
    void refuse_admission(std::string_view why);
    void finish_connect();
    void complete_connect();
    static bool must_record(const Session& session, bool is_changed);
    void send_connack(bool session_present);
    // Its properties point into the request and the settings.
    mqtt::Connack make_connack(bool session_present) const;
    // `detail`: why, for the operator only; empty: the verdict says it.
    void refuse(const Verdict& verdict, std::string_view detail = {});
    void refuse_in_silence(const Verdict& verdict);
    void note_refused(const Verdict& verdict, std::string_view detail);
    bool is_banned();
    Session& take_session(bool& session_present);
    bool is_session_of_another(const Session& session) const;
    void log_connect() const;

    // on_publish.cc
    Progress on_publish(const mqtt::FrameHead& head, ByteView body, BodyRef* frame);
    mqtt::ReasonCode check_publish(mqtt::Publish& publish);
    mqtt::ReasonCode resolve_alias(mqtt::Publish& publish);
    bool register_qos2(const mqtt::Publish& publish);
    mqtt::ReasonCode check_rights(std::string_view topic, const mqtt::Publish& publish);
    void answer_publish(const mqtt::Publish& publish, mqtt::ReasonCode reason, Position position,
                        bool is_exact);
    void send_ack(mqtt::PacketType type, std::uint16_t packet_id, mqtt::ReasonCode reason);

    // held.cc: acknowledgements that wait for the disk or for other shards. They leave in the order
    // of what they answer.
    struct HeldAck {
        Wait wait;
        mqtt::PacketType type;
        mqtt::ReasonCode reason;
        std::uint16_t packet_id;
        std::vector<std::uint8_t> codes;  // SUBACK, UNSUBACK
    };
    void send_ack_after(const Wait& wait, mqtt::PacketType type, std::uint16_t packet_id,
                        mqtt::ReasonCode reason);
    void send_codes_after(const Wait& wait, mqtt::PacketType type, std::uint16_t packet_id,
                          std::vector<std::uint8_t> codes);
    void send_codes(mqtt::PacketType type, std::uint16_t packet_id,
                    std::span<const std::uint8_t> codes);
    bool must_hold(const Wait& wait);
    bool send_held();

    // on_ack.cc
    void on_puback(const mqtt::FrameHead& head, ByteView body);
    void on_pubrec(const mqtt::FrameHead& head, ByteView body);
    void on_pubrel(const mqtt::FrameHead& head, ByteView body);
    void on_pubcomp(const mqtt::FrameHead& head, ByteView body);
    bool read_ack(mqtt::PacketType type, const mqtt::FrameHead& head, ByteView body,
                  mqtt::Ack& ack);

    // on_subscribe.cc
    void on_subscribe(const mqtt::FrameHead& head, ByteView body);
    void on_unsubscribe(const mqtt::FrameHead& head, ByteView body);
    mqtt::ReasonCode subscribe_one(mqtt::Subscription wanted, std::uint32_t identifier);
    bool is_any_readable(std::string_view filter) const;
    bool must_refuse_unreadable() const;
    mqtt::ReasonCode refuse_filter(Refusal refusal, const mqtt::Subscription& wanted);
    void log_refused_filter(Refusal refusal, const mqtt::Subscription& wanted);
    std::string why_refused(Refusal refusal) const;

    // deliver.cc: the broker's topic aliases, and what is written
    void choose_alias(std::string_view topic, FrameExtras& extras) const;
    void keep_alias(std::string_view topic, const FrameExtras& extras);
    void log_sending_publish(const Publication& publication, const OutEntry& how, bool dup) const;

    void on_pingreq(const mqtt::FrameHead& head, ByteView body);
    void on_disconnect(const mqtt::FrameHead& head, ByteView body);
    void on_auth(const mqtt::FrameHead& head, ByteView body);

    // `reason_strings`: puts the text into the packet where the client wants it and has room for
    // it.
    void explain(mqtt::Properties& properties, std::string_view text) const;

    // ends; each says why in the log once
    void end(mqtt::ReasonCode reason, std::string_view text);
    void end_quietly(mqtt::ReasonCode reason, std::string_view text);
    // memory_limit: packets that wait for the client are dropped, so that the DISCONNECT reaches it
    // soon.
    void end_over_memory(std::string_view text);
    void log_end(std::string_view text);
    void on_timer();
    std::int64_t part_due_ms() const;

    const ListenerOptions& listener_options() const;

    Shard& shard_;
    Transport& transport_;
    Session* session_ = nullptr;
    SlotHandle handle_;
    OwnedTimer<Connection> timer_;
    std::int64_t last_seen_ms_ = 0;
    // The packet that is not whole yet: when its first bytes were seen (0: there is none), and how
    // many there are.
    std::int64_t part_since_ms_ = 0;
    std::size_t part_size_ = 0;
    std::uint64_t waited_ = UINT64_MAX;  // Shard::disconnect_readers: bytes at its last pass

    // Counts for lines that the log says once a minute only; present once there was something.
    struct Paced {
        Milliseconds next_filter{0}, next_dropped{0};
        std::uint32_t filters = 0;  // refused since
        std::uint64_t dropped = 0;  // messages of QoS 0 since
    };
    std::unique_ptr<Paced> paced_;
    Paced& paced() {
        if (!paced_) paced_ = std::make_unique<Paced>();
        return *paced_;
    }
    void note_dropped();
    void log_dropped();

    std::unique_ptr<std::deque<HeldAck>> held_acks_;  // present while there is one

    // What CONNECT asked for, until the session takes it over.
    std::unique_ptr<ConnectRequest> request_;

    // MQTT 5 topic aliases. Incoming: names by alias - 1. Outgoing: names in order of their alias.
    std::unique_ptr<std::vector<std::string>> aliases_in_;
    std::unique_ptr<TextMap<std::uint16_t>> aliases_out_;

    std::uint32_t maximum_packet_size_ = UINT32_MAX;  // the client's
    std::uint32_t session_expiry_s_ = 0;              // as asked for, to judge DISCONNECT by
    std::uint16_t listener_;
    std::uint16_t keep_alive_s_ = 0;
    std::uint16_t send_quota_ =
        UINT16_MAX;  // the client's Receive Maximum, cut by max_inflight_messages
    std::uint16_t aliases_out_max_ = 0;
    std::uint16_t mount_size_ =
        0;  // length of the listener's mount point, which the client does not see
    mqtt::Version version_ = mqtt::Version::V311;
    State state_ = State::AwaitConnect;
    mqtt::ReasonCode end_reason_ = mqtt::ReasonCode::Success;
    bool is_held_ = false;
    bool has_said_why_ = false;
    bool wants_problem_information_ = true;
    bool has_will_ = false;        // to be sent unless DISCONNECT says otherwise
    bool waits_for_will_ = false;  // ours is written when the last connection's is settled
    bool is_bridge_ = false;
    bool is_traced_ = false;  // log_trace names it
    bool clean_start_ = true;
    bool is_user_proved_ = false;  // by the transport; password_file is not asked
};

}  // namespace martlet::broker
