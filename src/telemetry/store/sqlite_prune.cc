#include "telemetry/store/sqlite_prune.h"

#include "telemetry/store/sqlite_transaction.h"

namespace martlet::telemetry {

Result<bool> SqlitePruner::prune(const Retention& retention) {
    bool is_more = false;
    auto done = in_transaction(database_, [&]() -> Status {
        auto piece = round_.go_on(*this, retention);
        if (!piece.ok()) return piece.error();
        is_more = piece.value();
        return Done{};
    });
    if (done.ok()) return is_more;
    round_.undo();
    return done.error();
}

Result<std::optional<std::int64_t>> SqlitePruner::ask(const char* sql,
                                                      std::span<const std::int64_t> parameters) {
    auto& rows = database_.statement(sql).bind_all(parameters);
    std::optional<std::int64_t> found;
    if (rows.next() && !rows.is_null(0)) found = rows.integer(0);
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return found;
}

Result<std::int64_t> SqlitePruner::remove(const char* sql,
                                          std::span<const std::int64_t> parameters) {
    if (auto done = database_.statement(sql).bind_all(parameters).run(); !done.ok()) {
        return done.error();
    }
    return database_.changes();
}

}  // namespace martlet::telemetry
