#include "migrate/convert.h"

#include "migrate/conversion.h"
#include "mqtt/properties.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::migrate {

namespace {

bool is_sound_topic(std::string_view topic) {
    return mqtt::is_valid_utf8(topic) && mqtt::is_valid_topic_name(topic);
}

// mosquitto's times are seconds; nonsense becomes "never".
std::int64_t as_ms(std::int64_t seconds) {
    constexpr std::int64_t kMost = INT64_MAX / 1000;
    return seconds < 0 || seconds > kMost ? 0 : seconds * 1000;
}

// What of a block of properties is passed on. A broken block is left away: mosquitto has checked
// it.
std::vector<std::uint8_t> forwarded(ByteView block) {
    mqtt::Properties properties;
    std::size_t at = 0;
    if (block.empty()) return {};
    auto code = mqtt::read_properties(block, at, mqtt::PropertyHome::Publish, properties);
    if (code != mqtt::ReasonCode::Success) return {};
    std::vector<std::uint8_t> kept(mqtt::forwarded_size(properties.raw));
    mqtt::copy_forwarded(properties.raw, kept.data());
    return kept;
}

}  // namespace

Result<Counts> convert(const MosquittoDb& db, const ConvertOptions& options, RecordSink& sink) {
    return Conversion(db, options, sink).run();
}

Result<Counts> Conversion::run() {
    index_messages();
    // Messages that were taken and not passed on come last: behind what waits already, and with the
    // last word on what is retained.
    for (auto step :
         {&Conversion::write_sessions, &Conversion::write_subscriptions, &Conversion::write_queues,
          &Conversion::write_received, &Conversion::write_retained}) {
        Status status = (this->*step)();
        if (!status) return status.error();
    }
    return counts_;
}

void Conversion::index_messages() {
    for (const DbMessage& message : db_.messages) {
        if (!is_sound_topic(message.topic)) {
            counts_.unsound++;
            continue;
        }
        Stored& stored = messages_[message.store_id];
        stored.message = &message;
        stored.properties = forwarded(message.properties);
    }
    for (std::uint64_t store_id : db_.retained) {
        const Stored* stored = message_of(store_id);
        if (stored != nullptr) retained_[stored->message->topic] = stored;
    }
}

// For a client without a user name mosquitto 2.0.11 writes that of another: now with what lies
// behind it in memory, now as if it were the client's own. The former shows which names are not to
// be trusted.
void Conversion::collect_stray_names() {
    for (const DbClient& client : db_.clients) {
        if (mqtt::is_valid_utf8(client.user_name)) continue;
        stray_names_.insert(client.user_name.substr(0, client.user_name.find('\0')));
    }
}

bool Conversion::is_user_known(const DbClient& client) const {
    return db_.version >= 6 && mqtt::is_valid_utf8(client.user_name) &&
           !stray_names_.contains(client.user_name);
}

Status Conversion::write_sessions() {
    collect_stray_names();
    for (const DbClient& client : db_.clients) {
        std::int64_t ends_at_ms = as_ms(client.ends_at_s);
        bool is_over =
            client.expiry_interval_s == 0 || (client.expiry_interval_s != UINT32_MAX &&
                                              ends_at_ms != 0 && ends_at_ms <= options_.now_ms);
        bool is_sound = !client.client_id.empty() && mqtt::is_valid_utf8(client.client_id);
        counts_.over += is_over;
        counts_.unsound += !is_over && !is_sound;
        if (is_over || !is_sound || session_of(client.client_id) != nullptr) continue;
        Status status = write_session(client);
        if (!status) return status;
    }
    return Done{};
}

Status Conversion::write_session(const DbClient& client) {
    SessionState& session = sessions_[client.client_id];
    session.key = sink_.take_keys(1);
    broker::SessionRecord record;
    record.client_id = client.client_id;
    record.is_user_known = is_user_known(client);
    if (record.is_user_known) record.user_name = client.user_name;
    record.expiry_s = client.expiry_interval_s;
    record.listener = listener_of(client.listener_port);
    if (client.expiry_interval_s != UINT32_MAX) record.ends_at_ms = as_ms(client.ends_at_s);
    counts_.sessions++;
    return sink_.put(session.key, record);
}

Status Conversion::write_subscriptions() {
    for (const DbSubscription& subscription : db_.subscriptions) {
        SessionState* session = session_of(subscription.client_id);
        mqtt::ParsedFilter parsed;
        bool is_sound = mqtt::is_valid_utf8(subscription.filter) &&
                        mqtt::parse_filter(subscription.filter, parsed);
        if (session == nullptr || !is_sound) {
            counts_.unsound++;
            continue;
        }
        broker::SubscriptionRecord record;
        record.session = session->key;
        record.filter = subscription.filter;
        record.qos = static_cast<mqtt::Qos>(subscription.qos);
        record.no_local = subscription.no_local;
        record.retain_as_published = subscription.retain_as_published;
        record.identifier = subscription.identifier;
        counts_.subscriptions++;
        Status status = sink_.put(sink_.take_keys(1), record);
        if (!status) return status;
    }
    return Done{};
}

Status Conversion::write_retained() {
    std::uint64_t number = 0;
    for (const auto& [topic, stored] : retained_) {
        const DbMessage& message = *stored->message;
        if (is_over(message)) counts_.over++;
        // $SYS is ours to fill, and what is empty is not there.
        if (is_over(message) || topic.starts_with("$SYS/") || message.payload.empty()) continue;
        broker::RetainedRecord record;
        record.number = ++number;
        // Version 3 does not say which user it was: nothing to ask an ACL about.
        record.has_origin = db_.version >= 4 && !message.source_id.empty();
        record.origin_client = message.source_id;
        record.origin_user = message.source_user;
        record.origin_listener = listener_of(message.source_port);
        record.message = record_of(*stored);
        record.message.retain = true;
        counts_.retained++;
        Status status = sink_.put(sink_.take_keys(1), record);
        if (!status) return status;
    }
    return Done{};
}

Conversion::SessionState* Conversion::session_of(std::string_view client_id) {
    auto it = sessions_.find(client_id);
    return it == sessions_.end() ? nullptr : &it->second;
}

Conversion::Stored* Conversion::message_of(std::uint64_t store_id) {
    auto it = messages_.find(store_id);
    if (it != messages_.end()) return &it->second;
    counts_.unsound++;
    return nullptr;
}

bool Conversion::is_over(const DbMessage& message) const {
    std::int64_t expires_at_ms = as_ms(message.expires_at_s);
    return expires_at_ms != 0 && expires_at_ms <= options_.now_ms;
}

broker::MessageRecord Conversion::record_of(const Stored& stored) const {
    const DbMessage& message = *stored.message;
    broker::MessageRecord record;
    record.qos = static_cast<mqtt::Qos>(message.qos);
    record.retain = message.retain;
    record.expires_at_ms = as_ms(message.expires_at_s);
    record.topic = message.topic;
    record.properties = stored.properties;
    record.payload = message.payload;
    return record;
}

std::uint16_t Conversion::listener_of(std::uint16_t port) const {
    const auto& ports = options_.listener_ports;
    auto it = std::find(ports.begin(), ports.end(), port);
    return it == ports.end() ? std::uint16_t{0} : static_cast<std::uint16_t>(it - ports.begin());
}

}  // namespace martlet::migrate
