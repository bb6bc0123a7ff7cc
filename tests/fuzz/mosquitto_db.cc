// Any bytes as a mosquitto.db, and what becomes of them: each record that is made must be sound.

#include "base/check.h"
#include "migrate/convert.h"

#include <cstdint>
#include <vector>

namespace {

using namespace martlet;

class Checking final : public migrate::RecordSink {
  public:
    Checking() : RecordSink(1) {}
    Status put(journal::Key key, const broker::Record& record) override {
        CHECK(key < next_key());
        std::vector<std::uint8_t> value(broker::encoded_size(record));
        broker::encode(record, value.data());
        broker::Record back;
        CHECK(broker::decode(value, back));
        CHECK(back.index() == record.index());
        return Done{};
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto db = migrate::read_mosquitto_db({data, size}, "F");
    if (!db) {
        CHECK(db.error().text.starts_with("Error: F is "));
        return 0;
    }
    constexpr std::int64_t kNow_ms = 1'750'000'000'000;
    Checking sink;
    CHECK(migrate::convert(db.value(), {kNow_ms, {1883, 8883}}, sink).ok());
    return 0;
}
