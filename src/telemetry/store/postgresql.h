#pragma once

// The door to PostgreSQL: a connection, statements with parameters, and COPY. What went wrong comes
// back as an Error that says so in the server's words; a connection that broke stays broken until
// reconnect(). One thread at a time.

#include "base/result.h"
#include "telemetry/store/postgresql_values.h"

#include <memory>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace martlet::telemetry {

// The rows that a statement gave.
class PostgresRows {
  public:
    explicit PostgresRows(pg_result* result) : result_(result) {}

    int count() const;
    std::int64_t changed() const;  // rows that were written or removed
    bool is_null(int row, int column) const;
    std::int64_t integer(int row, int column) const;
    double real(int row, int column) const;  // NULL: not a number
    std::string text(int row, int column) const;
    // Three columns: bigint, double precision, text.
    Value value(int row, int column) const;

  private:
    std::string_view bytes(int row, int column) const;

    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

class PostgresDatabase {
  public:
    static Result<std::unique_ptr<PostgresDatabase>> open(const std::string& conninfo);
    ~PostgresDatabase();
    PostgresDatabase(const PostgresDatabase&) = delete;
    PostgresDatabase& operator=(const PostgresDatabase&) = delete;

    bool is_connected() const;
    // The same, when the server may have said good-bye since the last statement.
    bool is_alive();
    Status reconnect();

    // One statement; its parameters are $1, $2 ...
    template <typename... Values>
    Result<PostgresRows> query(const char* sql, const Values&... values) {
        return query_with(sql, PostgresParameters(values...));
    }
    template <typename... Values>
    Status run(const char* sql, const Values&... values) {
        auto rows = query_with(sql, PostgresParameters(values...));
        if (!rows.ok()) return rows.error();
        return Done{};
    }
    Result<PostgresRows> query_with(const char* sql, const PostgresParameters& parameters);
    // Several statements without parameters.
    Status script(const char* sql);
    // `sql` is a COPY ... FROM STDIN (FORMAT binary).
    Status copy(const char* sql, PostgresCopy& rows);

    // Why the last error came: PostgreSQL's code of five letters; empty: the connection.
    bool was_unique_violation() const { return state_ == "23505"; }
    // For what the rows say: it would fail again.
    bool was_refused() const;
    bool was_lock_timeout() const { return state_ == "55P03"; }

  private:
    explicit PostgresDatabase(pg_conn* connection) : connection_(connection) {}
    Status finish(pg_result* result);
    Error error(const pg_result* result);

    pg_conn* connection_;
    std::string state_;
};

}  // namespace martlet::telemetry
