#pragma once

// Where simulators play: a connection for each of their devices, all on one loop. What a device
// says while its connection is down is dropped (QoS 0) or kept, up to a bound. One thread.

#include "base/result.h"
#include "cli/bench/loop.h"
#include "cli/demo/options.h"
#include "cli/demo/simulator.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace martlet::cli::demo {

class Stage : public bench::PeerOwner {
  public:
    static Result<std::unique_ptr<Stage>> make(const Options& options);

    // Where the devices of a simulator speak. The address never changes.
    Outlet& add(const std::vector<Device>& devices);
    // Waits until all are connected.
    Status open();

    // Sends, receives, dials again what was lost. Waits for so long at most.
    void turn(std::uint64_t milliseconds);
    // So much is waiting to be sent that more should wait.
    bool is_full() const { return waiting_ >= kWaitingMax; }
    // Waits until all is sent and acknowledged; false: that took too long.
    bool drain(std::uint64_t milliseconds);
    // Says the farewells and goes.
    void leave();

    std::uint64_t published() const { return published_; }
    std::size_t device_count() const { return players_.size(); }

    void on_ready(bench::Peer& peer) override;
    void on_settled(bench::Peer& peer) override { send(players_[peer.number]); }
    void on_gone(bench::Peer& peer) override;

  private:
    static constexpr std::size_t kWaitingMax = 2000;

    struct Player {
        bench::Peer* peer = nullptr;
        Device device;
        std::deque<Message> waiting;
        std::uint64_t dial_at_ns = 0;  // 0: not lost
    };

    class Door : public Outlet {
      public:
        Door(Stage& stage, std::size_t first) : stage_(stage), first_(first) {}
        void say(std::size_t device, Message message) override {
            stage_.take(first_ + device, std::move(message));
        }

      private:
        Stage& stage_;
        std::size_t first_;
    };

    explicit Stage(const Options& options);
    void take(std::size_t player, Message message);
    void send(Player& player);
    void dial_lost();

    bench::Options loop_options_;
    std::unique_ptr<bench::Loop> loop_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::vector<Player> players_;
    std::size_t waiting_ = 0;
    std::uint64_t published_ = 0;
    bool is_leaving_ = false;
};

}  // namespace martlet::cli::demo
