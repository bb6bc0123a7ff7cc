#include "base/hash_map.h"
#include "broker/records.h"
#include "cli/store/commands.h"
#include "migrate/record_line.h"

#include <string>

namespace martlet::cli {

namespace {

using Names = HashMap<journal::Key, std::string>;  // client ids, by the session's key

Status collect_names(const StorePlace& place, Names& names) {
    journal::Recovery recovery;
    auto visit = [&](journal::Key key, ByteView value) {
        broker::Record record;
        if (!broker::decode(value, record)) return;
        if (const auto* session = std::get_if<broker::SessionRecord>(&record))
            names[key] = std::string(session->client_id);
    };
    auto looked = look_at_store(place, visit, recovery);
    if (!looked) return looked.error();
    return Done{};
}

std::string_view name_of(ByteView value, const Names& names) {
    broker::Record record;
    if (!broker::decode(value, record)) return {};
    return std::visit(
        [&](const auto& r) {
            std::string_view name;
            if constexpr (requires { r.session; }) {
                auto it = names.find(r.session);
                if (it != names.end()) name = it->second;
            }
            return name;
        },
        record);
}

void print_line(const std::string& line, std::FILE* out) {
    std::fwrite(line.data(), 1, line.size(), out);
    std::fputc('\n', out);
}

}  // namespace

int dump_store(const StorePlace& place, bool is_export, std::FILE* out) {
    Names names;
    Status named = is_export ? Status(Done{}) : collect_names(place, names);
    if (!named) return fail_store(named.error().text);
    if (is_export) print_line(migrate::export_head(), out);
    journal::Recovery recovery;
    auto visit = [&](journal::Key key, ByteView value) {
        print_line(migrate::record_line(key, value, name_of(value, names)), out);
    };
    auto looked = look_at_store(place, visit, recovery);
    if (!looked) return fail_store(looked.error().text);
    if (std::fflush(out) != 0 || std::ferror(out) != 0)
        return fail_store("Error: Not all could be written.");
    bool is_damaged = false;
    for (const journal::Damage& damage : recovery.damages)
        is_damaged = is_damaged || !damage.kept_as.empty();
    if (!is_damaged) return 0;
    return fail_store("Warning: The journal is damaged; this is what is sound of it.");
}

}  // namespace martlet::cli
