#pragma once

// What comes into a loop from other threads besides letters: connections that move to their home
// shard, and orders of the main thread. Posted to a Mailbox, taken out by its loop.

#include "base/inbox.h"
#include "broker/letter.h"
#include "net/loop.h"
#include "server/bridge_plan.h"
#include "server/http_answer.h"
#include "server/log_topics.h"
#include "server/socket.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::server {

// A socket whose client belongs to another shard, with the bytes that were read from it.
struct MovedConnection : InboxNode {
    Socket socket;
    std::vector<std::uint8_t> unread;
};

// Lines that a thread without a shard has logged, for `log_dest topic`.
struct LoggedLines : InboxNode {
    std::vector<LogLine> lines;
};

// Recorded: what the loop has begun is on the disk, also where other shards had a part in it.
enum class Stopping : std::uint8_t { No, WillsSent, Closed, Recorded, Ended };

// One loop's queues. Any thread posts; the loop takes.
struct Mailbox {
    Inbox letters;     // broker::LetterBatch
    Inbox moved;       // MovedConnection
    Inbox given_back;  // broker::LetterBatch, empty, for use again
    Inbox answers;     // HttpAnswer
    Inbox logged;      // LoggedLines, of the first shard only
    Inbox bridges;     // BridgeOrder
    // How far the main thread wants this loop to stop, and how far it is. Each is written by one
    // side only.
    std::atomic<Stopping> wanted{Stopping::No};
    std::atomic<Stopping> reached{Stopping::No};
    net::Loop* loop = nullptr;
};

// The broker's Post over the mailboxes of all loops.
class Mailboxes final : public broker::Post {
  public:
    explicit Mailboxes(std::uint32_t count) : boxes_(count) {}
    ~Mailboxes() override;

    Mailbox& at(std::uint32_t shard) { return boxes_[shard]; }
    std::uint32_t count() const { return static_cast<std::uint32_t>(boxes_.size()); }
    void post(std::uint32_t shard, std::unique_ptr<broker::LetterBatch> batch) override;
    void give_back(std::unique_ptr<broker::LetterBatch> batch) override;
    std::unique_ptr<broker::LetterBatch> take_back(std::uint32_t shard) override;
    // The loop is not woken: wake() follows when all have been moved.
    void move(std::uint32_t shard, std::unique_ptr<MovedConnection> connection);
    void wake(std::uint32_t shard) { boxes_[shard].loop->wake(); }
    // The first shard publishes them, when it is woken.
    void publish(std::vector<LogLine> lines);
    void answer(std::uint32_t shard, std::unique_ptr<HttpAnswer> answer);
    // A socket that an HTTP connection gives away: its client speaks MQTT from now on, and has yet
    // to say CONNECT.
    void move_to_front(std::unique_ptr<MovedConnection> connection);
    Inbox& to_front() { return to_front_; }
    // Before the threads run: of the thread of the front that takes them.
    void set_front_loop(net::Loop* loop) { front_loop_ = loop; }
    void order(std::uint32_t shard, std::unique_ptr<BridgeOrder> order);

  private:
    std::vector<Mailbox> boxes_;
    Inbox to_front_;  // MovedConnection
    net::Loop* front_loop_ = nullptr;
};

}  // namespace martlet::server
