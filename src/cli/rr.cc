#include "cli/rr.h"

#include "base/text.h"
#include "cli/flags/payload_source.h"
#include "cli/output/client_report.h"
#include "cli/output/message_printer.h"
#include "cli/output/packet_log.h"
#include "cli/stop_signals.h"
#include "client/client.h"

#include <algorithm>
#include <cstdio>

namespace martlet::cli {

namespace {

constexpr Milliseconds kLong{600'000};

class Requester : public client::Listener {
  public:
    Requester(ClientOptions& options, std::string payload)
        : options_(options),
          client_(options.client, *this),
          log_(options.client.version, options.client.client_id),
          printer_(options),
          payload_(std::move(payload)) {
        if (options.is_debug) client_.protocol().set_tap(&log_);
        ClientProperties& sets = options.properties;
        sets.publish.add(mqtt::PropertyId::ResponseTopic, options.response_topic);
        (void)sets.publish.view(mqtt::PropertyHome::Publish, publish_properties_);
        (void)sets.subscribe.view(mqtt::PropertyHome::Subscribe, subscribe_properties_);
        (void)sets.disconnect.view(mqtt::PropertyHome::Disconnect, disconnect_properties_);
    }

    int run() {
        auto status = client_.connect(options_.address);
        if (!status) return report_dial(options_, status.error());
        auto begun = read_clocks().steady;
        for (bool is_open = true; is_open;) {
            auto wait = kLong;
            if (options_.timeout.count() > 0) {
                wait = std::max(begun + options_.timeout - read_clocks().steady, Milliseconds{0});
            }
            auto turn = client_.turn(wait, signals_.fd());
            is_open = turn.is_open;
            if (turn.also_ready) finish(0);
            bool is_late = read_clocks().steady - begun >= options_.timeout;
            if (options_.timeout.count() > 0 && is_late && !is_finished_) {
                complain(options_, "Timed out");
                finish(kExitTimeout);
            }
            std::fflush(stdout);
        }
        if (is_finished_) return exit_code_;
        if (end_.kind == client::EndKind::Refused) return static_cast<int>(end_.reason);
        return report_end(options_, end_);
    }

    void on_connack(const mqtt::Connack& connack) override {
        if (connack.reason != mqtt::ReasonCode::Success) {
            report_refusal(options_, connack.reason);
            return;
        }
        mqtt::Subscription one;
        one.filter = options_.response_topic;
        one.qos = options_.qos;
        one.retain_handling = options_.retain_handling;
        client_.protocol().subscribe({&one, 1}, subscribe_properties_);
    }

    void on_suback(const mqtt::Suback& suback) override {
        std::uint8_t code = suback.codes.empty() ? 0x80 : suback.codes[0];
        if (code >= 0x80) {
            complain(options_, options_.client.version == mqtt::Version::V5
                                   ? reason_name(static_cast<mqtt::ReasonCode>(code))
                                   : "All subscription requests were denied.");
            return finish(0);
        }
        request();
    }

    void on_settled(std::uint16_t packet_id, std::uint64_t, mqtt::ReasonCode reason) override {
        if (!mqtt::is_error(reason)) return;
        complain(options_,
                 fmt::format("Warning: Publish {} failed: {}.", packet_id, reason_name(reason)));
    }

    void on_message(const mqtt::Publish& packet) override {
        if (is_finished_ || !is_requested_ || (options_.no_retain && packet.retain)) return;
        printer_.print(packet);
        if (options_.shows_latency) show_latency();
        finish(0);
    }

    void on_closed(const client::End& end) override { end_ = end; }

  private:
    void request() {
        mqtt::Publish packet;
        packet.qos = options_.qos;
        packet.topic = options_.topics[0];
        packet.payload = as_bytes(payload_);
        packet.properties = publish_properties_;
        clock_gettime(CLOCK_MONOTONIC, &requested_);
        is_requested_ = true;
        switch (client_.protocol().publish(packet)) {
            case client::PublishOutcome::Accepted:
                return;
            case client::PublishOutcome::QosNotSupported:
                complain(options_, "Error: Message QoS not supported on broker, try a lower QoS.");
                return finish(kExitFailed);
            default:
                complain(options_, "Error: Message payload is too large.");
                return finish(kExitFailed);
        }
    }

    void show_latency() const {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        double seconds = static_cast<double>(now.tv_sec - requested_.tv_sec) +
                         static_cast<double>(now.tv_nsec - requested_.tv_nsec) / 1e9;
        std::printf("Request/response latency: %.6f s\n", seconds);
    }

    void finish(int exit_code) {
        is_finished_ = true;
        exit_code_ = exit_code;
        client_.protocol().disconnect(mqtt::ReasonCode::Success, disconnect_properties_);
    }

    ClientOptions& options_;
    client::Client client_;
    PacketLog log_;
    MessagePrinter printer_;
    StopSignals signals_;
    std::string payload_;
    mqtt::Properties publish_properties_;
    mqtt::Properties subscribe_properties_;
    mqtt::Properties disconnect_properties_;
    client::End end_;
    timespec requested_{};
    int exit_code_ = 0;
    bool is_requested_ = false;
    bool is_finished_ = false;
};

}  // namespace

int rr_main(int argc, char** argv) {
    auto parsed = parse_client_options(ClientKind::Rr, argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    ClientOptions& options = parsed.options;
    bool has_topic = !options.topics.empty() && !options.topics[0].empty();
    if (!has_topic || options.payload_mode == PayloadMode::None || options.response_topic.empty()) {
        std::fprintf(stderr,
                     "Error: All of topic, message, and response topic must be supplied.\n\nUse "
                     "'%s --help' to see usage.\n",
                     argv[0]);
        return kExitFailed;
    }
    if (auto code = check_password(options)) return *code;
    if (options.properties.publish.has(mqtt::PropertyId::ResponseTopic)) {
        complain(options, "Error in PUBLISH properties: Duplicate response topic.");
        return kExitFailed;
    }
    auto payload = load_payload(options);
    if (!payload) {
        complain(options, payload.error().text);
        return kExitFailed;
    }
    return Requester(options, std::move(payload).value()).run();
}

}  // namespace martlet::cli
