#include "migrate/export_file.h"

#include "base/hash_map.h"
#include "base/text.h"
#include "migrate/files.h"
#include "migrate/new_journal.h"
#include "migrate/record_line.h"

#include <cstdio>
#include <string_view>

namespace martlet::migrate {

namespace {

std::string_view first_line(ByteView bytes) {
    std::string_view text = as_text(bytes);
    return text.substr(0, text.find('\n'));
}

Error at_line(const std::string& file, std::uint64_t line, std::string_view what) {
    return Error{fmt::format("Error: {}: line {}: {}.", file, line, what)};
}

// Keys stay as they are, since records name each other by them, and their order is that of queues.
Result<std::uint64_t> put_lines(const std::string& file, std::string_view text, LogSink& sink) {
    HashSet<journal::Key> keys;
    for (std::uint64_t number = 1; !text.empty(); number++) {
        auto end = text.find('\n');
        if (end == std::string_view::npos)
            return at_line(file, number, "it does not end; the file was cut off");
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (number == 1 || line.empty()) continue;
        auto parsed = parse_record_line(line);
        if (!parsed) return at_line(file, number, parsed.error().text);
        const ParsedLine& record = parsed.value();
        if (!keys.insert(record.key).second)
            return at_line(file, number, "its key was there before");
        sink.keep_above(record.key);
        Status status = sink.put(record.key, record.value);
        if (!status) return status.error();
    }
    return keys.size();
}

}  // namespace

bool is_export(ByteView begin) {
    return is_export_head(first_line(begin));
}

Result<std::uint64_t> import_export(const std::string& file, const std::string& path) {
    auto kind = kind_of(path);
    if (!kind) return kind.error();
    if (kind.value() != FileKind::Missing)
        return Error{fmt::format("Error: {} is there already.", path)};
    auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    if (!is_export(bytes.value()))
        return Error{fmt::format("Error: {} is no export of Martlet.", file)};
    auto begun = NewJournal::begin(path);
    if (!begun) return begun.error();
    NewJournal& fresh = begun.value();
    auto count = put_lines(file, as_text(bytes.value()), fresh.sink());
    Status status = count ? fresh.finish() : Status(count.error());
    if (status) status = fresh.publish();
    if (!status) {
        fresh.discard();
        return status.error();
    }
    return count;
}

}  // namespace martlet::migrate
