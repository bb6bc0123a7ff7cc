#pragma once

// The bridges whose local client ids belong to one shard. Owned by its Turn; loop thread only.

#include "broker/shard.h"
#include "net/loop.h"
#include "net/stream.h"
#include "server/bridge.h"
#include "server/bridge_board.h"
#include "server/bridge_plan.h"
#include "server/lingering.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::server {

class Bridges {
  public:
    // All of them outlive it.
    Bridges(broker::Shard& shard, net::Loop& loop, net::Scratch& scratch, Lingering& lingering,
            BridgeBoard& board);
    ~Bridges();
    Bridges(const Bridges&) = delete;
    Bridges& operator=(const Bridges&) = delete;

    // The listener by which bridges come in: the last one, which has no socket.
    bool owns(const broker::Connection& connection) const {
        return connection.listener() == listener_;
    }
    std::uint16_t listener() const { return listener_; }

    // Orders that came by mail.
    void take(Inbox& orders);
    // Once a turn.
    void run();
    Milliseconds next_wake() const;
    // The broker stops: far ends are told, sessions stay.
    void stop();

    // For the bridges.
    broker::Shard& shard() { return shard_; }
    net::Loop& loop() { return loop_; }
    net::Scratch& scratch() { return scratch_; }
    Lingering& lingering() { return lingering_; }
    BridgeBoard& board() { return board_; }
    Milliseconds now() const { return shard_.now().steady; }
    // There is something to do in the next turn, which is to come at once.
    void hurry() { has_work_ = true; }

  private:
    void handle(BridgeOrder& order);
    void take_plans(const BridgePlans& plans);
    bool is_ours(const BridgePlan& plan) const;

    broker::Shard& shard_;
    net::Loop& loop_;
    net::Scratch& scratch_;
    Lingering& lingering_;
    BridgeBoard& board_;
    const std::uint16_t listener_;
    bool has_work_ = false;
    bool is_stopped_ = false;
    std::vector<std::unique_ptr<Bridge>> bridges_;
    // Gone from the configuration, and not over yet; over, and to be destroyed in the next turn.
    std::vector<std::unique_ptr<Bridge>> leaving_;
};

}  // namespace martlet::server
