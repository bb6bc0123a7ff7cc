#pragma once

// Telemetry's thread over a real SQLite file in a folder of its own, with the shards' side of the
// tap.

#include "broker/publication.h"
#include "telemetry/ingest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>

namespace martlet::telemetry {

using std::chrono::seconds;

// Where batches come back; what is injected.
class Office final : public broker::Post {
  public:
    void post(std::uint32_t, std::unique_ptr<broker::LetterBatch> batch) override {
        std::lock_guard lock(mutex_);
        for (broker::Letter& letter : batch->letters) {
            if (auto* tap = std::get_if<broker::TapLetter>(&letter))
                stored_ += tap->batch->messages.size();
            if (std::get_if<broker::InjectLetter>(&letter)) injected_++;
        }
        changed_.notify_all();
    }
    void give_back(std::unique_ptr<broker::LetterBatch>) override {}
    std::unique_ptr<broker::LetterBatch> take_back(std::uint32_t) override { return nullptr; }

    bool wait_stored(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, seconds(20), [&] { return stored_ >= count; });
    }
    std::size_t stored() {
        std::lock_guard lock(mutex_);
        return stored_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t stored_ = 0;
    std::size_t injected_ = 0;
};

class IngestTest : public testing::Test {
  protected:
    IngestTest() {
        std::string name =
            (std::filesystem::temp_directory_path() / "martlet-ingest-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        options_.is_on = true;
        options_.store = (folder_ / "telemetry.db").string();
        options_.commit_ms = 5;
    }
    ~IngestTest() override {
        ingest_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        ingest_.reset();
        auto opened = Ingest::open(options_, office_);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        ingest_ = std::move(opened).value();
        ingest_->start();
    }
    void give(std::string_view topic, std::string_view payload, std::uint64_t key = 0,
              std::string_view tap = "$telemetry/0/x") {
        broker::Publication publication;
        publication.topic = topic;
        publication.payload = as_bytes(payload);
        auto batch = std::make_unique<broker::TapBatch>();
        batch->bytes = 100;
        broker::TapMessage message;
        message.message = publication.message();
        message.received = read_clocks().wall;
        message.key = key;
        if (key != 0) batch->name = std::make_shared<const std::string>(tap);
        batch->messages.push_back(std::move(message));
        ingest_->take(std::move(batch));
        given_++;
    }
    void settle() { ASSERT_TRUE(office_.wait_stored(given_)); }
    // Values of the only series that there is.
    std::multiset<std::int64_t> values() {
        auto reader = ingest_->store().open_reader();
        EXPECT_TRUE(reader.ok()) << reader.error().text;
        auto series = reader.value()->series({});
        std::multiset<std::int64_t> found;
        for (const SeriesRow& row : series.value()) {
            auto done = reader.value()->samples(row.key, {}, [&](const SampleRow& sample) {
                found.insert(std::get<std::int64_t>(sample.value));
                return true;
            });
            EXPECT_TRUE(done.ok());
        }
        return found;
    }
    bool has_event(const char* kind) {
        auto reader = ingest_->store().open_reader();
        if (!reader.ok()) return false;
        EventQuery query;
        query.kind = kind;
        bool is_there = false;
        auto done = reader.value()->events(query, [&](const EventRow&) { return is_there = true; });
        return done.ok() && is_there;
    }
    bool wait_event(const char* kind) {
        auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        auto nothing = [](StoreWriter&, Ledger&) -> Status { return Done{}; };
        while (std::chrono::steady_clock::now() < end) {
            // The thread has been round.
            if (!ingest_->change(nothing).ok()) return false;
            if (has_event(kind)) return true;
        }
        return false;
    }

    std::filesystem::path folder_;
    Options options_;
    Office office_;
    std::unique_ptr<Ingest> ingest_;
    std::size_t given_ = 0;
};

}  // namespace martlet::telemetry
