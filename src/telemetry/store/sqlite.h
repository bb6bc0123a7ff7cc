#pragma once

// The door to SQLite: a connection and its prepared statements. What went wrong comes back as an
// Error that names the file and says what to do. One thread at a time.

#include "base/hash_map.h"
#include "base/result.h"
#include "telemetry/words.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace martlet::telemetry {

class SqliteDatabase;

// Bytes that are no text.
struct SqliteBlob {
    std::string_view bytes;
};

// A prepared statement. Bind, then next() until it is false, then finish(), which tells whether it
// ended well. One that could not be prepared has no rows and fails at finish().
class SqliteStatement {
  public:
    SqliteStatement(SqliteDatabase& database, const char* sql);
    ~SqliteStatement();
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    // All parameters in their order. Text and bytes must live until finish().
    template <typename... Values>
    SqliteStatement& bind(const Values&... values) {
        int at = 0;
        (put(++at, values), ...);
        return *this;
    }

    SqliteStatement& bind_all(std::span<const std::int64_t> values) {
        int at = 0;
        for (auto value : values) put(++at, value);
        return *this;
    }

    bool next();
    Status finish();
    // Without rows, or they do not matter. `changes` of the database tells how many it touched.
    Status run() {
        while (next()) {
        }
        return finish();
    }

    // Columns of the row, from 0.
    std::int64_t integer(int column) const;
    double real(int column) const;  // NULL: not a number
    std::string text(int column) const;
    Value value(int column) const;
    bool is_null(int column) const;

  private:
    void put(int at, std::int64_t value);
    void put(int at, double value);
    void put(int at, std::string_view value);
    void put(int at, SqliteBlob value);
    void put(int at, const Value& value);
    // Only these: nothing is to be converted on its way.
    template <typename Other>
    void put(int at, const Other& value) = delete;
    void put(int at, const std::string& value) { put(at, std::string_view(value)); }

    SqliteDatabase& database_;
    sqlite3_stmt* statement_ = nullptr;
    int code_ = 0;
};

class SqliteDatabase {
  public:
    enum class Mode : std::uint8_t { Read, Write };

    // Writing makes the file when there is none, with mode 0600.
    static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path, Mode mode);
    ~SqliteDatabase();
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    // Prepared once and kept. `sql` is a constant: its address is its name.
    SqliteStatement& statement(const char* sql);
    template <typename... Values>
    Status run(const char* sql, const Values&... values) {
        return statement(sql).bind(values...).run();
    }
    // Several statements without parameters.
    Status script(const char* sql);
    // The first column of the first row; 0: no row.
    Result<std::int64_t> number(const char* sql);

    std::int64_t changes() const;  // rows that the last statement touched
    // The last statement failed for what it says, and would fail again; the transaction goes on.
    bool was_refused() const;
    const std::string& path() const { return path_; }
    Error error(int code) const;

  private:
    friend class SqliteStatement;
    explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}

    std::string path_;
    sqlite3* handle_ = nullptr;
    int finished_ = 0;  // how the last statement ended
    HashMap<const char*, std::unique_ptr<SqliteStatement>> statements_;
};

}  // namespace martlet::telemetry
