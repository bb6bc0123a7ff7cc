// What the journal costs: batches of 1,000 records of 300 bytes, each batch synced, by a plain loop
// of write and fdatasync and by Log, in turn; then compaction, and a start with 1,000,000 live
// records.
//
// usage: bench_journal [FOLDER]   (a new folder inside it is used and removed)

#include "journal/log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace martlet;
using namespace martlet::journal;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 1000;
constexpr std::size_t kValue = 300;
constexpr std::size_t kBatchesARound = 200;
constexpr int kRounds = 5;
constexpr std::size_t kLive = 1'000'000;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> figures) {
    std::ranges::sort(figures);
    return figures[figures.size() / 2];
}

void require(bool truth, const char* what) {
    if (truth) return;
    std::perror(what);
    std::exit(1);
}

std::unique_ptr<Log> open_log(const std::string& path, Recovery& recovery, std::size_t& visited) {
    auto folder = open_folder(path);
    require(folder.ok(), "folder");
    auto visit = [&](Key, ByteView value) { visited += value.size() == kValue ? 1 : 0; };
    auto log = Log::open(std::move(folder).value(), {}, visit, {}, recovery);
    require(log.ok(), "log");
    return std::move(log).value();
}

double plain_round(int file) {
    std::vector<std::uint8_t> batch(kBatch * kValue, 'p');
    auto start = Clock::now();
    for (std::size_t i = 0; i < kBatchesARound; ++i) {
        auto count = ::write(file, batch.data(), batch.size());
        require(count == static_cast<ssize_t>(batch.size()), "write");
        require(::fdatasync(file) == 0, "fdatasync");
    }
    return kBatchesARound * kBatch / seconds_since(start);
}

double log_round(Log& log, Key& key, std::size_t batches) {
    std::vector<std::uint8_t> value(kValue, 'v');
    Group group;
    auto start = Clock::now();
    for (std::size_t i = 0; i < batches; ++i) {
        group.clear();
        for (std::size_t n = 0; n < kBatch; ++n) group.put(key++, value);
        require(log.append(group, false).ok() && log.sync().ok(), "append");
    }
    return static_cast<double>(batches * kBatch) / seconds_since(start);
}

// Anonymous memory of this process, from the system.
long anonymous_kb() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:")) return std::atol(line.c_str() + 8);
    }
    return 0;
}

void compare(const std::string& path) {
    auto plain_path = path + "/plain";
    int file = ::open(plain_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    require(file >= 0, "open");
    Recovery recovery;
    std::size_t visited = 0;
    auto log = open_log(path + "/log", recovery, visited);
    std::vector<double> plain;
    std::vector<double> logged;
    std::vector<double> ratios;
    Key key = 1;
    for (int round = 0; round < kRounds; ++round) {
        plain.push_back(plain_round(file));
        logged.push_back(log_round(*log, key, kBatchesARound));
        ratios.push_back(logged.back() / plain.back());
    }
    std::printf("append and sync, batches of %zu records of %zu bytes, median of %d rounds:\n",
                kBatch, kValue, kRounds);
    std::printf("  plain loop  %10.0f records/s\n", median(plain));
    std::printf("  Log         %10.0f records/s   (%.2f of it)\n", median(logged), median(ratios));
    ::close(file);
    std::filesystem::remove(plain_path);
    // Three of four die.
    Group group;
    for (Key dead = 1; dead < key; ++dead) {
        if (dead % 4 != 0) group.remove(dead);
    }
    require(log->append(group, true).ok(), "remove");
    auto before = log->stats();
    auto start = Clock::now();
    for (bool is_going = true; is_going;) {
        auto compacted = log->compact(256u << 10);
        require(compacted.ok(), "compact");
        is_going = compacted.value() && log->sync().ok();
    }
    auto after = log->stats();
    std::printf("compaction: %.0f MB to %.0f MB in %.2f s\n",
                static_cast<double>(before.bytes) / 1e6, static_cast<double>(after.bytes) / 1e6,
                seconds_since(start));
}

void start_with_a_million(const std::string& path) {
    {
        Recovery recovery;
        std::size_t visited = 0;
        auto log = open_log(path, recovery, visited);
        Key key = 1;
        log_round(*log, key, kLive / kBatch);
    }
    Recovery recovery;
    std::size_t visited = 0;
    auto memory = anonymous_kb();
    auto start = Clock::now();
    auto log = open_log(path, recovery, visited);
    auto seconds = seconds_since(start);
    require(visited == kLive, "visited");
    std::printf("start with %zu live records of %zu bytes: %.2f s, %ld MB of memory\n", visited,
                kValue, seconds, (anonymous_kb() - memory) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
    auto root = std::string(argc > 1 ? argv[1] : ".") + "/bench_journal.XXXXXX";
    require(::mkdtemp(root.data()) != nullptr, root.c_str());
    compare(root);
    start_with_a_million(root + "/million");
    std::filesystem::remove_all(root);
    return 0;
}
