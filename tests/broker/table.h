#pragma once

// A table at which several shards sit in one thread. Turns are taken one after the other, or step
// by step where a test wants another order; time passes when the test says so.

#include "auth/security.h"
#include "broker/restore.h"
#include "broker/shard.h"
#include "broker/shared.h"
#include "tests/broker/line.h"
#include "tests/broker/memory_post.h"
#include "tests/broker/table_journal.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace martlet::broker {

struct TableOptions {
    std::uint32_t shards = 1;
    Options broker;
    ListenerOptions listener;
    // When it lasts: the disk, which outlives the table.
    journal::MemoryDisk* disk = nullptr;
    Tap* tap = nullptr;  // outlives the table
    Now now{Milliseconds(1'000'000), Milliseconds(1'700'000'000'000)};
    journal::LogOptions log{.segment_bytes = 8192, .reserve_bytes = 16384};
};

inline std::shared_ptr<const Snapshot> snapshot_of(const TableOptions& options) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->options = options.broker;
    snapshot->options.connection_messages = false;
    snapshot->listeners.push_back(options.listener);
    auth::Options rules = options.listener.auth;
    if (rules.password_file.empty()) rules.allow_anonymous = true;
    auto security = auth::Security::open(rules);
    CHECK(security.ok());
    snapshot->security.push_back(std::move(security).value());
    return snapshot;
}

class Table {
  public:
    explicit Table(const TableOptions& options = {})
        : now(options.now),
          post(options.shards),
          checker(post),
          restore_(now),
          journal(open_journal(options)),
          shared(options.shards, snapshot_of(options), post, checker, journal.get()) {
        std::vector<Shard*> places;
        for (std::uint32_t i = 0; i < options.shards; i++) {
            shards.push_back(std::make_unique<Shard>(i, shared, now));
            places.push_back(shards.back().get());
        }
        if (journal) {
            restored = restore_.finish(shared, places, [this](journal::Key key) {
                auto value = journal->log().read(key);
                return value ? std::move(value).value() : std::vector<std::uint8_t>();
            });
        }
        if (options.tap == nullptr) return;
        for (auto& shard : shards) shard->open_tap(*options.tap);
    }
    ~Table() {
        for (Line* line : lines) line->close();
    }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    // A client id that begins with `name` and whose home is `shard`.
    std::string id_on(std::uint32_t shard, const std::string& name) const {
        std::string id = name;
        for (int i = 0; shared.home_of(id) != shard; i++) id = name + "-" + std::to_string(i);
        return id;
    }
    // A share group on `filter` whose home is `shard`.
    std::string group_on(std::uint32_t shard, const std::string& filter) const {
        std::string group = "g";
        for (int i = 0; shared.home_of_group(group + "/" + filter) != shard; i++)
            group = "g" + std::to_string(i);
        return group;
    }

    Line& open_line(std::uint32_t shard) {
        shards[shard]->begin_turn(now);
        owned_.push_back(std::make_unique<Line>(*shards[shard], std::uint16_t{0}));
        lines.push_back(owned_.back().get());
        return *lines.back();
    }

    // The steps of a turn.
    void begin(std::uint32_t shard) { shards[shard]->begin_turn(now); }
    void take_letters(std::uint32_t shard) {
        while (!post.is_empty(shard)) shards[shard]->receive_letters(post.take(shard));
    }
    void read(Line& line, std::size_t most = SIZE_MAX) {
        take_letters(line.shard().index());
        line.read(most);
    }
    void finish_reading(std::uint32_t shard) {
        take_letters(shard);
        for (std::size_t i = 0; i < lines.size(); i++) {
            if (&lines[i]->shard() == shards[shard].get()) lines[i]->resume_now();
        }
        shards[shard]->run_timers();
    }
    // What the journal's threads would do meanwhile.
    void write_journal() {
        if (!journal) return;
        journal->step();
        if (!journal->look_for_room()) return;
        for (std::uint32_t shard = 0; shard < shards.size(); shard++) {
            auto batch = std::make_unique<LetterBatch>();
            batch->letters.emplace_back(RoomLetter{});
            post.post(shard, std::move(batch));
        }
    }
    void send_letters(std::uint32_t shard) {
        std::vector<Connection*> closing = shards[shard]->finish_closing();
        closed_.insert(closed_.end(), closing.begin(), closing.end());
        shards[shard]->send_letters();
    }
    void write(std::uint32_t shard) {
        Shard& s = *shards[shard];
        std::vector<Connection*>& touched = s.touched();
        for (std::size_t i = 0; i < touched.size(); i++) {
            touched[i]->is_touched = false;
            static_cast<Line&>(touched[i]->transport()).write();
        }
        touched.clear();
        for (Line* line : lines) {
            if (&line->shard() == &s && line->can_write()) line->write();
        }
        if (s.has_closing()) {
            send_letters(shard);
            return write(shard);
        }
        remove_closed(s);
    }
    void turn(std::uint32_t shard) {
        begin(shard);
        for (std::size_t i = 0; i < lines.size(); i++) {
            if (&lines[i]->shard() == shards[shard].get()) read(*lines[i]);
        }
        finish_reading(shard);
        send_letters(shard);
        write(shard);
        if (!journal || journal->is_paused) return;
        now.steady += Milliseconds(1);  // lest a batch wait for ever for company
        write_journal();
    }

    bool has_work(std::uint32_t shard) const {
        if (!post.is_empty(shard)) return true;
        if (journal && journal->has_work()) return true;
        bool is_paused = journal && journal->is_paused;
        if (journal && !is_paused && !journal->is_full() && !shards[shard]->is_recorded())
            return true;
        for (Line* line : lines) {
            if (&line->shard() == shards[shard].get() && line->wants_turn()) return true;
        }
        return false;
    }
    // Turns until nobody has anything to do. False: it does not come to rest.
    bool settle() {
        for (int round = 0; round < 20'000; round++) {
            bool is_quiet = true;
            for (std::uint32_t shard = 0; shard < shards.size(); shard++) {
                if (!has_work(shard)) continue;
                is_quiet = false;
                turn(shard);
            }
            if (is_quiet) return true;
        }
        return false;
    }
    // Time passes for all, in steps of a second, with a turn of each shard in each.
    void pass(Milliseconds time) {
        while (time.count() > 0) {
            Milliseconds step = std::min(time, Milliseconds(1000));
            time -= step;
            jump(step);
        }
    }
    // The same in one leap: nobody got a turn meanwhile.
    void jump(Milliseconds time) {
        now.steady += time;
        now.wall += time;
        for (std::uint32_t shard = 0; shard < shards.size(); shard++) turn(shard);
        settle();
    }

    std::uint64_t dropped(DropReason reason) const {
        std::uint64_t total = 0;
        for (const Counters& counters : shared.counters)
            total += counters.dropped[static_cast<std::size_t>(reason)].get();
        return total;
    }
    template <typename Pick>
    std::uint64_t sum(Pick pick) const {
        std::uint64_t total = 0;
        for (const Counters& counters : shared.counters) total += pick(counters).get();
        return total;
    }

    Now now;
    MemoryPost post;
    MemoryChecker checker;

  private:
    std::unique_ptr<TableJournal> open_journal(const TableOptions& options) {
        if (options.disk == nullptr) return nullptr;
        auto log = open_log(options);
        while (!log.ok()) {
            // It died while it started: once more.
            CHECK(options.disk->is_crashed());
            options.disk->kill();
            restore_ = Restore(now);
            recovery = {};
            log = open_log(options);
        }
        return std::make_unique<TableJournal>(std::move(log).value(), *options.disk);
    }
    Result<std::unique_ptr<journal::Log>> open_log(const TableOptions& options) {
        return journal::Log::open(
            options.disk->folder(), options.log,
            [this](journal::Key key, ByteView value) { restore_.add(key, value); },
            [](std::uint64_t, std::uint64_t) {}, recovery);
    }
    Restore restore_;

  public:
    journal::Recovery recovery;
    Restore::Counts restored;
    std::unique_ptr<TableJournal> journal;  // null: nothing lasts
    Shared shared;
    std::vector<std::unique_ptr<Shard>> shards;
    std::vector<Line*> lines;  // those that are open

  private:
    void remove_closed(Shard& shard) {
        std::erase_if(closed_, [&](Connection* connection) {
            auto* line = static_cast<Line*>(&connection->transport());
            if (&line->shard() != &shard) return false;
            line->close();
            std::erase(lines, line);
            return true;
        });
    }

    std::vector<std::unique_ptr<Line>> owned_;
    std::vector<Connection*> closed_;
};

}  // namespace martlet::broker
