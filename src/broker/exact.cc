// QoS 2 across shards: see exact.h.

#include "broker/exact.h"

#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

// Where no other shard has a part in it one batch holds everything anyhow; unless an earlier
// message of the same publisher waits, which must not reach the disk later.
void Shard::begin_exact(Publication& publication, Session& session, std::uint16_t packet_id) {
    if (shared_.shards == 1 || session.key == 0) return;
    const TopicRoute& route = look_up(publication.topic);
    if (route.others == 0 && route.groups.empty() && session.flows().exacts == 0) return;
    session.flows().exacts++;
    Exact& exact = open_exact(publication, std::make_shared<ExactMessage>(recorder_->take_keys(1)));
    exact.is_origin = true;
    exact.publisher = session.handle;
    exact.packet_id = packet_id;
    recorder_->settlement().add_part(publication.position);
    origins_.push_back(publication.position);
}

// An estate's copy leaves the journal in the batch that has the copy of the next member.
void Shard::begin_exact_return(Publication& publication, const Session& estate,
                               std::uint16_t packet_id) {
    Exact& exact = open_exact(publication, std::make_shared<ExactMessage>(recorder_->take_keys(1)));
    exact.is_origin = true;
    exact.is_return = true;
    exact.publisher = estate.handle;
    exact.packet_id = packet_id;
    recorder_->settlement().add_part(publication.position);
    origins_.push_back(publication.position);
}

Exact& Shard::open_exact(Publication& publication, std::shared_ptr<ExactMessage> message) {
    publication.is_awaited = true;
    recorder_->open_position(publication);
    auto& exact = exacts_[publication.position];
    exact = std::make_unique<Exact>();
    exact->message = std::move(message);
    exact->body = publication.message();
    publication.exact = exact.get();
    return *exact;
}

// All that is not QoS 2 is settled, and every shard has said what it wants written. Those of one
// publisher are written in their order, so that after a crash it repeats the last of them only.
void Shard::complete_exacts() {
    std::vector<SlotHandle> waiting;
    std::erase_if(origins_, [&](Position position) {
        Exact& exact = *exacts_.find(position)->second;
        if (std::find(waiting.begin(), waiting.end(), exact.publisher) != waiting.end())
            return false;
        if (!recorder_->settlement().is_settled_but_for(position, 1)) {
            waiting.push_back(exact.publisher);
            return false;
        }
        Session* session = session_slots_.find(exact.publisher);
        if (exact.is_return) {
            // The record that it replaces goes in the same batch.
            recorder_->move_delivery(*session->flow->out.find(exact.packet_id));
        } else if (session != nullptr && session->flow && !session->is_over) {
            session->flow->exacts--;
            if (exact.packet_id == 0) {
                session->sent_will.reset();
                recorder_->put_session(*session);
            }
            auto it = session->flow->received.find(exact.packet_id);
            if (it != session->flow->received.end() && it->second.position == position)
                recorder_->put_received(*session, exact.packet_id);
        }
        recorder_->write_exact(position, exact);
        return true;
    });
}

// It is on disk.
void Shard::keep_promises(Position position) {
    auto it = exacts_.find(position);
    if (it == exacts_.end()) return;
    std::unique_ptr<Exact> exact = std::move(it->second);
    exacts_.erase(it);
    for (const Exact::Handed& handed : exact->handed)
        batch_for(handed.shard).letters.emplace_back(CommittedLetter{handed.leg, handed.count});
    for (const Exact::Promise& promise : exact->promises) {
        Session* session = session_slots_.find(promise.session);
        if (session == nullptr || !session->flow) continue;
        if (OutEntry* entry = session->flow->out.find_queued(promise.key)) {
            entry->is_promised = false;
            pump(*session);
        }
    }
}

void Shard::on_committed(std::uint32_t shard, const CommittedLetter& letter) {
    auto& promised = links_[shard].on(letter.leg).promised;
    auto it = promised.find(letter.count);
    if (it == promised.end()) return;
    Position position = it->second;
    promised.erase(it);
    keep_promises(position);
}

void Shard::on_prepared(std::uint32_t shard, PreparedLetter& letter) {
    for (const Link::Unsettled& unsettled : links_[shard].on(letter.leg).at_other) {
        if (unsettled.count != letter.count) continue;
        auto it = exacts_.find(unsettled.position);
        if (it == exacts_.end()) return;
        std::move(letter.copies.begin(), letter.copies.end(),
                  std::back_inserter(it->second->copies));
        return;
    }
}

}  // namespace martlet::broker
