// The bytes of one client, through one connection of one shard. First byte: bits 0 and 1 the
// version, bit 2 whether a sound CONNECT goes before, bit 3 whether it may keep its session, bits 4
// and up how many bytes come at once. Another client subscribes to everything and looks on.

#include "tests/fuzz/broker_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace martlet::broker;
    if (size == 0 || size > 20'000) return 0;
    be_quiet();
    Taker input(data, size);
    std::uint8_t first = input.byte();
    static constexpr Version kVersions[] = {Version::V311, Version::V5, Version::V31, Version::V5};
    TableOptions options;
    options.broker.persistent_client_expiration = 50;
    options.broker.max_packet_size = 5000;
    Table table(options);
    Client watcher(table, "watcher");
    watcher.connect();
    watcher.subscribe("#", {.qos = Qos::ExactlyOnce});
    Line& line = table.open_line(0);
    line.gives_frames = first & 1;
    ConnectWish wish{.version = kVersions[first & 3], .clean_start = (first & 8) == 0};
    wish.will_topic = "t/1";
    if (wish.version == Version::V5) {
        wish.expiry = first & 8 ? 100u : 0u;
        wish.alias_max = 5;
        wish.will_delay = 1;
    }
    if (first & 4) line.to_broker = connect_frame("fuzzed", wish);
    std::vector<std::uint8_t> bytes = input.all();
    std::size_t step = std::size_t{1} << (first >> 4);
    for (std::size_t at = 0; at < bytes.size() && line.is_open(); at += step) {
        auto end = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, bytes.size()));
        line.to_broker.insert(line.to_broker.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                              end);
        table.turn(0);
    }
    require(table.settle());
    if (first & 4) Reader(wish.version).read(line.from_broker);
    watcher.settle();
    require(watcher.is_connected());
    require_nothing_left(table);
    return 0;
}
