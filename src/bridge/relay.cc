#include "bridge/relay.h"

#include "base/log.h"

#include <algorithm>

namespace martlet::bridge {

using mqtt::PacketType;
using mqtt::PropertyId;
using mqtt::ReasonCode;
using mqtt::Version;

namespace {

constexpr Milliseconds kConnackWait{30'000};

template <typename T, typename V>
void set(mqtt::Properties& properties, PropertyId id, T& field, V value) {
    properties.mark(id);
    field = static_cast<T>(value);
}

void add_filter(std::vector<std::uint8_t>& filters, std::string_view text) {
    std::size_t before = filters.size();
    filters.resize(before + mqtt::encoded_filter_size(text));
    mqtt::encode_filter(text, filters.data() + before);
}

// The filters of a SUBSCRIBE: none of our own messages (where the version can say so), and retain
// as published.
std::vector<std::uint8_t> subscriptions_to(const std::vector<Filter>& wanted, Version version) {
    std::vector<std::uint8_t> filters;
    for (const Filter& filter : wanted) {
        mqtt::Subscription one;
        one.filter = filter.text;
        one.qos = filter.qos;
        // A shared subscription may not ask for it [MQTT-3.8.3-4].
        one.no_local = !filter.text.starts_with("$share/");
        one.retain_as_published = true;
        std::size_t before = filters.size();
        filters.resize(before + mqtt::encoded_size(one));
        mqtt::encode(one, version, filters.data() + before);
    }
    return filters;
}

}  // namespace

std::string_view drop_name(Drop drop) {
    switch (drop) {
        case Drop::NoTopicLine:
            return "no topic line";
        case Drop::BadTopic:
            return "bad topic";
        case Drop::TooLarge:
            return "too large";
        case Drop::kCount:
            break;
    }
    return "";
}

Relay::Relay(const Options& options, const TopicMap& map, Local& local, std::uint16_t window)
    : options_(options),
      map_(map),
      local_(local),
      window_(window),
      version_(options.protocol_version) {}

void Relay::reset() {
    end_ = End::None;
    end_text_.clear();
    awaited_ = 0;
    is_prepared_ = false;
    is_remote_session_old_ = true;
    awaits_pong_ = false;
    local_keep_alive_s_ = 0;
    remote_.clear();
    to_local_.clear();
    batch_.clear();
    steps_.clear();
    lowered_.reset();
    if (renewal_) renewal_->released.reset();
}

void Relay::open(bool has_bit, Milliseconds now) {
    reset();
    now_ = last_sent_ = last_received_ = now;
    state_ = State::AwaitConnack;
    keep_alive_s_ = options_.keepalive_interval;
    send_connect(has_bit);
}

void Relay::prepare(Milliseconds now) {
    reset();
    now_ = now;
    state_ = State::Idle;
    if (!local_.attach()) return;
    connect_local(1);
    subscribe_local();
    give_rest();
}

void Relay::finish(End end, std::string text) {
    if (state_ == State::Ended) return;
    state_ = State::Ended;
    end_ = end;
    end_text_ = std::move(text);
}

template <typename Packet>
void Relay::send(const Packet& packet) {
    std::size_t size = mqtt::encoded_size(packet, version_);
    mqtt::encode(packet, version_, remote_.extend(size));
    last_sent_ = now_;
}

// For relay_out.cc.
template void Relay::send(const mqtt::Publish& packet);

void Relay::send_ack(PacketType type, std::uint16_t packet_id, ReasonCode reason) {
    mqtt::Ack ack;
    ack.packet_id = packet_id;
    ack.reason = reason;
    std::size_t size = mqtt::encoded_size(ack, version_);
    mqtt::encode(type, ack, version_, remote_.extend(size));
    last_sent_ = now_;
}

std::string Relay::notification_topic() const {
    return options_.notification_topic.empty()
               ? "$SYS/broker/connection/" + options_.remote_clientid + "/state"
               : options_.notification_topic;
}

void Relay::send_connect(bool has_bit) {
    mqtt::Connect packet;
    packet.version = version_;
    packet.is_bridge = has_bit;
    packet.clean_start = options_.clean_session;
    packet.keep_alive = options_.keepalive_interval;
    packet.client_id = options_.remote_clientid;
    packet.has_user_name = !options_.remote_username.empty();
    packet.user_name = options_.remote_username;
    packet.has_password = packet.has_user_name && !options_.remote_password.empty();
    packet.password = as_bytes(options_.remote_password);
    std::string state_topic = notification_topic();
    if (options_.notifications && !options_.notifications_local_only) {
        packet.has_will = true;
        packet.will_topic = state_topic;
        packet.will_payload = as_bytes("0");
        packet.will_qos = mqtt::Qos::AtLeastOnce;
        packet.will_retain = true;
    }
    mqtt::Properties& p = packet.properties;
    if (version_ == Version::V5) {
        if (!options_.clean_session && options_.session_expiry_interval != 0)
            set(p, PropertyId::SessionExpiryInterval, p.session_expiry_interval,
                options_.session_expiry_interval);
        set(p, PropertyId::ReceiveMaximum, p.receive_maximum, window_);
        std::size_t largest = local_.packet_size_max();
        if (largest <= mqtt::kRemainingLengthMax)
            set(p, PropertyId::MaximumPacketSize, p.maximum_packet_size, largest);
    }
    std::size_t size = mqtt::encoded_size(packet);
    mqtt::encode(packet, remote_.extend(size));
    last_sent_ = now_;
}

// The local side speaks MQTT 5: what a message carries in properties survives, and no local and
// retain as published can be asked for.
void Relay::connect_local(std::uint16_t window) {
    mqtt::Connect packet;
    packet.version = Version::V5;
    packet.clean_start = options_.local_clean_session.value_or(options_.clean_session);
    packet.client_id = options_.local_clientid;
    mqtt::Properties& p = packet.properties;
    if (!packet.clean_start)
        set(p, PropertyId::SessionExpiryInterval, p.session_expiry_interval, UINT32_MAX);
    set(p, PropertyId::ReceiveMaximum, p.receive_maximum, window);
    std::size_t before = to_local_.size();
    to_local_.resize(before + mqtt::encoded_size(packet));
    mqtt::encode(packet, to_local_.data() + before);
}

void Relay::subscribe_local() {
    std::vector<std::string> stale = local_.stale_filters();
    std::vector<std::uint8_t> filters;
    auto add = [this](const auto& packet) {
        std::size_t before = to_local_.size();
        to_local_.resize(before + mqtt::encoded_size(packet, Version::V5));
        mqtt::encode(packet, Version::V5, to_local_.data() + before);
    };
    for (const std::string& text : stale) add_filter(filters, text);
    if (!stale.empty()) {
        mqtt::Unsubscribe packet;
        packet.packet_id = kUnsubscribeId;
        packet.filters = filters;
        add(packet);
    }
    filters = subscriptions_to(map_.local_filters(), Version::V5);
    if (filters.empty()) {
        is_prepared_ = true;
        return;
    }
    mqtt::Subscribe packet;
    packet.packet_id = kSubscribeId;
    packet.filters = filters;
    add(packet);
}

void Relay::subscribe_remote() {
    std::vector<std::uint8_t> filters = subscriptions_to(map_.remote_filters(), version_);
    if (filters.empty()) return;
    mqtt::Subscribe packet;
    packet.packet_id = kSubscribeId;
    packet.filters = filters;
    send(packet);
    awaited_++;
}

// The far end may have kept subscriptions of an earlier configuration to topics that only go out.
void Relay::unsubscribe_remote() {
    if (!options_.attempt_unsubscribe || !is_remote_session_old_) return;
    std::vector<std::uint8_t> filters;
    for (const Topic& topic : options_.topics) {
        std::string text = topic.remote_prefix + topic.pattern;
        auto is_it = [&](const Filter& filter) { return filter.text == text; };
        const std::vector<Filter>& wanted = map_.remote_filters();
        if (std::any_of(wanted.begin(), wanted.end(), is_it)) continue;
        add_filter(filters, text);
    }
    if (filters.empty()) return;
    mqtt::Unsubscribe packet;
    packet.packet_id = kUnsubscribeId;
    packet.filters = filters;
    send(packet);
    awaited_++;
}

// The state goes with QoS 0, which needs no packet id.
void Relay::send_state(bool is_up) {
    if (!options_.notifications || options_.notifications_local_only) return;
    std::string topic = notification_topic();
    mqtt::Publish packet;
    packet.topic = topic;
    packet.payload = as_bytes(is_up ? "1" : "0");
    packet.retain = remote_retains_;
    send(packet);
}

bool Relay::give_rest() {
    if (to_local_.empty()) return true;
    std::size_t used = local_.give(to_local_);
    to_local_.erase(to_local_.begin(), to_local_.begin() + static_cast<std::ptrdiff_t>(used));
    return to_local_.empty();
}

void Relay::owe_local(PacketType type, std::uint16_t packet_id, ReasonCode reason) {
    mqtt::Ack ack;
    ack.packet_id = packet_id;
    ack.reason = reason;
    std::size_t before = to_local_.size();
    to_local_.resize(before + mqtt::encoded_size(ack, Version::V5));
    mqtt::encode(type, ack, Version::V5, to_local_.data() + before);
}

void Relay::on_remote_end(std::string_view error) {
    finish(End::ByFarEnd, error.empty() ? "the far end closed the connection" : std::string(error));
}

void Relay::on_local_end() {
    finish(End::ByUs, "the local session's connection ended");
}

void Relay::close() {
    if (state_ == State::Open) {
        send_state(false);
        mqtt::Disconnect packet;
        send(packet);
    }
    finish(End::ByUs, "");
}

void Relay::on_time(Milliseconds now, bool is_reading) {
    now_ = now;
    if (state_ == State::AwaitConnack) {
        if (now >= last_sent_ + kConnackWait)
            finish(End::SilentFarEnd, "the far end did not answer CONNECT within 30 s");
        return;
    }
    if (state_ != State::Open) return;
    if (!is_reading) last_received_ = now;
    Milliseconds keep_alive = std::chrono::seconds(keep_alive_s_);
    if (keep_alive_s_ != 0 && awaits_pong_ && now >= last_received_ + keep_alive * 3 / 2)
        return finish(End::SilentFarEnd, "the far end did not answer PINGREQ");
    if (keep_alive_s_ != 0 && !awaits_pong_ && now >= last_sent_ + keep_alive) {
        static constexpr std::uint8_t kPingreq[] = {0xC0, 0};
        remote_.append(kPingreq);
        last_sent_ = now;
        awaits_pong_ = true;
        last_received_ = std::max(last_received_, now - keep_alive);
    }
    Milliseconds local = std::chrono::seconds(local_keep_alive_s_);
    if (local_keep_alive_s_ != 0 && now >= last_local_ping_ + local) {
        static constexpr std::uint8_t kPingreq[] = {0xC0, 0};
        to_local_.insert(to_local_.end(), std::begin(kPingreq), std::end(kPingreq));
        last_local_ping_ = now;
        give_rest();
    }
}

Milliseconds Relay::next_wake() const {
    if (state_ == State::AwaitConnack) return last_sent_ + kConnackWait;
    if (state_ != State::Open) return Milliseconds::max();
    Milliseconds next = Milliseconds::max();
    Milliseconds keep_alive = std::chrono::seconds(keep_alive_s_);
    if (keep_alive_s_ != 0)
        next = awaits_pong_ ? last_received_ + keep_alive * 3 / 2 : last_sent_ + keep_alive;
    if (local_keep_alive_s_ != 0)
        next = std::min(next, last_local_ping_ + std::chrono::seconds(local_keep_alive_s_));
    return next;
}

}  // namespace martlet::bridge
