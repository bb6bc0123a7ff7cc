#include "telemetry/store/sqlite.h"

#include "base/text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::telemetry {

namespace {

// How long one connection waits for another that holds the file.
constexpr int kBusyMs = 5000;

// SQLite would make the file with what the umask leaves; -wal and -shm take after it. A file that
// is there is not opened: closing it would let go of the locks that SQLite holds in this process.
Status make_private_file(const std::string& path) {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) return Done{};
    if (fd < 0) {
        return Error{
            fmt::format("The telemetry store {} cannot be made: {}. Its folder must exist "
                        "and be writable.",
                        path, std::strerror(errno))};
    }
    ::fchmod(fd, 0600);
    ::close(fd);
    return Done{};
}

// Empty text must not become NULL.
const char* data_of(std::string_view text) {
    return text.data() == nullptr ? "" : text.data();
}

std::string what_to_do(int code, const std::string& path, const char* message) {
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            return fmt::format(
                "{} is not a telemetry store: {}. Name another file, or move this one "
                "away.",
                path, message);
        case SQLITE_CORRUPT:
            return fmt::format(
                "The telemetry store {0} is damaged: {1}. Stop the broker, move {0}, "
                "{0}-wal and {0}-shm to another folder, and there save what can be "
                "read: sqlite3 DAMAGED .recover | sqlite3 {0}",
                path, message);
        case SQLITE_FULL:
            return fmt::format("The telemetry store {} cannot grow: {}. Make room on its disk.",
                               path, message);
        case SQLITE_BUSY:
            return fmt::format(
                "The telemetry store {} is held by another program for more than {} s: "
                "{}.",
                path, kBusyMs / 1000, message);
        case SQLITE_IOERR:
            return fmt::format(
                "The telemetry store {} cannot be read or written: {} ({}). See what the system's "
                "log says of its disk.",
                path, message, code);
        case SQLITE_READONLY:
            return fmt::format(
                "The telemetry store {0} cannot be written: {1}. The broker's user must own {0}, "
                "{0}-wal and {0}-shm.",
                path, message);
        case SQLITE_CANTOPEN:
            return fmt::format("The telemetry store {} cannot be opened: {}.", path, message);
        default:
            return fmt::format("The telemetry store {} fails: {}.", path, message);
    }
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteDatabase& database, const char* sql) : database_(database) {
    code_ = sqlite3_prepare_v3(database.handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                               nullptr);
}

SqliteStatement::~SqliteStatement() {
    sqlite3_finalize(statement_);
}

bool SqliteStatement::next() {
    if (statement_ == nullptr) return false;
    code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
}

Status SqliteStatement::finish() {
    database_.finished_ = code_;
    if (statement_ == nullptr) return database_.error(code_);
    int code = code_;
    bool is_sound = code == SQLITE_DONE || code == SQLITE_ROW || code == SQLITE_OK;
    Status status = is_sound ? Status(Done{}) : Status(database_.error(code));
    sqlite3_reset(statement_);
    code_ = SQLITE_OK;
    return status;
}

std::int64_t SqliteStatement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double SqliteStatement::real(int column) const {
    if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
    return sqlite3_column_double(statement_, column);
}

std::string SqliteStatement::text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Value SqliteStatement::value(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_INTEGER:
            return integer(column);
        case SQLITE_TEXT:
        case SQLITE_BLOB:
            return text(column);
        default:
            return real(column);
    }
}

bool SqliteStatement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void SqliteStatement::put(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
}

void SqliteStatement::put(int at, double value) {
    sqlite3_bind_double(statement_, at, value);
}

void SqliteStatement::put(int at, std::string_view value) {
    sqlite3_bind_text64(statement_, at, data_of(value), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::put(int at, SqliteBlob value) {
    sqlite3_bind_blob64(statement_, at, data_of(value.bytes), value.bytes.size(), SQLITE_STATIC);
}

void SqliteStatement::put(int at, const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        put(at, *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        put(at, *real);
    } else {
        put(at, std::get<std::string>(value));
    }
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path, Mode mode) {
    if (mode == Mode::Write) {
        if (auto made = make_private_file(path); !made.ok()) return made.error();
    }
    std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(path));
    int flags = mode == Mode::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path.c_str(), &database->handle_, flags, nullptr);
    if (code != SQLITE_OK) return database->error(code);
    sqlite3_busy_timeout(database->handle_, kBusyMs);
    return database;
}

SqliteDatabase::~SqliteDatabase() {
    statements_.clear();
    sqlite3_close(handle_);
}

SqliteStatement& SqliteDatabase::statement(const char* sql) {
    auto& kept = statements_[sql];
    if (kept == nullptr) kept = std::make_unique<SqliteStatement>(*this, sql);
    return *kept;
}

Status SqliteDatabase::script(const char* sql) {
    int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return Done{};
}

Result<std::int64_t> SqliteDatabase::number(const char* sql) {
    SqliteStatement once(*this, sql);
    std::int64_t value = once.next() ? once.integer(0) : 0;
    if (auto done = once.finish(); !done.ok()) return done.error();
    return value;
}

std::int64_t SqliteDatabase::changes() const {
    return sqlite3_changes64(handle_);
}

bool SqliteDatabase::was_refused() const {
    int code = finished_ & 0xff;
    bool is_about_data =
        code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH;
    return is_about_data && sqlite3_get_autocommit(handle_) == 0;
}

Error SqliteDatabase::error(int code) const {
    const char* message = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
    return {what_to_do(code, path_, message)};
}

}  // namespace martlet::telemetry
