#include "telemetry/store/postgresql_reader.h"
#include "telemetry/store/postgresql_writer.h"
#include "telemetry/store/store.h"

namespace martlet::telemetry {

namespace {

class PostgresStore : public Store {
  public:
    explicit PostgresStore(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    Result<std::unique_ptr<StoreWriter>> open_writer() override {
        return PostgresWriter::open(conninfo_);
    }
    Result<std::unique_ptr<StoreReader>> open_reader() override {
        return PostgresReader::open(conninfo_);
    }

  private:
    const std::string conninfo_;
};

}  // namespace

std::unique_ptr<Store> make_postgresql_store(std::string conninfo) {
    return std::make_unique<PostgresStore>(std::move(conninfo));
}

}  // namespace martlet::telemetry
