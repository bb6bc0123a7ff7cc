#pragma once

// A bridge as a machine without sockets: it passes packets between a session of the local broker
// and a far broker. Owned by server/bridge.h; loop thread only. Spread over relay.cc (the
// connection to the far end), relay_in.cc (packets from the far end) and relay_out.cc (packets from
// the local session).
//
// 1. It keeps no state of messages. Packet ids and acknowledgements pass unchanged in both
//    directions, so the far broker's acknowledgement is what lets the local session forget a
//    message. The relay rewrites topics, QoS and retain as far as the far end can take them, and
//    properties and reason codes by version.
// 2. A message that it cannot pass on is dropped, counted and acknowledged to the sender.
// 3. Packets of its own that need an answer (SUBSCRIBE, UNSUBSCRIBE) have ids of their own. The far
//    end answers them before the relay sends anything of the local session, so that they meet no id
//    in flight.
// 4. A packet of the far end takes effect when the local side has taken it. Until then the stream
//    keeps it, and the relay reads it again.

#include "base/bytes.h"
#include "base/clock.h"
#include "base/outbox.h"
#include "bridge/options.h"
#include "bridge/topic_map.h"
#include "mqtt/packets.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::bridge {

// The local broker's connection, as the relay sees it.
class Local {
  public:
    virtual ~Local() = default;
    // Takes whole packets from the front, as many as it can now, and returns their bytes.
    virtual std::size_t give(ByteView packets) = 0;
    // The far end accepted the bridge: a connection is to be made that give() speaks to.
    virtual bool attach() = 0;
    // The far end knows nothing of earlier exchanges: packet ids of QoS 2 that came from it are
    // forgotten.
    virtual void forget_received() = 0;
    // Subscriptions of the session that the configuration does not have any more.
    virtual std::vector<std::string> stale_filters() const = 0;
    virtual std::size_t packet_size_max() const = 0;
};

enum class Drop : std::uint8_t {
    NoTopicLine,  // no `topic` line concerns the topic
    BadTopic,     // its name on the other side would be none
    TooLarge,     // for the other side
    kCount
};
std::string_view drop_name(Drop drop);

struct RelayCounts {
    std::uint64_t sent = 0;      // messages to the far end
    std::uint64_t received = 0;  // messages from it
    std::uint64_t refused = 0;   // messages that the far end answered with an error
    std::array<std::uint64_t, static_cast<std::size_t>(Drop::kCount)> dropped_out{}, dropped_in{};
};

class Relay {
  public:
    // `window`: messages in flight to the far end, at most.
    Relay(const Options& options, const TopicMap& map, Local& local, std::uint16_t window);

    enum class State : std::uint8_t { Idle, AwaitConnack, Open, Ended };
    enum class End : std::uint8_t {
        None,
        ByFarEnd,        // it closed, or said DISCONNECT
        Refused,         // CONNACK with an error
        VersionRefused,  // the protocol version, perhaps only the bridge bit
        Broken,          // it broke the protocol
        SilentFarEnd,    // it did not answer
        ByUs,            // the local side ended, or the bridge is stopped
    };

    // The stream stands: CONNECT is in remote(). `has_bit`: with mosquitto's bridge bit.
    void open(bool has_bit, Milliseconds now);
    // Without a far end: the local session and its subscriptions are made, so that messages queue
    // before the far end was ever reached. is_prepared() tells when that is done.
    void prepare(Milliseconds now);
    bool is_prepared() const { return is_prepared_; }
    // Bytes of the far end, from the front; as net::Receiver.
    struct Taken {
        std::size_t used = 0;
        std::size_t wanted = 0;
    };
    Taken on_remote(ByteView bytes, Milliseconds now);
    // Packets of the local session, from the front of its outbox. Takes nothing while the far end
    // has much to read.
    void on_local(Outbox& outbox, Milliseconds now);
    // Gives the local side what it left. True: nothing waits for it any more.
    bool give_rest();
    bool has_rest() const { return !to_local_.empty(); }
    // The stream ended (`error` is empty or what the system says).
    void on_remote_end(std::string_view error);
    // The local connection ended.
    void on_local_end();
    // Says farewell: the state's message and DISCONNECT are in remote().
    void close();
    // `is_reading`: the far end's bytes are taken, so that its silence means something.
    void on_time(Milliseconds now, bool is_reading);
    Milliseconds next_wake() const;

    State state() const { return state_; }
    // The far end has answered all that had to be answered first.
    bool is_ready() const { return state_ == State::Open && awaited_ == 0; }
    End end() const { return end_; }
    // Why it ended, for the operator.
    const std::string& end_text() const { return end_text_; }
    Outbox& remote() { return remote_; }
    bool is_remote_full() const { return remote_.size() > kRemoteBytesMax; }
    const RelayCounts& counts() const { return counts_; }
    // Goes on from the counts of the relay that it replaces.
    void count_from(const RelayCounts& counts) { counts_ = counts; }

    static constexpr std::uint16_t kSubscribeId = 65535;
    static constexpr std::uint16_t kUnsubscribeId = 65534;
    static constexpr std::size_t kRemoteBytesMax = 256u << 10;
    // Past this a far end that sends and does not read is left.
    static constexpr std::size_t kUnreadBytesMax = 16u << 20;

  private:
    // relay.cc
    void send_connect(bool has_bit);
    void finish(End end, std::string text);
    void reset();
    template <typename Packet>
    void send(const Packet& packet);
    void send_ack(mqtt::PacketType type, std::uint16_t packet_id, mqtt::ReasonCode reason);
    void send_state(bool is_up);
    void subscribe_remote();
    void unsubscribe_remote();
    void connect_local(std::uint16_t window);
    void subscribe_local();
    std::string notification_topic() const;

    // relay_in.cc
    bool take_remote(const mqtt::FrameHead& head, ByteView body);
    void on_connack(const mqtt::FrameHead& head, ByteView body);
    void take_limits(const mqtt::Connack& packet);
    void refuse(const mqtt::Connack& packet);
    void on_suback(const mqtt::FrameHead& head, ByteView body);
    void on_disconnect(const mqtt::FrameHead& head, ByteView body);
    void on_ack(const mqtt::FrameHead& head, ByteView body);
    bool has_effect(mqtt::PacketType type, std::uint16_t packet_id) const;
    // False: it takes an effect of its own, and must be handled when nothing waits before it.
    bool add_to_batch(const mqtt::FrameHead& head, ByteView body);
    bool add_publish(const mqtt::FrameHead& head, ByteView body);
    bool add_ack(const mqtt::FrameHead& head, ByteView body);
    void drop_incoming(const mqtt::FrameHead& head, ByteView body);
    // True: all of the batch was taken. `used` grows by the far end's bytes that it was made of.
    bool give_batch(std::size_t& used);
    // Why an incoming PUBLISH cannot be passed on; kCount: it can.
    Drop map_incoming(mqtt::Publish& packet);

    // relay_out.cc
    bool take_local(const mqtt::FrameHead& head, ByteView body, ByteView rest);
    void pass_publish(const mqtt::FrameHead& head, ByteView body, ByteView rest);
    Drop map_outgoing(mqtt::Publish& packet);
    void drop_outgoing(const mqtt::Publish& packet, Drop drop);
    void on_local_connack(const mqtt::FrameHead& head, ByteView body);
    void on_local_suback(ByteView body);
    void owe_local(mqtt::PacketType type, std::uint16_t packet_id, mqtt::ReasonCode reason);

    const Options& options_;
    const TopicMap& map_;
    Local& local_;
    const std::uint16_t window_;
    const mqtt::Version version_;

    State state_ = State::Idle;
    End end_ = End::None;
    std::string end_text_;
    bool is_prepared_ = false;
    bool is_remote_session_old_ = true;  // for all we know
    unsigned awaited_ = 0;               // answers of the far end that are still out
    std::uint16_t keep_alive_s_ = 0;
    std::uint16_t local_keep_alive_s_ = 0;
    Milliseconds now_{0};
    Milliseconds last_sent_{0};
    Milliseconds last_received_{0};
    Milliseconds last_local_ping_{0};
    bool awaits_pong_ = false;

    // Limits of the far end.
    mqtt::Qos remote_qos_max_ = mqtt::Qos::ExactlyOnce;
    bool remote_retains_ = true;
    std::size_t remote_packet_max_ = 0;
    // Whether the local broker takes retained messages.
    bool local_retains_ = true;

    Outbox remote_;
    RelayCounts counts_;
    // Packets of ours for the local side, which go before anything of the far end.
    std::vector<std::uint8_t> to_local_;
    // Packets of the far end that were read, encoded anew for the local side.
    std::vector<std::uint8_t> batch_;
    struct Step {
        std::size_t remote_end;
        std::size_t local_end;
        bool is_message;
        bool is_error;
    };
    std::vector<Step> steps_;
    std::string storage_;
    using Ids = std::bitset<65536>;
    // Ids of QoS 2 messages that were sent with QoS 1, since the far end takes no more. Present
    // when the far end is such a one.
    std::unique_ptr<Ids> lowered_;
    // The local session is new while the far end's may be an old one, which may still hold QoS 2
    // ids of the session before: the first message with such an id would be taken for its
    // repetition. So PUBREL goes ahead of it, and the PUBCOMP that answers is for nobody.
    struct Renewal {
        Ids stale, released;
    };
    std::unique_ptr<Renewal> renewal_;
};

}  // namespace martlet::bridge
