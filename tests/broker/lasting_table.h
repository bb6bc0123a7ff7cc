#pragma once

// Tests of what lasts: a table whose disk outlives it, for one shard and for two.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <memory>

namespace martlet::broker {

class LastingTable : public testing::TestWithParam<std::uint32_t> {
  protected:
    LastingTable() { start(); }

    static ConnectWish lasting() { return {.clean_start = false, .expiry = UINT32_MAX}; }
    static inline const PublishWish kQos1{.qos = Qos::AtLeastOnce};
    static inline const PublishWish kQos2{.qos = Qos::ExactlyOnce};
    static constexpr SubscribeWish kSub1{.qos = Qos::AtLeastOnce};
    static constexpr SubscribeWish kSub2{.qos = Qos::ExactlyOnce};

    void start() {
        TableOptions options;
        options.shards = shards_;
        options.broker = broker_;
        options.disk = &disk_;
        options.now.wall += away_;
        table_ = std::make_unique<Table>(options);
    }
    // The process is killed, and another one started.
    void restart(Milliseconds away = Milliseconds(0)) {
        away_ += away;
        table_.reset();
        disk_.kill();
        start();
    }
    Client client(const std::string& name) { return {*table_, name, table_->shared.home_of(name)}; }
    // Its home is the first shard, or the last.
    Client near(const std::string& name) { return {*table_, name, 0}; }
    Client far(const std::string& name) { return {*table_, name, shards_ - 1}; }

    std::uint32_t shards_ = GetParam();  // of the next start
    Options broker_;
    Milliseconds away_{0};
    journal::MemoryDisk disk_;
    std::unique_ptr<Table> table_;
};

}  // namespace martlet::broker
