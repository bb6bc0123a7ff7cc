#include "cli/sub.h"

#include "base/text.h"
#include "cli/output/client_report.h"
#include "cli/output/message_printer.h"
#include "cli/output/packet_log.h"
#include "cli/stop_signals.h"
#include "client/client.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <cstdio>
#include <poll.h>
#include <random>

namespace martlet::cli {

namespace {

constexpr Milliseconds kReconnectDelay{1000};
constexpr Milliseconds kLong{600'000};

class Subscriber : public client::Listener {
  public:
    explicit Subscriber(ClientOptions& options)
        : options_(options),
          client_(options.client, *this),
          log_(options.client.version, options.client.client_id),
          printer_(options) {
        if (options.is_debug) client_.protocol().set_tap(&log_);
        ClientProperties& sets = options.properties;
        (void)sets.subscribe.view(mqtt::PropertyHome::Subscribe, subscribe_properties_);
        (void)sets.unsubscribe.view(mqtt::PropertyHome::Unsubscribe, unsubscribe_properties_);
        (void)sets.disconnect.view(mqtt::PropertyHome::Disconnect, disconnect_properties_);
    }

    int run() {
        auto status = client_.connect(options_.address);
        if (!status) return report_dial(options_, status.error());
        begun_ = rate_since_ = read_clocks().steady;
        do {
            while (turn()) {
            }
        } while (is_back_again());
        std::fflush(stdout);
        return exit_code();
    }

    void on_connack(const mqtt::Connack& connack) override {
        if (connack.reason != mqtt::ReasonCode::Success) {
            report_refusal(options_, connack.reason);
            return;
        }
        was_connected_ = true;
        subscribe();
        unsubscribe();
    }

    void on_suback(const mqtt::Suback& suback) override {
        if (options_.is_debug) show_codes(suback);
        bool is_any_granted = false;
        for (std::uint8_t code : suback.codes) is_any_granted |= code < 0x80;
        if (!is_any_granted) {
            complain(options_, "All subscription requests were denied.");
            return finish();
        }
        if (options_.exit_after_suback) finish();
    }

    void on_unsuback(const mqtt::Suback&) override {
        // With nothing subscribed there is nothing to wait for.
        if (options_.exit_after_suback && options_.topics.empty()) finish();
    }

    void on_message(const mqtt::Publish& packet) override {
        if (is_finishing_) return;
        if (options_.retained_only && !packet.retain) return finish();
        if (is_filtered_out(packet.topic)) return;
        if (options_.remove_retained && packet.retain) remove(packet.topic);
        if (options_.no_retain && packet.retain) return;
        count_++;
        if (!is_left_out()) show(packet);
        if (count_ == options_.message_count) finish();
    }

    void on_settled(std::uint16_t, std::uint64_t, mqtt::ReasonCode) override {
        take_removals();
        if (is_finishing_) finish();
    }

    void on_closed(const client::End& end) override { end_ = end; }

  private:
    bool turn() {
        auto turn = client_.turn(wait_time(), signals_.fd());
        if (turn.also_ready) {
            is_finishing_ = true;
            client_.protocol().disconnect(mqtt::ReasonCode::Success, disconnect_properties_);
        }
        auto now = read_clocks().steady;
        if (options_.timeout.count() > 0 && now - begun_ >= options_.timeout) time_out();
        if (options_.shows_rate && now - rate_since_ >= Milliseconds{1000}) show_rate(now);
        std::fflush(stdout);
        return turn.is_open;
    }

    Milliseconds wait_time() const {
        auto now = read_clocks().steady;
        auto wait = kLong;
        if (options_.timeout.count() > 0) wait = std::min(wait, begun_ + options_.timeout - now);
        if (options_.shows_rate) wait = std::min(wait, rate_since_ + Milliseconds{1000} - now);
        return std::max(wait, Milliseconds{0});
    }

    void time_out() {
        if (is_timed_out_) return;
        is_timed_out_ = is_finishing_ = true;
        complain(options_, "Timed out");
        client_.protocol().disconnect(mqtt::ReasonCode::Success, disconnect_properties_);
    }

    void subscribe() {
        std::vector<mqtt::Subscription> subscriptions;
        for (const std::string& topic : options_.topics) {
            mqtt::Subscription one;
            one.filter = topic;
            one.qos = options_.qos;
            one.retain_as_published = options_.retain_as_published;
            one.retain_handling = options_.retain_handling;
            subscriptions.push_back(one);
        }
        if (!subscriptions.empty()) {
            client_.protocol().subscribe(subscriptions, subscribe_properties_);
        }
    }

    void unsubscribe() {
        for (std::string_view topic : options_.unsubscribe_topics) {
            client_.protocol().unsubscribe({&topic, 1}, unsubscribe_properties_);
        }
    }

    void show_codes(const mqtt::Suback& suback) const {
        std::string codes;
        for (std::uint8_t code : suback.codes) {
            codes += fmt::format("{}{}", codes.empty() ? "" : ", ", code);
        }
        std::printf("Subscribed (mid: %d): %s\n", suback.packet_id, codes.c_str());
    }

    bool is_filtered_out(std::string_view topic) const {
        return std::any_of(options_.filters_out.begin(), options_.filters_out.end(),
                           [&](const auto& filter) { return mqtt::matches(filter, topic); });
    }

    bool is_left_out() {
        if (options_.random_filter >= 1000) return false;
        return static_cast<int>(random_() % 1000) >= options_.random_filter;
    }

    void show(const mqtt::Publish& packet) {
        if (options_.shows_rate) {
            rate_++;
        } else {
            printer_.print(packet);
        }
    }

    void show_rate(Milliseconds now) {
        std::printf("%ld\n", rate_);
        rate_ = 0;
        rate_since_ = now;
    }

    // What finds the window full waits in removals_, in the order of arrival.
    void remove(std::string_view topic) {
        removals_.emplace_back(topic);
        take_removals();
    }

    void take_removals() {
        std::size_t taken = 0;
        for (; taken < removals_.size(); taken++) {
            mqtt::Publish packet;
            packet.qos = mqtt::Qos::AtLeastOnce;
            packet.retain = true;
            packet.topic = removals_[taken];
            if (client_.protocol().publish(packet) == client::PublishOutcome::WindowFull) break;
        }
        removals_.erase(removals_.begin(), removals_.begin() + static_cast<std::ptrdiff_t>(taken));
    }

    // What is still to be deleted on the broker is waited for.
    void finish() {
        is_finishing_ = true;
        if (client_.protocol().in_flight() > 0 || !removals_.empty()) return;
        client_.protocol().disconnect(mqtt::ReasonCode::Success, disconnect_properties_);
    }

    bool is_back_again() {
        bool is_lost =
            end_.kind == client::EndKind::StreamLost || end_.kind == client::EndKind::KeepAlive;
        if (is_finishing_ || !was_connected_ || !is_lost) return false;
        do {
            if (is_stopped_while_waiting()) return false;
        } while (!client_.connect(options_.address));
        return true;
    }

    bool is_stopped_while_waiting() {
        pollfd waiting{signals_.fd(), POLLIN, 0};
        is_finishing_ = poll(&waiting, 1, static_cast<int>(kReconnectDelay.count())) > 0;
        if (options_.timeout.count() > 0 && read_clocks().steady - begun_ >= options_.timeout) {
            time_out();
        }
        return is_finishing_;
    }

    int exit_code() const {
        if (is_timed_out_) return kExitTimeout;
        if (is_finishing_) return 0;
        if (end_.kind == client::EndKind::Refused) return static_cast<int>(end_.reason);
        int code = report_end(options_, end_);
        // mosquitto_sub takes the broker's goodbye for an end like any other.
        return end_.kind == client::EndKind::ByServer ? 0 : code;
    }

    ClientOptions& options_;
    client::Client client_;
    PacketLog log_;
    MessagePrinter printer_;
    StopSignals signals_;
    std::minstd_rand random_{std::random_device{}()};
    mqtt::Properties subscribe_properties_;
    mqtt::Properties unsubscribe_properties_;
    mqtt::Properties disconnect_properties_;
    client::End end_;
    std::vector<std::string> removals_;
    Milliseconds begun_{0};
    Milliseconds rate_since_{0};
    long rate_ = 0;
    int count_ = 0;
    bool was_connected_ = false;
    bool is_finishing_ = false;
    bool is_timed_out_ = false;
};

}  // namespace

int sub_main(int argc, char** argv) {
    auto parsed = parse_client_options(ClientKind::Sub, argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    ClientOptions& options = parsed.options;
    if (options.topics.empty() && options.unsubscribe_topics.empty()) {
        std::fprintf(stderr,
                     "Error: You must specify a topic to subscribe to (-t) or unsubscribe from "
                     "(-U).\n\nUse '%s --help' to see usage.\n",
                     argv[0]);
        return kExitFailed;
    }
    if (options.no_retain && options.retained_only) {
        std::fprintf(stderr, "\nError: Combining '-R' and '--retained-only' makes no sense.\n");
        return kExitFailed;
    }
    if (auto code = check_password(options)) return *code;
    return Subscriber(options).run();
}

}  // namespace martlet::cli
