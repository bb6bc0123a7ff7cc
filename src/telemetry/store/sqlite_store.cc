#include "base/text.h"
#include "telemetry/store/sqlite_reader.h"
#include "telemetry/store/sqlite_schema.h"
#include "telemetry/store/sqlite_writer.h"
#include "telemetry/store/store.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace martlet::telemetry {

namespace {

// Keys and sums are kept in memory, so that a second broker would write over the first one's. Not
// on the store itself: closing that would let go of the locks that SQLite holds in this process.
class WriterLock {
  public:
    WriterLock() = default;
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;
    ~WriterLock() {
        if (fd_ >= 0) ::close(fd_);
    }

    Status take(const std::string& store) {
        if (fd_ >= 0) return Done{};
        std::string path = store + "-lock";
        fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd_ < 0) {
            return Error{fmt::format("The telemetry store {} cannot be locked: {}: {}.", store,
                                     path, std::strerror(errno))};
        }
        ::fchmod(fd_, 0600);
        if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return Done{};
        ::close(std::exchange(fd_, -1));
        return Error{
            fmt::format("The telemetry store {} is in use by another broker. Stop that one, "
                        "or name another file.",
                        store)};
    }

  private:
    int fd_ = -1;
};

class SqliteStore : public Store {
  public:
    explicit SqliteStore(std::string path) : path_(std::move(path)) {}

    Result<std::unique_ptr<StoreWriter>> open_writer() override {
        auto database = open_sqlite_to_write(path_);
        if (!database.ok()) return database.error();
        if (auto locked = lock_.take(path_); !locked.ok()) return locked.error();
        return std::unique_ptr<StoreWriter>(
            std::make_unique<SqliteWriter>(std::move(database).value()));
    }

    Result<std::unique_ptr<StoreReader>> open_reader() override {
        auto database = open_sqlite_to_read(path_);
        if (!database.ok()) return database.error();
        return std::unique_ptr<StoreReader>(
            std::make_unique<SqliteReader>(std::move(database).value()));
    }

  private:
    const std::string path_;
    WriterLock lock_;
};

}  // namespace

std::unique_ptr<Store> make_sqlite_store(std::string path) {
    return std::make_unique<SqliteStore>(std::move(path));
}

}  // namespace martlet::telemetry
