#include "server/mail.h"

#include <unistd.h>

namespace martlet::server {

namespace {

void close_all(Inbox& moved) {
    for (InboxNode* node = moved.take_all(); node != nullptr;) {
        auto* connection = static_cast<MovedConnection*>(std::exchange(node, node->next));
        close(connection->socket.fd);
        delete connection;
    }
}

}  // namespace

Mailboxes::~Mailboxes() {
    close_all(to_front_);
    for (Mailbox& box : boxes_) {
        for (Inbox* inbox : {&box.letters, &box.given_back}) {
            for (InboxNode* node = inbox->take_all(); node != nullptr;) {
                auto* batch = static_cast<broker::LetterBatch*>(std::exchange(node, node->next));
                delete batch;
            }
        }
        close_all(box.moved);
        for (InboxNode* node = box.logged.take_all(); node != nullptr;)
            delete static_cast<LoggedLines*>(std::exchange(node, node->next));
        for (InboxNode* node = box.answers.take_all(); node != nullptr;)
            delete static_cast<HttpAnswer*>(std::exchange(node, node->next));
        for (InboxNode* node = box.bridges.take_all(); node != nullptr;)
            delete static_cast<BridgeOrder*>(std::exchange(node, node->next));
    }
}

void Mailboxes::post(std::uint32_t shard, std::unique_ptr<broker::LetterBatch> batch) {
    Mailbox& box = boxes_[shard];
    if (box.letters.push(batch.release())) box.loop->wake();
}

// Nobody is woken: the batch is looked for when one is needed.
void Mailboxes::give_back(std::unique_ptr<broker::LetterBatch> batch) {
    boxes_[batch->from].given_back.push(batch.release());
}

std::unique_ptr<broker::LetterBatch> Mailboxes::take_back(std::uint32_t shard) {
    Inbox& inbox = boxes_[shard].given_back;
    InboxNode* node = inbox.take_all();
    if (node == nullptr) return nullptr;
    // One is wanted; the others go back.
    for (InboxNode* rest = node->next; rest != nullptr;)
        inbox.push(std::exchange(rest, rest->next));
    return std::unique_ptr<broker::LetterBatch>(static_cast<broker::LetterBatch*>(node));
}

void Mailboxes::move(std::uint32_t shard, std::unique_ptr<MovedConnection> connection) {
    boxes_[shard].moved.push(connection.release());
}

void Mailboxes::publish(std::vector<LogLine> lines) {
    auto logged = std::make_unique<LoggedLines>();
    logged->lines = std::move(lines);
    boxes_[0].logged.push(logged.release());
}

void Mailboxes::answer(std::uint32_t shard, std::unique_ptr<HttpAnswer> answer) {
    Mailbox& box = boxes_[shard];
    box.answers.push(answer.release());
    box.loop->wake();
}

void Mailboxes::move_to_front(std::unique_ptr<MovedConnection> connection) {
    to_front_.push(connection.release());
    front_loop_->wake();
}

void Mailboxes::order(std::uint32_t shard, std::unique_ptr<BridgeOrder> order) {
    Mailbox& box = boxes_[shard];
    box.bridges.push(order.release());
    box.loop->wake();
}

}  // namespace martlet::server
