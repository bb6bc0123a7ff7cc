#include "migrate/import.h"

#include "base/text.h"
#include "migrate/files.h"
#include "migrate/new_journal.h"

#include <vector>

namespace martlet::migrate {

namespace {

std::string kept_path(const std::string& path) {
    return path + ".mosquitto";
}

// mosquitto takes an empty file for a database with nothing in it.
Result<bool> is_database(const std::string& file) {
    constexpr std::size_t kEnough = 64;
    auto begin = read_begin(file, kEnough);
    if (!begin) return begin.error();
    return begin.value().empty() || is_mosquitto_db(begin.value());
}

struct Converted {
    NewJournal journal;
    Counts counts;
};

// The file's content stands in `path`.importing.
Result<Converted> write_journal(const std::string& file, const std::string& path,
                                const ConvertOptions& options) {
    auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    MosquittoDb db;
    if (!bytes.value().empty()) {
        auto read = read_mosquitto_db(bytes.value(), file);
        if (!read) return read.error();
        db = std::move(read).value();
    }
    auto begun = NewJournal::begin(path);
    if (!begun) return begun.error();
    Converted converted{std::move(begun).value(), {}};
    auto counts = convert(db, options, converted.journal.sink());
    Status finished = counts ? converted.journal.finish() : Status(counts.error());
    if (!finished) {
        converted.journal.discard();
        return finished.error();
    }
    converted.counts = counts.value();
    return converted;
}

std::string summary_of(const Counts& counts) {
    std::string text =
        fmt::format("{} sessions, {} subscriptions, {} queued and {} retained messages",
                    counts.sessions, counts.subscriptions, counts.messages, counts.retained);
    if (counts.over > 0) text += fmt::format("; {} were over", counts.over);
    if (counts.unsound > 0) text += fmt::format("; {} could not be taken over", counts.unsound);
    return text;
}

// The original was at `path` and has made way.
Imported replaced(const Counts& counts, const std::string& path) {
    std::string kept = kept_path(path);
    return {
        counts, kept,
        fmt::format("Imported mosquitto's database {0}: {1}. The original is kept as {2}. Going "
                    "back to mosquitto: mv '{0}' '{0}.martlet'; mv '{2}' '{0}'",
                    path, summary_of(counts), kept)};
}

// An original from an earlier import is not lost: it gets a number.
Status make_way(const std::string& kept) {
    auto kind = kind_of(kept);
    if (!kind) return kind.error();
    if (kind.value() == FileKind::Missing) return Done{};
    for (int number = 1;; number++) {
        std::string other = fmt::format("{}.{}", kept, number);
        auto taken = kind_of(other);
        if (!taken) return taken.error();
        if (taken.value() == FileKind::Missing) return rename_synced(kept, other);
    }
}

Result<Imported> replace(const std::string& path, const ConvertOptions& options) {
    std::string kept = kept_path(path);
    auto converted = write_journal(path, path, options);
    if (!converted) return converted.error();
    Status status = make_way(kept);
    if (status) status = rename_synced(path, kept);
    if (status) status = converted.value().journal.publish();
    if (!status) return status.error();
    return replaced(converted.value().counts, path);
}

// The last import got as far as to rename the original.
Result<std::optional<Imported>> resume(const std::string& path, const ConvertOptions& options) {
    std::string kept = kept_path(path);
    auto begun = kind_of(importing_path(path));
    if (!begun) return begun.error();
    auto kind = kind_of(kept);
    if (!kind) return kind.error();
    if (begun.value() != FileKind::Folder || kind.value() != FileKind::File)
        return std::optional<Imported>();
    auto converted = write_journal(kept, path, options);
    if (!converted) return converted.error();
    Status status = converted.value().journal.publish();
    if (!status) return status.error();
    return std::optional(replaced(converted.value().counts, path));
}

}  // namespace

Result<std::optional<Imported>> import_mosquitto(const std::string& path,
                                                 const ConvertOptions& options) {
    auto kind = kind_of(path);
    if (!kind) return kind.error();
    if (kind.value() == FileKind::Missing) return resume(path, options);
    if (kind.value() == FileKind::Folder) return std::optional<Imported>();
    auto is_mosquittos = kind.value() == FileKind::File ? is_database(path) : Result<bool>(false);
    if (!is_mosquittos) return is_mosquittos.error();
    if (!is_mosquittos.value())
        return Error{
            fmt::format("Error: {} is neither a journal of Martlet nor a database of "
                        "mosquitto. Move it away, or set persistence_file to another name.",
                        path)};
    auto imported = replace(path, options);
    if (!imported) return imported.error();
    return std::optional(std::move(imported).value());
}

Result<Imported> import_mosquitto_from(const std::string& file, const std::string& path,
                                       const ConvertOptions& options) {
    auto kind = kind_of(path);
    if (!kind) return kind.error();
    if (kind.value() != FileKind::Missing)
        return Error{fmt::format("Error: {} is there already.", path)};
    auto converted = write_journal(file, path, options);
    if (!converted) return converted.error();
    Status status = converted.value().journal.publish();
    if (!status) {
        converted.value().journal.discard();
        return status.error();
    }
    const Counts& counts = converted.value().counts;
    return Imported{counts, file,
                    fmt::format("Imported mosquitto's database {} into {}: {}.", file, path,
                                summary_of(counts))};
}

}  // namespace martlet::migrate
