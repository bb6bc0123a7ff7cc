#include "journal/threaded_journal.h"

#include "journal/writer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace martlet::journal {

namespace {

// The reading thread: one reading after another, as they were asked for.
class Reader {
  public:
    explicit Reader(const Log& log) : log_(log), thread_([this] { run(); }) {}
    ~Reader() {
        {
            std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void read(std::unique_ptr<Reading> reading) {
        {
            std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(reading));
        }
        wake_.notify_one();
    }

  private:
    void run() {
        while (auto reading = wait()) {
            reading->values = log_.read_all(reading->keys);
            auto* raw = reading.get();
            raw->finish(std::move(reading));
        }
    }

    // Null: stopped, and nothing is left.
    std::unique_ptr<Reading> wait() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return !waiting_.empty() || is_stopping_; });
        if (waiting_.empty()) return nullptr;
        auto reading = std::move(waiting_.front());
        waiting_.pop_front();
        return reading;
    }

    const Log& log_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<Reading>> waiting_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace

struct ThreadedJournal::Inner {
    Inner(std::unique_ptr<Log> log_in, const JournalOptions& options, std::function<void()> on_room)
        : log(std::move(log_in)), reader(*log), writer(*log, options, std::move(on_room)) {}

    // Ended from the last to the first.
    const std::unique_ptr<Log> log;
    Reader reader;
    Writer writer;
};

ThreadedJournal::ThreadedJournal(std::unique_ptr<Log> log, const JournalOptions& options,
                                 std::function<void()> on_room)
    : inner_(std::make_unique<Inner>(std::move(log), options, std::move(on_room))) {}

ThreadedJournal::~ThreadedJournal() = default;

void ThreadedJournal::submit(std::unique_ptr<Batch> batch) {
    inner_->writer.submit(std::move(batch));
}

void ThreadedJournal::read(std::unique_ptr<Reading> reading) {
    inner_->reader.read(std::move(reading));
}

Key ThreadedJournal::take_keys(std::uint64_t count) {
    return inner_->writer.take_keys(count);
}

bool ThreadedJournal::is_full() const {
    return inner_->writer.is_full();
}

Status ThreadedJournal::force_sync() {
    return inner_->writer.force_sync();
}

const SyncTimes& ThreadedJournal::sync_times() const {
    return inner_->writer.sync_times();
}

JournalStats ThreadedJournal::stats() const {
    auto stats = inner_->writer.stats();
    stats.log = inner_->log->stats();
    return stats;
}

}  // namespace martlet::journal
