#pragma once

// Values as PostgreSQL takes them in its binary forms: rows for COPY, and parameters of a
// statement. Nothing is converted to text and nothing quoted, so numbers are exact and text is
// never read as SQL. Any thread.

#include "telemetry/words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// PostgreSQL's type numbers.
enum class PostgresType : std::uint32_t { Bytes = 17, Integer = 20, Text = 25, Real = 701 };

struct PostgresBytes {
    std::string_view bytes;
};

// Text is mended: PostgreSQL takes neither U+0000 nor what is not UTF-8.
class PostgresParameters {
  public:
    struct Value {
        PostgresType type;
        std::string bytes;
    };

    template <typename... Values>
    explicit PostgresParameters(const Values&... values) {
        (add(values), ...);
    }
    void add(std::int64_t value);
    void add(std::string_view value);
    void add(const std::string& value) { add(std::string_view(value)); }

    const std::vector<Value>& values() const { return values_; }

  private:
    std::vector<Value> values_;
};

// The rows of one COPY ... FROM STDIN (FORMAT binary). Columns: bigint, integer, double precision,
// text, bytea.
class PostgresCopy {
  public:
    PostgresCopy();
    void begin_row(int columns);
    void add(std::int64_t value);
    void add_small(std::int32_t value);  // integer
    void add(double value);
    void add_known(double value);  // not a number: NULL
    void add(std::string_view text);
    void add(PostgresBytes value);
    void add_null();
    // Three columns, bigint, double precision and text, of which one is not NULL.
    void add(const Value& value);

    bool is_empty() const { return rows_ == 0; }
    // Begins anew.
    void clear();
    // All of it with its end, after which no row may come.
    std::string_view finish();

  private:
    std::string bytes_;
    std::uint64_t rows_ = 0;
    bool is_finished_ = false;
};

// Numbers as they come in results.
std::int64_t read_postgres_integer(std::string_view bytes);  // of 2, 4 or 8 bytes
double read_postgres_real(std::string_view bytes);           // of 8 bytes

}  // namespace martlet::telemetry
