// What reading costs, from a payload to rows that wait for the store: decode and Ledger::add, for
// the forms that most sites have. "allocations" are those of one message. Each case reads the same
// number of messages in every run, so that two builds can also be compared by instructions:
//
//     valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*read_message*'
//         bench_decoders --benchmark_filter=^plain_object/
//
// usage: bench_decoders [--benchmark_filter=REGEX]

#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/meshtastic/keyring.h"
#include "telemetry/ledger.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <telemetry/proto/meshtastic.pb.h>
#include <utility>
#include <vector>

namespace {

std::size_t allocations = 0;

void* counted(std::size_t size) {
    allocations++;
    void* memory = std::malloc(size);
    if (memory == nullptr) std::abort();
    return memory;
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace martlet::telemetry;
namespace wire = meshtastic::wire;

constexpr std::int64_t kMessages = 20'000;
constexpr std::size_t kDevices = 100;
constexpr std::size_t kBatch = 500;         // messages between two commits
constexpr Time kBegin = 1'767'225'600'000;  // 2026-01-01
constexpr std::uint32_t kBeginSeconds = 1'767'225'600;

struct Text {
    std::string topic;
    std::string payload;
};

class Reading {
  public:
    Reading(std::string_view decoder, std::vector<Text> texts)
        : decoder_(find_decoder(decoder)->make({}, problem_)), texts_(std::move(texts)) {}

    // The next message. A name of its own, for whoever counts instructions.
    [[gnu::noinline]] void read_message() { read(); }

    // One message of each text, which makes sources and series. False: one was not read.
    bool warm_up() {
        bool is_read = decoder_ != nullptr;
        for (std::size_t i = 0; is_read && i < texts_.size(); i++) {
            read();
            is_read = out_.verdict == Verdict::Read;
        }
        return is_read;
    }

    std::size_t samples() const { return out_.samples.size(); }

  private:
    void read() {
        const Text& text = texts_[count_ % texts_.size()];
        Incoming message;
        message.topic = text.topic;
        message.payload = text.payload;
        message.received = kBegin + static_cast<Time>(count_) * 1000;
        out_.clear();
        decoder_->decode(message, out_);
        ledger_.add(out_, message.received);
        if (++count_ % kBatch != 0) return;
        ledger_.batch();
        ledger_.committed();
    }

    std::string problem_;
    std::unique_ptr<Decoder> decoder_;
    std::vector<Text> texts_;
    Ledger ledger_{StoreContents{}};
    Decoded out_;
    std::size_t count_ = 0;
};

void run(benchmark::State& state, std::string_view decoder, std::vector<Text> texts) {
    Reading reading(decoder, std::move(texts));
    if (!reading.warm_up()) state.SkipWithError("a message was not read");
    std::size_t before = allocations;
    for ([[maybe_unused]] auto round : state) reading.read_message();
    state.counters["allocations"] =
        static_cast<double>(allocations - before) / static_cast<double>(kMessages);
    state.counters["samples"] = static_cast<double>(reading.samples());
    state.SetItemsProcessed(state.iterations());
}

// The same message of many devices: '#' stands for the device.
std::vector<Text> of_devices(const std::string& topic, const std::string& payload) {
    auto filled = [](std::string text, const std::string& device) {
        if (auto place = text.find('#'); place != std::string::npos) text.replace(place, 1, device);
        return text;
    };
    std::vector<Text> texts;
    for (std::size_t i = 0; i < kDevices; i++) {
        auto device = std::to_string(100 + i);
        texts.push_back({filled(topic, device), filled(payload, device)});
    }
    return texts;
}

void plain_object(benchmark::State& state) {
    run(state, "json",
        of_devices("site/room#/climate",
                   R"({"temperature":21.5,"humidity":40,"pressure":1013.2})"));
}

void bare_number(benchmark::State& state) {
    run(state, "json", of_devices("site/room#/temperature", "21.5"));
}

void large_object(benchmark::State& state) {
    run(state, "json", of_devices("plant/line#/report", R"({"time":"2026-01-01T00:00:00Z",
"uptime":86400,"running":true,"mode":"auto","voltage":231.4,"current":5.25,"power":1187.5,
"energy":4127.75,"frequency":50.02,"motor":{"speed":1480,"temperature":61.5,"vibration":0.25,
"hours":20511},"air":{"temperature":23.5,"humidity":41.5,"co2":612,"pressure":1008.5},
"tank":{"level":72.5,"flow":1.75,"full":false}})"));
}

void lowi_meter(benchmark::State& state) {
    run(state, "lowi", of_devices("34945460a#/PUB/CH0", R"({"ident":"34945460a#","device_CH":"0",
"Name":"P1","Type":"P1","Units":"kWh","U":"234","I":"215","PI":"503","PE":"0","T":"1",
"CIH":"5123456","CIL":"6234567","CEH":"1830112","CEL":"790221","CG":"1532110","CW":"0"})"));
}

void lowi_channel(benchmark::State& state) {
    run(state, "lowi", of_devices("34945460a#/PUB/CH1", R"({"ident":"34945460a#","device_CH":1,
"Name":"Solar","Type":"S0","Units":"W","U":234,"I":812,"T":1,"P":1900,"HC":830,"DC":6120,
"MC":151200,"CH":1830112,"CL":790221})"));
}

// Each packet is new: more of them than are remembered for ten minutes.
std::vector<Text> mesh_packets(std::uint32_t port, const std::string& payload) {
    const std::string key("\xd4\xf1\xbb\x3a\x20\x29\x07\x59\xf0\xbc\xff\xab\xcf\x4e\x69\x01");
    std::vector<Text> texts;
    for (std::uint32_t i = 0; i < 4000; i++) {
        wire::Data data;
        data.set_portnum(port);
        data.set_payload(payload);
        data.set_bitfield(1);
        wire::ServiceEnvelope envelope;
        envelope.set_channel_id("LongFast");
        envelope.set_gateway_id("!a1b2c3d4");
        wire::MeshPacket& packet = *envelope.mutable_packet();
        packet.set_from(0x7c5b0000 + i % kDevices);
        packet.set_to(0xffffffff);
        packet.set_id(1000 + i);
        packet.set_rx_time(kBeginSeconds + i);
        packet.set_rx_rssi(-90);
        packet.set_rx_snr(6.25F);
        packet.set_hop_limit(3);
        packet.set_hop_start(3);
        packet.set_channel(meshtastic::channel_hash("LongFast", key));
        std::string closed;
        if (!meshtastic::apply_cipher(key, packet.from(), packet.id(), data.SerializeAsString(),
                                      closed))
            std::abort();
        packet.set_encrypted(closed);
        texts.push_back({"msh/EU_868/2/e/LongFast/!a1b2c3d4", envelope.SerializeAsString()});
    }
    return texts;
}

void mesh_telemetry(benchmark::State& state) {
    // battery_level, voltage, channel_utilization, air_util_tx, uptime_seconds
    const std::string device(
        "\x08\x4e\x15\xc3\xf5\x80\x40\x1d\x9a\x99\x09\x41\x25\x66\x66\x16\x40\x28\x80\xa3\x05", 21);
    wire::Telemetry telemetry;
    telemetry.set_time(kBeginSeconds);
    telemetry.set_device(device);
    run(state, "meshtastic", mesh_packets(67, telemetry.SerializeAsString()));
}

void mesh_position(benchmark::State& state) {
    wire::Position position;
    position.set_latitude_i(593'293'000);
    position.set_longitude_i(180'686'000);
    position.set_altitude(28);
    position.set_time(kBeginSeconds);
    position.set_location_source(2);
    position.set_pdop(150);
    position.set_ground_speed(12);
    position.set_ground_track(9'000'000);
    position.set_sats_in_view(9);
    position.set_precision_bits(32);
    run(state, "meshtastic", mesh_packets(3, position.SerializeAsString()));
}

void shelly_energy(benchmark::State& state) {
    run(state, "json", of_devices("shellies/shelly1pm-d4e#/relay/0/energy", "72904"));
}

void tasmota_sensor(benchmark::State& state) {
    run(state, "json", of_devices("tele/plug#/SENSOR", R"({"Time":"2026-01-01T00:00:00",
"ENERGY":{"TotalStartTime":"2024-05-01T10:11:12","Total":1234.567,"Yesterday":3.21,"Today":1.234,
"Power":61,"ApparentPower":75,"ReactivePower":43,"Factor":0.81,"Voltage":231,"Current":0.325},
"SI7021":{"Temperature":21.4,"Humidity":52.3,"DewPoint":11.1},"TempUnit":"C"})"));
}

void zigbee_device(benchmark::State& state) {
    run(state, "json", of_devices("zigbee2mqtt/sensor#", R"({"battery":97,"voltage":2985,
"temperature":17.23,"humidity":58.4,"pressure":1008.7,"linkquality":120,
"last_seen":"2026-01-01T00:00:00Z"})"));
}

BENCHMARK(plain_object)->Iterations(kMessages);
BENCHMARK(bare_number)->Iterations(kMessages);
BENCHMARK(large_object)->Iterations(kMessages);
BENCHMARK(lowi_meter)->Iterations(kMessages);
BENCHMARK(lowi_channel)->Iterations(kMessages);
BENCHMARK(mesh_telemetry)->Iterations(kMessages);
BENCHMARK(mesh_position)->Iterations(kMessages);
BENCHMARK(shelly_energy)->Iterations(kMessages);
BENCHMARK(tasmota_sensor)->Iterations(kMessages);
BENCHMARK(zigbee_device)->Iterations(kMessages);

}  // namespace

BENCHMARK_MAIN();
