#pragma once

// Shards, actors and accidents in one thread, in an order that one seed decides. The shards' turns
// are cut into their steps and mixed: while one shard has posted its letters and not yet written
// its sockets, another reads.

#include "tests/sim/actor.h"

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace martlet::sim {

class World {
  public:
    enum class Kind {
        Lasting,  // one broker from the first to the last step, which keeps nothing on a disk
        Dying,    // it keeps everything on a disk, and dies at any write
    };
    World(std::uint64_t seed, Kind kind);

    // So many steps of mischief, then peace until all is at rest, then the ledger's promises.
    void run(int steps);
    // The most that ever waited in share groups for credit of other shards.
    std::uint64_t parked_bytes_most() const { return parked_bytes_most_; }

  private:
    enum class Phase { Begin, Read, Finish, Letters, Write };
    static constexpr std::size_t kGroups = 2;
    struct Shift {
        Phase phase = Phase::Begin;
        std::vector<Line*> to_read;
    };

    static broker::TableOptions table_options(std::mt19937_64& random);
    std::size_t one_of(std::size_t count) { return random_() % count; }
    bool chance(unsigned percent) { return random_() % 100 < percent; }
    void add_actors();
    void add_watcher(int number);
    void plan_death();
    void fill_disk();
    void make_room();
    void die();
    void busy_shard_step();
    void shard_step(std::uint32_t shard);
    void actor_step(Actor& actor);
    void act(Actor& actor);
    bool calm_step();
    void check_parked();
    void check_end();
    void check_disk();
    void check_fresh_eyes();

    std::mt19937_64 random_;
    const Kind kind_;
    journal::MemoryDisk disk_;
    broker::TableOptions options_;
    std::unique_ptr<Table> table_;
    Ledger ledger_;
    std::vector<std::unique_ptr<Actor>> actors_;
    std::vector<Shift> shifts_;
    std::uint32_t frozen_shard_ = 0;
    std::size_t frozen_steps_ = 0;
    bool has_lost_pages_ = false;
    bool is_limited_ = false;
    std::uint64_t parked_bytes_most_ = 0;
};

inline broker::TableOptions World::table_options(std::mt19937_64& random) {
    broker::TableOptions options;
    options.shards = static_cast<std::uint32_t>(1 + random() % 4);
    options.broker.max_queued_messages = 0;
    options.broker.max_inflight_messages = 20;
    if (random() % 3 == 0) options.broker.shard_credit_bytes = 1;
    return options;
}

inline World::World(std::uint64_t seed, Kind kind)
    : random_(seed), kind_(kind), options_(table_options(random_)), shifts_(options_.shards) {
    if (kind == Kind::Dying) options_.disk = &disk_;
    table_ = std::make_unique<Table>(options_);
    add_actors();
}

// The machine loses its power, or the system kills the broker: at the disk's next write, or the one
// after, while it goes on as if nothing were.
inline void World::plan_death() {
    if (kind_ != Kind::Dying) return;
    if (chance(1)) disk_.crash_at(disk_.points() + 1 + one_of(20));
    using Operation = journal::DiskOperation;
    if (chance(1)) disk_.fail(Operation::Write, 1 + one_of(5), EIO);
    if (!chance(1)) return;
    disk_.fail(Operation::Sync, 1 + one_of(5), EIO);
    has_lost_pages_ = true;
}

// Others write to the disk, and later remove what they wrote.
inline void World::fill_disk() {
    if (kind_ != Kind::Dying) return;
    if (is_limited_) {
        if (one_of(100) == 0) make_room();
    } else if (one_of(500) == 0) {
        disk_.limit(disk_.used() + one_of(20000));
        is_limited_ = true;
        ledger_.full_disks++;
    }
}

inline void World::make_room() {
    disk_.limit(UINT64_MAX);
    is_limited_ = false;
}

inline void World::die() {
    for (const auto& actor : actors_) {
        if (chance(50)) actor->read(SIZE_MAX);
    }
    table_.reset();
    ledger_.crashes++;
    // After a sync that failed the system shows what the disk does not have. The next start writes
    // it anew, if there is room for it; else who loses the power later is beyond help.
    bool is_beyond_help = std::exchange(has_lost_pages_, false) && is_limited_;
    if (is_beyond_help || chance(50))
        disk_.crash(random_);
    else
        disk_.kill();
    // It may die again while it starts.
    if (chance(20)) disk_.crash_at(disk_.points() + 1 + one_of(10));
    options_.shards = static_cast<std::uint32_t>(1 + one_of(4));
    table_ = std::make_unique<Table>(options_);
    shifts_.assign(options_.shards, Shift());
    frozen_steps_ = 0;
    for (const auto& actor : actors_) actor->change_table(*table_);
}

inline void World::add_actors() {
    // The homes of two groups may be two shards, which hand on to each other's members.
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < kGroups; i++)
        groups.push_back(
            table_->group_on(static_cast<std::uint32_t>(one_of(options_.shards)), "w/+"));
    std::size_t count = 4 + one_of(6);
    for (std::size_t i = 0; i < count; i++) {
        ActorOptions o;
        o.number = static_cast<int>(i);
        o.shard = static_cast<std::uint32_t>(one_of(options_.shards));
        o.version = chance(70) ? Version::V5 : Version::V311;
        o.is_durable = chance(70);
        switch (one_of(4)) {
            case 0:
                o.filters = {"s/0", "s/1", "t/+", "r/+"};
                break;
            case 1:
                o.filters = {"#"};
                break;
            case 2:
                o.filters = {"+/0", "+/1", "r/#"};
                break;
            default:
                o.filters = {"s/#", "t/0", "r/+"};
        }
        // Topics under w/ are for the group's members only.
        if (chance(35)) {
            o.is_durable = true;
            o.is_fickle = chance(40);
            o.filters = {"$share/" + groups[one_of(groups.size())] + "/w/+"};
            if (o.is_fickle) o.version = Version::V5;
            if (o.is_fickle && chance(50)) o.qos = mqtt::Qos::AtLeastOnce;
        } else if (o.filters.size() == 1) {
            o.filters = {"s/#", "t/#", "r/#"};
        }
        o.topics = {"s/0", "s/1", "t/0", "w/0", "w/1"};
        o.retained_topic = "r/p" + std::to_string(i);
        ledger_.sessions[o.number] = 0;
        actors_.push_back(std::make_unique<Actor>(*table_, ledger_, std::move(o)));
    }
    add_watcher(static_cast<int>(count));
}

// It hears of retained topics by filters that match the same, and repeats its SUBSCRIBE often.
inline void World::add_watcher(int number) {
    ActorOptions o;
    o.number = number;
    o.shard = static_cast<std::uint32_t>(one_of(options_.shards));
    o.is_durable = chance(50);
    o.filters = {"r/+", "r/#"};
    o.qos = static_cast<mqtt::Qos>(one_of(3));
    ledger_.watchers.insert(number);
    ledger_.sessions[number] = 0;
    actors_.push_back(std::make_unique<Actor>(*table_, ledger_, std::move(o)));
}

inline void World::run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFatalFailure(); step++) {
        if (chance(60))
            busy_shard_step();
        else
            actor_step(*actors_[one_of(actors_.size())]);
        if (chance(2)) table_->now.steady += Milliseconds(one_of(200));
        if (chance(10)) table_->write_journal();
        plan_death();
        fill_disk();
        if (disk_.is_crashed()) die();
        check_parked();
    }
    for (const auto& actor : actors_) {
        if (actor->line() != nullptr) actor->line()->room = SIZE_MAX;
    }
    disk_.heal();
    make_room();
    int rounds = 0;
    while (calm_step()) {
        if (::testing::Test::HasFatalFailure()) return;
        ASSERT_LT(++rounds, 5000) << "it does not come to rest";
    }
    check_end();
}

// At times one of the shards does not run at all, wherever it stands in its turn.
inline void World::busy_shard_step() {
    auto shard = static_cast<std::uint32_t>(one_of(options_.shards));
    if (frozen_steps_ == 0 && chance(2)) {
        frozen_shard_ = shard;
        frozen_steps_ = 10 + one_of(60);
    }
    if (frozen_steps_ > 0) {
        frozen_steps_--;
        if (shard == frozen_shard_) return;
    }
    shard_step(shard);
}

inline void World::shard_step(std::uint32_t shard) {
    Shift& shift = shifts_[shard];
    switch (shift.phase) {
        case Phase::Begin:
            table_->begin(shard);
            shift.to_read.clear();
            for (Line* line : table_->lines) {
                if (line->shard().index() == shard && chance(70)) shift.to_read.push_back(line);
            }
            std::shuffle(shift.to_read.begin(), shift.to_read.end(), random_);
            shift.phase = Phase::Read;
            return;
        case Phase::Read:
            if (!shift.to_read.empty()) {
                table_->read(*shift.to_read.back(), chance(30) ? 1 + one_of(64) : SIZE_MAX);
                shift.to_read.pop_back();
                return;
            }
            shift.phase = Phase::Finish;
            return;
        case Phase::Finish:
            table_->finish_reading(shard);
            shift.phase = Phase::Letters;
            return;
        case Phase::Letters:
            table_->send_letters(shard);
            shift.phase = Phase::Write;
            return;
        case Phase::Write:
            table_->write(shard);
            shift.phase = Phase::Begin;
            return;
    }
}

inline void World::actor_step(Actor& actor) {
    if (actor.line() != nullptr && !actor.line()->is_open() && actor.line()->from_broker.empty())
        actor.lose_line();
    if (!actor.is_online()) {
        if (chance(50)) actor.connect(random_);
        return;
    }
    actor.read(one_of(6));
    actor.answer(one_of(6));
    if (chance(3)) actor.line()->room = one_of(2000);
    if (chance(10)) actor.line()->room = SIZE_MAX;
    if (!actor.is_ready()) return;
    act(actor);
}

inline void World::act(Actor& actor) {
    std::size_t what = one_of(100);
    bool is_watcher = actor.options().topics.empty();
    if (is_watcher && what < 70) return what < 25 ? actor.subscribe(random_) : void();
    if (what < 55) return actor.publish(random_, what < 15);
    if (what < 75) return actor.subscribe(random_);
    if (what < 82) return actor.unsubscribe(random_);
    if (what < 84) return actor.lose_line();
    // A second line while the first is open: the broker sees a takeover.
    if (what < 86) return actor.connect(random_);
}

// True: something moved.
inline bool World::calm_step() {
    bool has_moved = false;
    if (disk_.is_crashed()) {
        die();
        return true;
    }
    if (table_->journal && (table_->journal->has_work() || table_->journal->is_full())) {
        table_->write_journal();
        has_moved = true;
    }
    table_->now.steady += Milliseconds(1);
    for (std::uint32_t shard = 0; shard < options_.shards; shard++) {
        Shift& shift = shifts_[shard];
        if (shift.phase == Phase::Begin && !table_->has_work(shard)) continue;
        has_moved = true;
        do shard_step(shard);
        while (shift.phase != Phase::Begin);
    }
    for (const auto& actor : actors_) {
        if (!actor->is_online()) actor->connect(random_);
        if (actor->is_at_rest()) continue;
        has_moved = true;
        actor->read(SIZE_MAX);
        actor->answer(SIZE_MAX);
    }
    return has_moved;
}

// What share groups cannot hand on is within the credit that each shard has at their home. The
// message that uses it up may be as large as it likes; with credit for one byte that is one for
// each shard and group.
inline void World::check_parked() {
    if (options_.broker.shard_credit_bytes == 1) {
        ASSERT_LE(table_->sum([](const auto& c) -> const auto& { return c.parked_messages; }),
                  kGroups * options_.shards);
    }
    std::uint64_t bytes = table_->sum([](const auto& c) -> const auto& { return c.parked_bytes; });
    parked_bytes_most_ = std::max(parked_bytes_most_, bytes);
}

inline void World::check_end() {
    std::vector<std::uint64_t> lines;
    for (const auto& actor : actors_) lines.push_back(actor->line_number());
    ledger_.check(lines, options_.broker.shard_credit_bytes == 1);
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.queued_bytes; }), 0u);
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.parked_bytes; }), 0u);
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.sessions; }), actors_.size());
    check_fresh_eyes();
    check_disk();
}

// When all is delivered, nothing of it is left on the disk.
inline void World::check_disk() {
    if (kind_ != Kind::Dying) return;
    auto sum = [&](auto pick) { return table_->sum(pick); };
    std::uint64_t most = sum([](const auto& c) -> const auto& { return c.sessions; }) +
                         sum([](const auto& c) -> const auto& { return c.subscriptions; }) +
                         table_->shared.retained.count();
    table_->settle();
    EXPECT_LE(table_->journal->log().stats().live_records, most);
}

// The retained state is what was published last.
inline void World::check_fresh_eyes() {
    std::map<std::string, std::size_t> newest;
    for (std::size_t m = 0; m < ledger_.messages.size(); m++) {
        const Message& message = ledger_.messages[m];
        if (message.retain) newest[message.topic] = m;
    }
    broker::Client eyes(*table_, "eyes");
    eyes.connect({.version = Version::V5, .receive_maximum = 1});
    eyes.say(
        broker::subscribe_frame(Version::V5, eyes.next_id(), "r/#", {.qos = Qos::AtLeastOnce}));
    std::map<std::string, std::size_t> seen;
    for (const std::string& text : eyes.messages()) {
        std::size_t topic = text.find('\'');
        std::size_t end = text.find('\'', topic + 1);
        seen[text.substr(topic + 1, end - topic - 1)] = std::stoul(text.substr(end + 3));
    }
    for (const auto& [topic, message] : newest) {
        // A session that ended before it was acknowledged leaves its last word open.
        if (ledger_.messages[message].acknowledged == kNever) continue;
        if (ledger_.may_be_late(ledger_.messages[message])) continue;
        EXPECT_EQ(seen[topic], message)
            << "the retained state is not what was published last: " << ledger_.tell(message)
            << " but " << ledger_.tell(seen[topic]);
    }
}

}  // namespace martlet::sim
