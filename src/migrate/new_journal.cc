#include "migrate/new_journal.h"

#include "migrate/files.h"

#include <filesystem>

namespace martlet::migrate {

namespace {

// The folder's own lock file stays: it is held.
constexpr std::string_view kLockName = "lock";

Status empty(journal::Folder& folder) {
    auto names = folder.list();
    if (!names) return names.error();
    for (const std::string& name : names.value()) {
        if (name == kLockName) continue;
        Status removed = folder.remove(name);
        if (!removed) return removed;
    }
    return Done{};
}

}  // namespace

std::string importing_path(const std::string& path) {
    return path + ".importing";
}

Result<NewJournal> NewJournal::begin(const std::string& path) {
    auto folder = journal::open_folder(importing_path(path));
    if (!folder) return folder.error();
    Status emptied = empty(*folder.value());
    if (!emptied) return emptied.error();
    journal::Recovery recovery;
    auto log = journal::Log::open(
        std::move(folder).value(), journal::LogOptions(), [](journal::Key, ByteView) {},
        [](std::uint64_t, std::uint64_t) {}, recovery);
    if (!log) return log.error();
    NewJournal fresh(path);
    fresh.log_ = std::move(log).value();
    fresh.sink_ = std::make_unique<LogSink>(*fresh.log_);
    return fresh;
}

Status NewJournal::finish() {
    Status status = sink_->finish();
    if (!status) return status;
    sink_.reset();
    log_.reset();
    return Done{};
}

Status NewJournal::publish() {
    return rename_synced(importing_path(path_), path_);
}

void NewJournal::discard() {
    sink_.reset();
    log_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(importing_path(path_), ignored);
}

}  // namespace martlet::migrate
