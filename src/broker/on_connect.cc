// CONNECT: what is asked for, whether it may be, and the session that answers it.

#include "base/log.h"
#include "broker/connect_request.h"
#include "broker/refusal_log.h"
#include "broker/reserved_topics.h"
#include "broker/send_packet.h"
#include "broker/shard.h"
#include "broker/trace.h"

#include <algorithm>

namespace martlet::broker {

namespace {

// The peer without its port.
std::string host_of(std::string peer) {
    std::size_t colon = peer.rfind(':');
    if (!peer.starts_with('/') && colon != std::string::npos) peer.resize(colon);
    return peer;
}

bool has(const mqtt::Connect& connect, mqtt::PropertyId id) {
    return connect.properties.has(id);
}

}  // namespace

void Connection::on_connect(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Connect connect;
    mqtt::ReasonCode reason = mqtt::decode(head.flags(), body, connect);
    if (reason == mqtt::ReasonCode::UnsupportedProtocolVersion) {
        // In the old form, which clients of every version know [MQTT-3.1.2-2].
        version_ = mqtt::Version::V311;
        return refuse(
            {Refusal::ProtocolVersion, reason, "unsupported protocol version"});  // [MQTT-3.1.2-2]
    }
    version_ = connect.version;
    is_bridge_ = connect.is_bridge;
    if (has(connect, mqtt::PropertyId::RequestProblemInformation)) {
        wants_problem_information_ = connect.properties.request_problem_information != 0;
    }
    bool has_size = has(connect, mqtt::PropertyId::MaximumPacketSize);
    // 0 is an error: the client gets a reason code.
    if (has_size && connect.properties.maximum_packet_size != 0)
        maximum_packet_size_ = connect.properties.maximum_packet_size;
    if (mqtt::is_error(reason)) return refuse_unreadable(reason);
    if (!take_proved_user(connect)) {
        return refuse({Refusal::NotAuthorized, mqtt::ReasonCode::BadUserNameOrPassword,
                       "its certificate or key gives no valid user name"});
    }
    Verdict verdict = check_connect(connect);
    if (mqtt::is_error(verdict.reason)) return refuse(verdict);
    take_connect(connect);
    authenticate(connect);
}

// False: the listener demands a proved user name, and there is none that could be one.
bool Connection::take_proved_user(mqtt::Connect& connect) {
    std::optional<std::string_view> user = transport_.proved_user();
    if (!user.has_value()) return true;
    if (user->empty() || user->size() > UINT16_MAX || !mqtt::is_valid_utf8(*user)) return false;
    connect.has_user_name = true;
    connect.user_name = *user;
    connect.has_password = false;
    connect.password = {};
    is_user_proved_ = true;
    return true;
}

// A client of MQTT 5 gets the reason, as from mosquitto (4.13.1 leaves it open); one of 3.x has no
// code for it.
void Connection::refuse_unreadable(mqtt::ReasonCode reason) {
    Verdict verdict{Refusal::ConnectMalformed, reason, "protocol error"};
    if (reason == mqtt::ReasonCode::MalformedPacket) verdict.text = "malformed packet";
    if (reason == mqtt::ReasonCode::ClientIdentifierNotValid)
        verdict = {Refusal::ClientId, reason, "client identifier not valid"};
    if (version_ == mqtt::Version::V5) return refuse(verdict);
    refuse_in_silence(verdict);
}

// No CONNACK can be sent.
void Connection::refuse_in_silence(const Verdict& verdict) {
    note_refused(verdict, {});
    end_quietly(verdict.reason, verdict.text);
}

void Connection::note_refused(const Verdict& verdict, std::string_view detail) {
    shard_.counters().connects_refused.add();
    shard_.counters().refuse(verdict.refusal);
    RefusedRequest refused{shard_.now().wall.count(),
                           verdict.refusal,
                           transport_.peer(),
                           std::string(client_id()),
                           {},
                           {}};
    if (request_) refused.user_name = request_->user_name;
    refused.why = detail.empty() ? verdict.text : std::string(detail);
    shard_.shared().refusals.note(std::move(refused));
}

Connection::Verdict Connection::check_connect(const mqtt::Connect& connect) {
    const ListenerOptions& listener = listener_options();
    if (!(listener.protocol_versions >> static_cast<int>(connect.version) & 1)) {
        return {Refusal::ProtocolVersion, mqtt::ReasonCode::UnsupportedProtocolVersion,
                "unsupported protocol version"};
    }
    request_ = std::make_unique<ConnectRequest>();
    // Enhanced authentication is not offered (4.12).
    if (has(connect, mqtt::PropertyId::AuthenticationMethod))
        return {Refusal::AuthenticationMethod, mqtt::ReasonCode::BadAuthenticationMethod,
                "bad authentication method"};
    Verdict verdict = choose_client_id(connect);
    if (mqtt::is_error(verdict.reason)) return verdict;
    std::uint16_t longest = shard_.options().max_keepalive;
    if (longest != 0 && (connect.keep_alive == 0 || connect.keep_alive > longest)) {
        // No return code of 3.x names the keep alive; mosquitto 2.1 takes this one as well.
        if (version_ != mqtt::Version::V5)
            return {Refusal::KeepAlive, mqtt::ReasonCode::ClientIdentifierNotValid,
                    fmt::format("keep alive {} is not allowed, max_keepalive is {}",
                                connect.keep_alive, longest)};
        request_->is_keep_alive_cut = true;
    }
    return connect.has_will ? check_will(connect) : Verdict();
}

Connection::Verdict Connection::choose_client_id(const mqtt::Connect& connect) {
    const ListenerOptions& listener = listener_options();
    Verdict not_valid{Refusal::ClientId, mqtt::ReasonCode::ClientIdentifierNotValid,
                      "client identifier not valid"};
    if (listener.use_username_as_clientid) {
        if (!connect.has_user_name || connect.user_name.empty())
            return {Refusal::NotAuthorized, mqtt::ReasonCode::NotAuthorized,
                    "not authorised, there is no user name to take as client id"};
        if (connect.user_name.starts_with(kTapPrefix)) return not_valid;
        request_->client_id = connect.user_name;
        return {};
    }
    if (!connect.client_id.empty()) {
        if (connect.client_id.starts_with(kTapPrefix)) return not_valid;
        request_->client_id = connect.client_id;
        return {};
    }
    bool is_v5 = version_ == mqtt::Version::V5;
    // [MQTT-3.1.3-8] of 3.1.1: an empty id only with a clean session; 3.1 has no empty ids.
    bool allowed = listener.allow_zero_length_clientid &&
                   (is_v5 || (version_ == mqtt::Version::V311 && connect.clean_start));
    if (!allowed)
        return {
            Refusal::ClientId,
            is_v5 ? mqtt::ReasonCode::UnspecifiedError : mqtt::ReasonCode::ClientIdentifierNotValid,
            "client identifier not valid"};
    request_->client_id = shard_.make_client_id(listener.auto_id_prefix);
    request_->is_id_assigned = true;
    return {};
}

Connection::Verdict Connection::check_will(const mqtt::Connect& connect) {
    auto refused = [](mqtt::ReasonCode reason, std::string text) {
        return Verdict{Refusal::Will, reason, std::move(text)};
    };
    if (is_reserved(connect.will_topic))
        return refused(mqtt::ReasonCode::NotAuthorized,
                       "not authorised, the topic of its will is the broker's own");
    if (connect.will_qos > listener_options().max_qos)
        return refused(mqtt::ReasonCode::QosNotSupported,
                       "the QoS of its will is above max_qos");  // [MQTT-3.2.2-12]
    if (connect.will_retain && !shard_.options().retain_available)
        return refused(mqtt::ReasonCode::RetainNotSupported,
                       "its will is retained, and retain_available is false");
    std::uint32_t limit = shard_.options().message_size_limit;
    if (limit != 0 && connect.will_payload.size() > limit)
        return refused(mqtt::ReasonCode::PacketTooLarge,
                       "the payload of its will is above message_size_limit");
    return {};
}

void Connection::take_connect(const mqtt::Connect& connect) {
    const Options& options = shard_.options();
    request_->user_name = connect.user_name;
    request_->has_user_name = connect.has_user_name;
    clean_start_ = connect.clean_start;
    mount_size_ = static_cast<std::uint16_t>(listener_options().mount_point.size());
    keep_alive_s_ = request_->is_keep_alive_cut ? options.max_keepalive : connect.keep_alive;
    std::uint32_t window =
        options.max_inflight_messages == 0 ? UINT16_MAX : options.max_inflight_messages;
    send_quota_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(window, UINT16_MAX));
    if (version_ == mqtt::Version::V5) {
        const mqtt::Properties& p = connect.properties;
        if (p.has(mqtt::PropertyId::SessionExpiryInterval))
            session_expiry_s_ = p.session_expiry_interval;
        if (p.has(mqtt::PropertyId::ReceiveMaximum))
            send_quota_ = std::min(send_quota_, p.receive_maximum);
        if (p.has(mqtt::PropertyId::TopicAliasMaximum)) {
            aliases_out_max_ =
                std::min(p.topic_alias_maximum, listener_options().max_topic_alias_broker);
        }
    } else if (!connect.clean_start) {
        session_expiry_s_ = kNeverExpires;
    }
    request_->expiry_s = std::min(session_expiry_s_, options.persistent_client_expiration);
    request_->is_expiry_cut = request_->expiry_s != session_expiry_s_;
    if (connect.has_will) take_will(connect);
}

void Connection::take_will(const mqtt::Connect& connect) {
    const std::string& mount = listener_options().mount_point;
    std::string topic = mount.empty() ? std::string() : mount + std::string(connect.will_topic);
    Publication publication;
    publication.topic = mount.empty() ? connect.will_topic : std::string_view(topic);
    publication.payload = connect.will_payload;
    publication.qos = connect.will_qos;
    publication.retain = connect.will_retain;
    auto will = std::make_unique<Will>();
    if (version_ == mqtt::Version::V5) {
        const mqtt::Properties& p = connect.will_properties;
        publication.properties = p.raw;
        if (p.has(mqtt::PropertyId::WillDelayInterval)) will->delay_s = p.will_delay_interval;
        if (p.has(mqtt::PropertyId::MessageExpiryInterval)) {
            will->expiry_s = p.message_expiry_interval;
            // An interval of 0 does not count from when the will is sent: it is over by then.
            if (will->expiry_s == 0) publication.expires_at_ms = end_of_life({}, 0);
        }
    }
    will->message = publication.message();
    request_->will = std::move(will);
}

void Connection::authenticate(const mqtt::Connect& connect) {
    if (is_banned()) return;
    auth::Credentials credentials{request_->client_id,  connect.has_user_name, connect.user_name,
                                  connect.has_password, connect.password,      is_user_proved_};
    auth::AdmissionResult result = shard_.security(listener_).admit(credentials);
    switch (result.admission) {
        case auth::Admission::Accepted:
            return finish_connect();
        case auth::Admission::NotAuthorized:
            return refuse_admission(result.why);
        case auth::Admission::BadUserNameOrPassword:
            return refuse({Refusal::NotAuthorized, mqtt::ReasonCode::BadUserNameOrPassword,
                           "bad username or password"});
        case auth::Admission::ClientIdNotValid:
            return refuse({Refusal::ClientId, mqtt::ReasonCode::ClientIdentifierNotValid,
                           "client identifier not valid"});
        case auth::Admission::CheckHash:
            break;
    }
    request_->refusal = result.why;
    state_ = State::Authenticating;
    is_held_ = true;
    HashChecker::Check check{shard_.index(),
                             handle_,
                             shard_.security_ref(listener_),
                             result.hash,
                             {connect.password.begin(), connect.password.end()}};
    if (!shard_.shared().hash_checker.check(std::move(check), transport_.network()))
        refuse_busy("server busy, too many passwords from this address wait to be checked");
}

void Connection::on_admission(PasswordVerdict verdict) {
    if (state_ == State::Closing) return;
    bool was_held = is_held_;
    is_held_ = false;
    if (verdict == PasswordVerdict::Right) {
        if (shard_.options().auth_failure_ban != 0)
            shard_.shared().failures.succeeded(transport_.network(), request_->user_name);
        finish_connect();
    } else if (verdict == PasswordVerdict::Wrong) {
        refuse_admission(request_->refusal);
    } else {
        refuse_busy("server busy, its password waited too long to be checked");
    }
    if (was_held && !is_held_) transport_.resume();
}

void Connection::refuse_busy(std::string_view why) {
    refuse({Refusal::PasswordsBusy, mqtt::ReasonCode::ServerBusy, std::string(why)});
}

void Connection::refuse_admission(std::string_view why) {
    log::notice("Denied CONNECT of {} (user '{}') from {}: {}.", request_->client_id,
                request_->user_name, transport_.peer(), why);
    if (std::uint32_t after = shard_.options().auth_failure_ban; after != 0)
        shard_.shared().failures.failed(transport_.network(), request_->user_name, after,
                                        shard_.now().steady);
    refuse({Refusal::NotAuthorized, mqtt::ReasonCode::NotAuthorized, "not authorised"}, why);
}

// auth_failure_ban: true when it has been refused. Names that a certificate or key has proved
// cannot be guessed.
bool Connection::is_banned() {
    if (shard_.options().auth_failure_ban == 0 || is_user_proved_) return false;
    Milliseconds pause = shard_.shared().failures.pause(transport_.network(), request_->user_name,
                                                        shard_.now().steady);
    if (pause.count() == 0) return false;
    std::string why =
        fmt::format("too many failed log-ins, banned for {} s more", (pause.count() + 999) / 1000);
    log::notice("Denied CONNECT of {} (user '{}') from {}: {}.", request_->client_id,
                request_->user_name, transport_.peer(), why);
    refuse({Refusal::Banned, mqtt::ReasonCode::Banned, "banned"}, why);
    return true;
}

bool Connection::is_session_of_another(const Session& session) const {
    // Only where user names have been proved does it matter whose session it is; one whose user the
    // broker before us did not write down belongs to who comes first.
    bool is_proved = is_user_proved_ || !shard_.security(listener_).options().password_file.empty();
    return session.is_user_known && is_proved && session.user_name != request_->user_name;
}

void Connection::finish_connect() {
    const Options& options = shard_.options();
    Session* known = shard_.find_session(request_->client_id);
    if (known != nullptr && is_session_of_another(*known)) {
        log::warning(
            "Client {} [{}] is user '{}', but the session of this client id belongs to '{}': "
            "refused. Use another client id, "
            "or let that session end.",
            request_->client_id, transport_.peer(), request_->user_name, known->user_name);
        return refuse(
            {Refusal::SessionOfAnother, mqtt::ReasonCode::NotAuthorized, "not authorised"});
    }
    if (known == nullptr && options.global_max_clients >= 0 &&
        shard_.shared().sessions.load(std::memory_order_relaxed) >= options.global_max_clients) {
        return refuse({Refusal::MaxClients, mqtt::ReasonCode::ServerBusy,
                       "server busy, global_max_clients is reached"});
    }
    if (maximum_packet_size_ < mqtt::encoded_size(make_connack(false), version_)) {
        return refuse_in_silence(
            {Refusal::PacketSize, mqtt::ReasonCode::PacketTooLarge,
             "its maximum packet size has no room for CONNACK"});  // [MQTT-3.1.2-24]
    }
    // One that comes back for its session makes room rather than takes it.
    if (known == nullptr && shard_.memory_level() == MemoryLevel::Over) {
        return refuse({Refusal::ConnectMemory, mqtt::ReasonCode::ServerBusy,
                       "server busy, memory_limit is passed"});
    }
    Recorder* recorder = shard_.recorder();
    bool is_new = known == nullptr || clean_start_;
    if (recorder != nullptr && recorder->is_full() && is_new && request_->expiry_s != 0) {
        bool is_v5 = version_ == mqtt::Version::V5;
        return refuse(
            {Refusal::ConnectDisk,
             is_v5 ? mqtt::ReasonCode::QuotaExceeded : mqtt::ReasonCode::ServerUnavailable,
             "no room on the disk for its session"});
    }
    bool was_recorded = known != nullptr && known->key != 0;
    Session& session = take_session(request_->is_session_present);
    shard_.attach(session, *this);
    Wait wait;
    if (recorder != nullptr && (was_recorded || session.key != 0))
        wait = recorder->session_of(session);
    // The record has room for one will: that of the last connection, until it is settled.
    waits_for_will_ = session.will && session.sent_will;
    bool is_recorded = recorder == nullptr || (recorder->is_over(wait) && !waits_for_will_);
    if (is_recorded) return complete_connect();
    state_ = State::Recording;
    is_held_ = true;
    recorder->connect_later(*this, wait);
}

// What was created or discarded is on disk.
void Connection::complete_connect() {
    Session& session = *session_;
    state_ = State::Ready;
    shard_.counters().connects.add();
    if (shard_.options().connection_messages) log_connect();
    send_connack(request_->is_session_present);
    request_.reset();
    if (keep_alive_s_ == 0)
        timer_.cancel();
    else
        shard_.wheel().set(timer_, shard_.now().steady + Milliseconds(keep_alive_s_ * 1500));
    shard_.resume_session(session);
}

// The session of this client id: the old one, or a new one.
Session& Connection::take_session(bool& session_present) {
    Session* session = shard_.find_session(request_->client_id);
    if (session != nullptr && session->connection != nullptr) {
        // [MQTT-3.1.4-3]: the old connection goes, with its will unless a delay lets this one
        // prevent it.
        log::notice("Client {} already connected, closing old connection.", session->client_id);
        Connection& old = *session->connection;
        old.end(mqtt::ReasonCode::SessionTakenOver, "session taken over");
        shard_.detach(old);
        session = shard_.find_session(request_->client_id);
    } else if (session != nullptr && session->will &&
               session->will_due_ms <= shard_.now().steady.count()) {
        // Its time had come before the client did: after a restart there was no turn to send it.
        shard_.send_will(*session);
    }
    if (session != nullptr && clean_start_) {
        // A will that still waits for its delay belongs to the session that ends here (3.1.2.5).
        if (session->will) shard_.send_will(*session);
        shard_.end_session(*session);
        session = nullptr;
    }
    session_present = session != nullptr;
    Session& taken =
        session_present ? *session : shard_.make_session(request_->client_id, request_->user_name);
    bool is_changed = !taken.is_user_known || taken.user_name != request_->user_name ||
                      taken.listener != listener_ || taken.expiry_s != request_->expiry_s;
    taken.user_name = request_->user_name;
    taken.is_user_known = true;
    taken.listener = listener_;
    taken.expiry_s = request_->expiry_s;
    taken.will = std::move(request_->will);
    has_will_ = taken.will != nullptr;
    taken.ends_at_ms = 0;
    taken.is_open = true;
    if (shard_.recorder() != nullptr && must_record(taken, is_changed))
        shard_.recorder()->put_session(taken);
    return taken;
}

bool Connection::must_record(const Session& session, bool is_changed) {
    if (session.key == 0) return session.is_durable();
    return is_changed || session.will || session.is_will_recorded || session.is_end_recorded ||
           !session.is_open_recorded;
}

void Connection::send_connack(bool session_present) {
    trace(*this, "Sending CONNACK to {} ({}, 0)", request_->client_id, session_present ? 1 : 0);
    martlet::broker::send(*this, shard_, make_connack(session_present));
}

mqtt::Connack Connection::make_connack(bool session_present) const {
    mqtt::Connack packet;
    packet.session_present = session_present && version_ != mqtt::Version::V31;  // reserved in 3.1
    if (version_ == mqtt::Version::V5) {
        const Options& options = shard_.options();
        const ListenerOptions& listener = listener_options();
        mqtt::Properties& p = packet.properties;
        auto set = [&p](mqtt::PropertyId id, auto& field, auto value) {
            p.mark(id);
            field = static_cast<std::remove_reference_t<decltype(field)>>(value);
        };
        if (listener.max_topic_alias != 0)
            set(mqtt::PropertyId::TopicAliasMaximum, p.topic_alias_maximum,
                listener.max_topic_alias);
        if (request_->is_id_assigned) {
            set(mqtt::PropertyId::AssignedClientIdentifier, p.assigned_client_identifier,
                std::string_view(request_->client_id));
        }
        if (request_->is_keep_alive_cut)
            set(mqtt::PropertyId::ServerKeepAlive, p.server_keep_alive, keep_alive_s_);
        if (request_->is_expiry_cut) {
            set(mqtt::PropertyId::SessionExpiryInterval, p.session_expiry_interval,
                request_->expiry_s);  // 3.2.2.3.2
        }
        if (!options.retain_available)
            set(mqtt::PropertyId::RetainAvailable, p.retain_available, 0);
        if (options.max_packet_size != 0) {
            set(mqtt::PropertyId::MaximumPacketSize, p.maximum_packet_size,
                options.max_packet_size);
        }
        if (options.max_inflight_messages != 0) {
            set(mqtt::PropertyId::ReceiveMaximum, p.receive_maximum, options.max_inflight_messages);
        }
        if (listener.max_qos != mqtt::Qos::ExactlyOnce)
            set(mqtt::PropertyId::MaximumQos, p.maximum_qos, listener.max_qos);
    }
    return packet;
}

void Connection::refuse(const Verdict& verdict, std::string_view detail) {
    note_refused(verdict, detail);
    if (verdict.reason == mqtt::ReasonCode::NotAuthorized ||
        verdict.reason == mqtt::ReasonCode::BadUserNameOrPassword) {
        shard_.counters().denied_connects.add();
    }
    mqtt::Connack packet;
    packet.reason = verdict.reason;
    explain(packet.properties, verdict.text);
    has_said_why_ = mqtt::encoded_size(packet, version_) <= maximum_packet_size_;
    if (has_said_why_) martlet::broker::send(*this, shard_, packet);  // [MQTT-3.1.2-24]
    // With the address, as mosquitto has it: tools that ban addresses read this line.
    if (has_said_why_ && is_traced()) {
        int code = version_ == mqtt::Version::V5 ? static_cast<int>(verdict.reason)
                                                 : mqtt::connack_return_code(verdict.reason);
        trace(*this, "Sending CONNACK to {} (0, {})", host_of(transport_.peer()), code);
    }
    end_quietly(verdict.reason, verdict.text);
}

void Connection::log_connect() const {
    std::string user =
        request_->has_user_name ? fmt::format(", u'{}'", request_->user_name) : std::string();
    log::notice("New {} connected from {} as {} (p{}, c{}, k{}{}).",
                is_bridge_ ? "bridge" : "client", transport_.peer(), request_->client_id,
                static_cast<int>(version_), clean_start_ ? 1 : 0, keep_alive_s_, user);
}

}  // namespace martlet::broker
