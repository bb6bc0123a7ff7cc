// What a shard gives to telemetry (broker/tap.h).

#include "broker/tap.h"

#include "broker/shard.h"

#include <random>

namespace martlet::broker {

namespace {

// Messages that a session of the tap may have in flight.
constexpr std::uint32_t kInFlightMax = 32'768;

std::uint64_t tap_cost(const BodyRef& message) {
    return sizeof(TapMessage) + message->size();
}

// The journal keeps 32 bits for a subscription identifier, which the tap has none of: it holds the
// time of receipt in ms, modulo 2^32 (49 days).
std::uint32_t short_time(Milliseconds wall) {
    return static_cast<std::uint32_t>(wall.count());
}

// A day of it lies ahead of us, since the clock may have been set back: not 49 days before.
Milliseconds full_time(Milliseconds now, std::uint32_t received) {
    Milliseconds latest = now + std::chrono::hours(24);
    return latest - Milliseconds(short_time(latest) - received);
}

}  // namespace

void Shard::open_tap(Tap& tap) {
    tap_ = &tap;
    if (!recorder_) return;
    for (auto& [id, session] : sessions_) {
        if (!id.starts_with(kTapPrefix)) continue;
        begin_tap(*session);
        if (tap_number(id) == index_) tap_session_ = session.get();
    }
    if (tap_session_ != nullptr) return;
    std::random_device random;
    std::string id = fmt::format("{}{}/{:08x}{:08x}", kTapPrefix, index_, random(), random());
    Session& session = make_session(id, "");
    session.expiry_s = kNeverExpires;
    recorder_->put_session(session);
    begin_tap(session);
    tap_session_ = &session;
}

void Shard::begin_tap(Session& session) {
    session.tap_name = std::make_shared<const std::string>(session.client_id);
    session.is_user_known = false;  // no ACL concerns it
    // A key that was stored and never written would be given out again.
    recorder_->begin_keys_above(tap_->stored_up_to(session.client_id));
    taps_.push_back(&session);
    pump(session);
}

// A message of a client of this shard.
void Shard::offer_to_tap(Publication& publication) {
    if (publication.topic.starts_with('$')) return;
    if (tap_session_ != nullptr && publication.qos != mqtt::Qos::AtMostOnce) {
        return enqueue(*tap_session_, publication,
                       {short_time(now_.wall), publication.qos, publication.retain});
    }
    // Without the journal the publisher of a kept one was held while there was no credit.
    bool is_kept = tap_session_ == nullptr &&
                   (publication.qos != mqtt::Qos::AtMostOnce || publication.number != 0);
    if (!is_kept && tap_outstanding_ > options().telemetry_credit_bytes)
        return drop(DropReason::TelemetryFull);
    TapMessage message;
    message.message = publication.message();
    message.received = now_.wall;
    message.retain = publication.retain;
    give_to_tap(std::move(message), nullptr);
}

bool Shard::has_tap_window(const Session& session) const {
    return !is_shut_down_ && session.flow->out.in_flight() < kInFlightMax &&
           tap_outstanding_ <= options().telemetry_credit_bytes;
}

bool Shard::has_tap_credit() const {
    if (tap_ == nullptr) return true;
    if (tap_session_ == nullptr) return tap_outstanding_ <= options().telemetry_credit_bytes;
    return !tap_session_->flow ||
           tap_session_->flow->out.queued() < options().telemetry_queued_messages;
}

void Shard::send_to_tap(Session& session, const OutEntry& entry) {
    TapMessage message;
    entry.message->hold();
    message.message = BodyRef::adopt(entry.message);
    message.received = full_time(now_.wall, entry.subscription_identifiers);
    message.key = entry.key;
    message.session = session.handle;
    message.packet_id = entry.packet_id;
    message.retain = entry.retain;
    give_to_tap(std::move(message), session.tap_name);
}

void Shard::give_to_tap(TapMessage message, const std::shared_ptr<const std::string>& name) {
    if (tap_batch_ && name && tap_batch_->name && tap_batch_->name != name) send_tap_batch();
    if (!tap_batch_) {
        tap_batch_ = tap_spare_ ? std::move(tap_spare_) : std::make_unique<TapBatch>();
        tap_batch_->shard = index_;
        tap_batch_->bytes = 0;
        tap_batch_->name.reset();
    }
    if (name && !tap_batch_->name) tap_batch_->name = name;
    std::uint64_t cost = tap_cost(message.message);
    tap_batch_->bytes += cost;
    tap_outstanding_ += cost;
    tap_batch_->messages.push_back(std::move(message));
}

void Shard::send_tap_batch() {
    if (tap_batch_) tap_->take(std::move(tap_batch_));
}

// It is stored: its copies leave the journal.
void Shard::on_tap_stored(std::unique_ptr<TapBatch> batch) {
    tap_outstanding_ -= batch->bytes;
    for (const TapMessage& message : batch->messages) {
        if (!message.session) continue;
        Session* session = session_slots_.find(message.session);
        OutEntry* entry = session == nullptr ? nullptr : session->flow->out.find(message.packet_id);
        if (entry != nullptr && entry->key == message.key) finish_entry(*session, *entry);
    }
    batch->messages.clear();
    if (!tap_spare_) tap_spare_ = std::move(batch);
    for (Session* session : taps_) pump(*session);
    if (!held_.empty()) release_held();
}

}  // namespace martlet::broker
