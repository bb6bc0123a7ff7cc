#pragma once

// A new, empty store for one test, in SQLite or PostgreSQL, whose door may be closed and opened
// again.

#include "telemetry/store/postgresql.h"
#include "telemetry/store/sqlite.h"
#include "telemetry/store/store.h"
#include "tests/telemetry/postgres_server.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace martlet::telemetry {

class StoreBackend {
  public:
    virtual ~StoreBackend() = default;
    virtual std::unique_ptr<Store> open() = 0;
    // From another connection, behind the store's back.
    virtual Status script(const char* sql) = 0;
    // From now on the last thing of a batch that says "applied" fails.
    virtual Status refuse_applied() = 0;
    // From now on a sample that is 13 is refused.
    virtual Status refuse_thirteen() = 0;
    // The number that tells the form of the tables, and this one plus one.
    virtual Status make_newer() = 0;
};

// Its folder goes with it.
class SqliteBackend : public StoreBackend {
  public:
    SqliteBackend() {
        std::string folder = "/tmp/martlet-store-XXXXXX";
        if (mkdtemp(folder.data()) != nullptr) folder_ = folder;
    }
    ~SqliteBackend() override {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }

    std::unique_ptr<Store> open() override { return make_sqlite_store(path()); }
    std::string path() const { return folder_ + "/telemetry.db"; }

    Status script(const char* sql) override {
        auto database = SqliteDatabase::open(path(), SqliteDatabase::Mode::Write);
        return database.ok() ? database.value()->script(sql) : Status(database.error());
    }
    Status refuse_applied() override {
        return script(
            "CREATE TRIGGER refuse BEFORE INSERT ON applied "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END");
    }
    Status refuse_thirteen() override {
        return script(
            "CREATE TRIGGER thirteen BEFORE INSERT ON sample WHEN new.value = 13 "
            "BEGIN SELECT RAISE(ABORT, 'bad luck'); END");
    }
    Status make_newer() override { return script("PRAGMA user_version = 4"); }

  private:
    std::string folder_;
};

class PostgresBackend : public StoreBackend {
  public:
    explicit PostgresBackend(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    std::unique_ptr<Store> open() override { return make_postgresql_store(conninfo_); }

    Status script(const char* sql) override {
        auto database = PostgresDatabase::open(conninfo_);
        return database.ok() ? database.value()->script(sql) : Status(database.error());
    }
    Status refuse_applied() override {
        return script(
            "ALTER TABLE martlet.applied ADD CONSTRAINT refuse CHECK (number < 0) NOT VALID");
    }
    Status refuse_thirteen() override {
        return script("ALTER TABLE martlet.sample ADD CHECK (integer_value <> 13)");
    }
    Status make_newer() override { return script("UPDATE martlet.store SET form = form + 1"); }

  private:
    const std::string conninfo_;
};

inline std::unique_ptr<StoreBackend> sqlite_backend() {
    return std::make_unique<SqliteBackend>();
}

// Null: PostgreSQL is not installed.
inline std::unique_ptr<StoreBackend> postgres_backend() {
    auto* server = PostgresServer::get();
    if (server == nullptr) return nullptr;
    auto backend = std::make_unique<PostgresBackend>(server->conninfo());
    if (!backend->script("DROP SCHEMA IF EXISTS martlet CASCADE").ok()) return nullptr;
    return backend;
}

}  // namespace martlet::telemetry
