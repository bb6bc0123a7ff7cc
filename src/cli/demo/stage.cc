#include "cli/demo/stage.h"

#include "cli/bench/meter.h"
#include "cli/demo/mark.h"

#include <algorithm>
#include <utility>

namespace martlet::cli::demo {

namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kRedialNs = 2000 * kMillisecondNs;
constexpr std::uint64_t kLeaveMs = 2000;
constexpr std::size_t kOpenAtOnce = 20;
constexpr std::size_t kOutboxBytesMax = 256 * 1024;
constexpr std::size_t kWaitingLostMax = 20;  // of a device without a connection

ByteView bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Stage::Stage(const Options& options) {
    loop_options_.host = options.host;
    loop_options_.port = options.port;
    loop_options_.user_name = options.user_name;
    loop_options_.password = options.password;
    loop_options_.window = 100;
}

Result<std::unique_ptr<Stage>> Stage::make(const Options& options) {
    std::unique_ptr<Stage> stage(new Stage(options));
    auto loop = bench::Loop::make(stage->loop_options_);
    if (!loop) return loop.error();
    stage->loop_ = std::move(loop).value();
    return stage;
}

Outlet& Stage::add(const std::vector<Device>& devices) {
    doors_.push_back(std::make_unique<Door>(*this, players_.size()));
    for (const Device& device : devices) {
        auto options = loop_->client_options({});
        options.client_id = std::string(kClientPrefix) + device.name;
        options.will = device.will;
        auto number = static_cast<std::uint32_t>(players_.size());
        Player& player = players_.emplace_back();
        player.device = device;
        player.peer = &loop_->add(*this, std::move(options), number);
    }
    return *doors_.back();
}

Status Stage::open() {
    return loop_->open_all(kOpenAtOnce, "demo");
}

void Stage::on_ready(bench::Peer& peer) {
    Player& player = players_[peer.number];
    player.dial_at_ns = 0;
    if (player.device.greeting) {
        player.waiting.push_front(*player.device.greeting);
        waiting_++;
    }
    send(player);
}

void Stage::on_gone(bench::Peer& peer) {
    Player& player = players_[peer.number];
    if (!is_leaving_) player.dial_at_ns = loop_->now() + kRedialNs;
    auto is_light = [](const Message& message) { return message.qos == mqtt::Qos::AtMostOnce; };
    waiting_ -= std::erase_if(player.waiting, is_light);
}

void Stage::take(std::size_t number, Message message) {
    Player& player = players_[number];
    if (!player.peer->is_ready) {
        if (message.qos == mqtt::Qos::AtMostOnce) return;
        if (player.waiting.size() >= kWaitingLostMax) {
            player.waiting.pop_front();
            waiting_--;
        }
    }
    player.waiting.push_back(std::move(message));
    waiting_++;
    send(player);
}

void Stage::send(Player& player) {
    if (!player.peer->is_ready) return;
    auto& protocol = player.peer->protocol;
    while (!player.waiting.empty() && protocol.outbox().size() < kOutboxBytesMax) {
        const Message& message = player.waiting.front();
        mqtt::Publish packet;
        packet.topic = message.topic;
        packet.payload = bytes_of(message.payload);
        packet.qos = message.qos;
        packet.retain = message.retain;
        auto outcome = protocol.publish(packet);
        if (outcome == client::PublishOutcome::WindowFull) break;
        if (outcome == client::PublishOutcome::Accepted) published_++;
        player.waiting.pop_front();
        waiting_--;
        loop_->touch(*player.peer);
    }
}

void Stage::dial_lost() {
    for (Player& player : players_) {
        if (player.dial_at_ns == 0 || loop_->now() < player.dial_at_ns) continue;
        player.dial_at_ns = 0;
        loop_->open(*player.peer);
    }
}

void Stage::turn(std::uint64_t milliseconds) {
    if (waiting_ > 0) {
        for (Player& player : players_) send(player);
    }
    loop_->turn(bench::now_ns() + milliseconds * kMillisecondNs);
    if (!is_leaving_) dial_lost();
}

bool Stage::drain(std::uint64_t milliseconds) {
    std::uint64_t until = bench::now_ns() + milliseconds * kMillisecondNs;
    auto is_done = [&] {
        return waiting_ == 0 && std::all_of(players_.begin(), players_.end(), [](auto& player) {
                   auto& protocol = player.peer->protocol;
                   return protocol.in_flight() == 0 && protocol.outbox().empty();
               });
    };
    while (!is_done()) {
        if (bench::now_ns() >= until) return false;
        turn(20);
    }
    return true;
}

void Stage::leave() {
    is_leaving_ = true;
    for (std::size_t i = 0; i < players_.size(); i++) {
        if (players_[i].device.farewell) take(i, *players_[i].device.farewell);
    }
    drain(kLeaveMs);
    for (Player& player : players_) {
        if (player.peer->is_ready) loop_->leave(*player.peer);
    }
    std::uint64_t until = bench::now_ns() + kLeaveMs * kMillisecondNs;
    while (loop_->ready_count() > 0 && bench::now_ns() < until) turn(20);
}

}  // namespace martlet::cli::demo
