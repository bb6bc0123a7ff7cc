#include "telemetry/store/postgresql.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <libpq-fe.h>

namespace martlet::telemetry {

namespace {

constexpr int kBinary = 1;
constexpr std::size_t kCopyPiece = 1u << 20;

void ignore_notice(void*, const PGresult*) {}

// Before "dbname": what the connection string may say otherwise. A server that is gone without a
// word is noticed in half a minute.
pg_conn* connect(const std::string& conninfo) {
    std::array<const char*, 6> names = {"connect_timeout", "tcp_user_timeout",          "dbname",
                                        "client_encoding", "fallback_application_name", nullptr};
    std::array<const char*, 6> values = {"10",   "30000",   conninfo.c_str(),
                                         "UTF8", "martlet", nullptr};
    auto* connection = PQconnectdbParams(names.data(), values.data(), 1);
    if (connection != nullptr) PQsetNoticeReceiver(connection, ignore_notice, nullptr);
    return connection;
}

// What libpq says has lines, some of them indented.
std::string in_one_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::erase(text, '\t');
    std::ranges::replace(text, '\n', ' ');
    return text;
}

}  // namespace

void PostgresRows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

int PostgresRows::count() const {
    return PQntuples(result_.get());
}

std::int64_t PostgresRows::changed() const {
    std::int64_t number = 0;
    for (const char* digit = PQcmdTuples(result_.get()); *digit != '\0'; ++digit) {
        number = number * 10 + (*digit - '0');
    }
    return number;
}

bool PostgresRows::is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view PostgresRows::bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PostgresRows::integer(int row, int column) const {
    return read_postgres_integer(bytes(row, column));
}

double PostgresRows::real(int row, int column) const {
    return read_postgres_real(bytes(row, column));
}

std::string PostgresRows::text(int row, int column) const {
    return std::string(bytes(row, column));
}

Value PostgresRows::value(int row, int column) const {
    if (!is_null(row, column)) return integer(row, column);
    if (!is_null(row, column + 2)) return text(row, column + 2);
    return real(row, column + 1);
}

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::open(const std::string& conninfo) {
    std::unique_ptr<PostgresDatabase> database(new PostgresDatabase(connect(conninfo)));
    if (!database->is_connected()) return database->error(nullptr);
    return database;
}

PostgresDatabase::~PostgresDatabase() {
    PQfinish(connection_);
}

bool PostgresDatabase::is_connected() const {
    return PQstatus(connection_) == CONNECTION_OK;
}

bool PostgresDatabase::is_alive() {
    // First the server's last words, then the end.
    for (int look = 0; look < 2; ++look) {
        if (!is_connected() || PQconsumeInput(connection_) == 0) return false;
    }
    return is_connected();
}

Status PostgresDatabase::reconnect() {
    PQreset(connection_);
    if (!is_connected()) return error(nullptr);
    return Done{};
}

Result<PostgresRows> PostgresDatabase::query_with(const char* sql,
                                                  const PostgresParameters& parameters) {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> sizes;
    for (const auto& value : parameters.values()) {
        types.push_back(static_cast<Oid>(value.type));
        values.push_back(value.bytes.data());
        sizes.push_back(static_cast<int>(value.bytes.size()));
    }
    std::vector<int> formats(values.size(), kBinary);
    auto* result = PQexecParams(connection_, sql, static_cast<int>(values.size()), types.data(),
                                values.data(), sizes.data(), formats.data(), kBinary);
    auto status = PQresultStatus(result);
    PostgresRows rows(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return error(result);
    return rows;
}

Status PostgresDatabase::script(const char* sql) {
    return finish(PQexec(connection_, sql));
}

Status PostgresDatabase::copy(const char* sql, PostgresCopy& rows) {
    auto* begun = PQexec(connection_, sql);
    if (PQresultStatus(begun) != PGRES_COPY_IN) return finish(begun);
    PQclear(begun);
    auto bytes = rows.finish();
    bool is_sent = true;
    while (is_sent && !bytes.empty()) {
        auto piece = bytes.substr(0, kCopyPiece);
        is_sent = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) == 1;
        bytes.remove_prefix(piece.size());
    }
    if (!is_sent || PQputCopyEnd(connection_, nullptr) != 1) return error(nullptr);
    auto status = finish(PQgetResult(connection_));
    while (auto* rest = PQgetResult(connection_)) PQclear(rest);
    return status;
}

Status PostgresDatabase::finish(pg_result* result) {
    auto status = PQresultStatus(result);
    PostgresRows owner(result);
    bool is_sound = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    return is_sound ? Status(Done{}) : Status(error(result));
}

// Data, integrity, limits of the program; an exception of somebody's trigger.
bool PostgresDatabase::was_refused() const {
    return state_.starts_with("22") || state_.starts_with("23") || state_.starts_with("54") ||
           state_ == "P0001";
}

Error PostgresDatabase::error(const pg_result* result) {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    state_ = state == nullptr ? "" : state;
    const char* said = result == nullptr ? nullptr : PQresultErrorMessage(result);
    if (said == nullptr || *said == '\0') said = PQerrorMessage(connection_);
    const char* hint = was_lock_timeout() ? " Another session holds a lock on it for long." : "";
    return {fmt::format("The telemetry store in PostgreSQL fails: {}{}", in_one_line(said), hint)};
}

}  // namespace martlet::telemetry
