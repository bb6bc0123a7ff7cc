#include "cli/pub.h"

#include "base/text.h"
#include "cli/flags/client_help.h"
#include "cli/flags/payload_source.h"
#include "cli/output/client_report.h"
#include "cli/output/packet_log.h"
#include "client/client.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr Milliseconds kReconnectDelay{1000};
constexpr Milliseconds kLong{600'000};
// QoS 0 has no window: stdin waits while so much is unwritten.
constexpr std::size_t kUnwrittenMax = 1 << 20;

class Publisher : public client::Listener {
  public:
    Publisher(ClientOptions& options, std::string payload)
        : options_(options),
          client_(client_options(options), *this),
          log_(options.client.version, options.client.client_id),
          lines_(STDIN_FILENO),
          payload_(std::move(payload)) {
        if (options.is_debug) client_.protocol().set_tap(&log_);
        (void)options_.properties.publish.view(mqtt::PropertyHome::Publish, publish_properties_);
        (void)options_.properties.disconnect.view(mqtt::PropertyHome::Disconnect,
                                                  disconnect_properties_);
    }

    int run() {
        auto status = client_.connect(options_.address);
        if (!status) return report_dial(options_, status.error());
        for (;;) {
            bool wants_line = is_line_mode() && can_publish() && !lines_.is_ended();
            auto turn = client_.turn(wait_time(), wants_line ? STDIN_FILENO : -1);
            if (turn.also_ready) lines_.read_some();
            if (!turn.is_open && !is_back_again()) break;
            pump();
            std::fflush(stdout);
        }
        if (end_.kind == client::EndKind::Finished) return exit_code_;
        return report_end(options_, end_);
    }

    void on_connack(const mqtt::Connack& connack) override {
        if (connack.reason != mqtt::ReasonCode::Success) {
            report_refusal(options_, connack.reason);
            return;
        }
        was_connected_ = true;
        // An alias is known to the server once it was sent with its topic.
        is_alias_sent_ = false;
    }

    void on_settled(std::uint16_t packet_id, std::uint64_t, mqtt::ReasonCode reason) override {
        if (mqtt::is_error(reason)) {
            complain(options_, fmt::format("Warning: Publish {} failed: {}.", packet_id,
                                           reason_name(reason)));
        }
        count_done();
    }

    void on_closed(const client::End& end) override { end_ = end; }

  private:
    static client::Options client_options(const ClientOptions& options) {
        client::Options made = options.client;
        made.sends_again = options.payload_mode == PayloadMode::StdinLines;
        return made;
    }

    bool is_line_mode() const { return options_.payload_mode == PayloadMode::StdinLines; }

    bool can_publish() {
        auto& protocol = client_.protocol();
        if (!protocol.is_connected()) return false;
        if (protocol.outbox().size() > kUnwrittenMax) return false;
        return options_.qos == mqtt::Qos::AtMostOnce || protocol.has_window();
    }

    Milliseconds wait_time() const {
        if (is_line_mode() || sent_ == 0 || sent_ > done_) return kLong;
        return std::clamp(next_repeat_ - read_clocks().steady, Milliseconds{0}, kLong);
    }

    void pump() {
        if (is_line_mode()) return pump_lines();
        bool is_due = sent_ == 0 || (sent_ == done_ && read_clocks().steady >= next_repeat_);
        if (sent_ < options_.repeat_count && is_due && can_publish()) publish(payload_);
        if (done_ == options_.repeat_count) finish();
    }

    void pump_lines() {
        while (can_publish() && lines_.next(line_)) publish(line_);
        if (lines_.is_done() && client_.protocol().in_flight() == 0) finish();
    }

    void publish(const std::string& payload) {
        mqtt::Publish packet;
        packet.qos = options_.qos;
        packet.retain = options_.retain;
        packet.topic = options_.topics[0];
        packet.payload = as_bytes(payload);
        packet.properties = publish_properties_;
        if (is_alias_sent_) packet.topic = {};
        auto outcome = client_.protocol().publish(packet);
        if (outcome == client::PublishOutcome::RetainNotSupported) {
            packet.retain = false;
            outcome = client_.protocol().publish(packet);
        }
        is_alias_sent_ = packet.properties.has(mqtt::PropertyId::TopicAlias) &&
                         options_.client.version == mqtt::Version::V5;
        sent_++;
        if (outcome != client::PublishOutcome::Accepted) return give_up(outcome);
        if (options_.qos == mqtt::Qos::AtMostOnce) count_done();
    }

    void give_up(client::PublishOutcome outcome) {
        if (outcome == client::PublishOutcome::QosNotSupported) {
            complain(options_, "Error: Message QoS not supported on broker, try a lower QoS.");
        } else {
            complain(options_, "Error: Message payload is too large.");
        }
        exit_code_ = kExitFailed;
        finish();
    }

    void count_done() {
        done_++;
        if (options_.repeat_delay.count() > 0) {
            next_repeat_ = read_clocks().steady + options_.repeat_delay;
        }
    }

    void finish() {
        client_.protocol().disconnect(mqtt::ReasonCode::Success, disconnect_properties_);
    }

    // In line mode a lost connection is made again, for as long as it takes.
    bool is_back_again() {
        bool is_lost = end_.kind == client::EndKind::StreamLost ||
                       end_.kind == client::EndKind::KeepAlive ||
                       end_.kind == client::EndKind::ByServer;
        if (!is_line_mode() || !was_connected_ || !is_lost) return false;
        do std::this_thread::sleep_for(kReconnectDelay);
        while (!client_.connect(options_.address));
        return true;
    }

    ClientOptions& options_;
    client::Client client_;
    PacketLog log_;
    LineReader lines_;
    std::string payload_;
    std::string line_;
    mqtt::Properties publish_properties_;
    mqtt::Properties disconnect_properties_;
    client::End end_;
    Milliseconds next_repeat_{0};
    int sent_ = 0;
    int done_ = 0;
    int exit_code_ = 0;
    bool was_connected_ = false;
    bool is_alias_sent_ = false;
};

}  // namespace

int pub_main(int argc, char** argv) {
    auto parsed = parse_client_options(ClientKind::Pub, argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    ClientOptions& options = parsed.options;
    bool has_topic = !options.topics.empty() && !options.topics[0].empty();
    if (!has_topic || options.payload_mode == PayloadMode::None) {
        // mosquitto_pub has its help on stdout here, and nothing more on stderr.
        std::fprintf(stderr, "Error: Both topic and message must be supplied.\n");
        std::printf("\nUse '%s --help' to see usage.\n", argv[0]);
        return kExitFailed;
    }
    if (auto code = check_password(options)) return *code;
    auto payload = load_payload(options);
    if (!payload) {
        complain(options, payload.error().text);
        return kExitFailed;
    }
    return Publisher(options, std::move(payload).value()).run();
}

}  // namespace martlet::cli
