#include "server/persistence.h"

#include "base/clock.h"
#include "base/log.h"
#include "migrate/import.h"

#include <cstdlib>

namespace martlet::server {

namespace {

constexpr Milliseconds kSilence{1000};

// Says how far it is, once a second.
class ProgressLines {
  public:
    explicit ProgressLines(const std::string& path)
        : path_(path), next_(read_clocks().steady + kSilence) {}

    void operator()(std::uint64_t done, std::uint64_t total) {
        Milliseconds now = read_clocks().steady;
        if (now < next_ || total == 0) return;
        next_ = now + kSilence;
        log::notice("Reading the journal {}: {} of {} MB ({} %).", path_, done >> 20, total >> 20,
                    done * 100 / total);
        log::flush();
    }

  private:
    const std::string& path_;
    Milliseconds next_;
};

void log_damages(const std::string& path, const journal::Recovery& recovery) {
    for (const journal::Damage& damage : recovery.damages) {
        if (damage.kept_as.empty()) {
            log::notice("Journal {}: {} at byte {} of {} ({} bytes): cut off.", path, damage.what,
                        damage.at, damage.file, damage.bytes);
            continue;
        }
        log::warning(
            "Warning: Journal {}: {} at byte {} of {}: {} bytes could not be read and are kept as "
            "{}.",
            path, damage.what, damage.at, damage.file, damage.bytes, damage.kept_as);
    }
}

// mosquitto was here before: its database becomes the journal.
Status import_what_mosquitto_left(const std::string& path, const config::Settings& settings) {
    migrate::ConvertOptions options;
    options.now_ms = read_clocks().wall.count();
    for (const config::Listener& listener : settings.listeners)
        options.listener_ports.push_back(listener.net.port);
    auto imported = migrate::import_mosquitto(path, options);
    if (!imported) return imported.error();
    if (imported.value()) log::notice("{}", imported.value()->line);
    return Done{};
}

// What MARTLET_BUG asks for, in builds for tests only: bugs on purpose, which the crash checker
// must find, and small segments, so that compaction has something to do. Words with commas between
// them.
bool is_asked_for([[maybe_unused]] std::string_view word) {
#ifdef MARTLET_TEST_BUGS
    const char* asked = std::getenv("MARTLET_BUG");
    return asked != nullptr && std::string_view(asked).find(word) != std::string_view::npos;
#else
    return false;
#endif
}

void apply_test_switches(journal::LogOptions& log, journal::JournalOptions& journal) {
    log.test_compaction_drops = is_asked_for("compaction_drops");
    journal.test_ack_before_sync = is_asked_for("ack_before_sync");
    if (!is_asked_for("small_segments")) return;
    log.segment_bytes = 64 << 10;
    log.reserve_bytes = 128 << 10;
}

}  // namespace

std::string journal_path(const config::Settings& settings) {
    if (settings.persistence_location.empty()) return settings.persistence_file;
    bool has_slash = settings.persistence_location.back() == '/';
    return settings.persistence_location + (has_slash ? "" : "/") + settings.persistence_file;
}

Result<std::unique_ptr<Persistence>> Persistence::open(const config::Settings& settings,
                                                       Mailboxes& mailboxes) {
    std::unique_ptr<Persistence> persistence(new Persistence);
    persistence->path_ = journal_path(settings);
    const std::string& path = persistence->path_;
    Status imported = import_what_mosquitto_left(path, settings);
    if (!imported) return imported.error();
    auto folder = journal::open_folder(path);
    if (!folder) return Error{folder.error().text, 1};
    persistence->restore_ = std::make_unique<broker::Restore>(read_clocks());
    broker::Restore& restore = *persistence->restore_;
    journal::LogOptions log_options;
    log_options.is_strict = settings.persistence_strict;
    journal::JournalOptions options = settings.journal;
    apply_test_switches(log_options, options);
    journal::Recovery recovery;
    ProgressLines progress(path);
    auto log = journal::Log::open(
        std::move(folder).value(), log_options,
        [&restore](journal::Key key, ByteView value) { restore.add(key, value); },
        std::ref(progress), recovery);
    if (!log) return Error{log.error().text, 1};
    log_damages(path, recovery);
    persistence->log_ = log.value().get();
    persistence->journal_ =
        std::make_unique<journal::ThreadedJournal>(std::move(log).value(), options, [&mailboxes] {
            for (std::uint32_t shard = 0; shard < mailboxes.count(); shard++) {
                auto batch = std::make_unique<broker::LetterBatch>();
                batch->letters.emplace_back(broker::RoomLetter{});
                mailboxes.post(shard, std::move(batch));
            }
        });
    return persistence;
}

void Persistence::restore(broker::Shared& shared, const std::vector<broker::Shard*>& shards) {
    auto read = [this](journal::Key key) {
        auto value = log_->read(key);
        return value ? std::move(value).value() : std::vector<std::uint8_t>();
    };
    shared.test_forgets_received = is_asked_for("forget_qos2_id");
    shared.test_forgets_ids = is_asked_for("forget_qos1_id");
    broker::Restore::Counts counts = restore_->finish(shared, shards, read);
    restore_.reset();
    log::info("Journal {}: {} sessions, {} subscriptions, {} queued and {} retained messages.",
              path_, counts.sessions, counts.subscriptions, counts.messages, counts.retained);
    if (counts.telemetry > 0)
        log::info("Journal {}: {} messages wait for telemetry.", path_, counts.telemetry);
    if (counts.unknown > 0)
        log::warning(
            "Warning: Journal {}: {} records are of a kind that this version does not know; they "
            "stay.",
            path_, counts.unknown);
}

}  // namespace martlet::server
