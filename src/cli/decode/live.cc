#include "cli/decode/live.h"

#include "base/text.h"
#include "cli/flags/command_table.h"
#include "cli/output/client_report.h"
#include "cli/output/table.h"
#include "cli/stop_signals.h"
#include "client/client.h"
#include "telemetry/decoders/plain_text.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr int kExitRefused = 1;
constexpr Milliseconds kLong{600'000};

class Watcher : public client::Listener {
  public:
    Watcher(const LiveOptions& options, Reading& reading)
        : options_(options), reading_(reading), client_(client_options(options), *this) {}

    int run() {
        StopSignals signals;
        if (Status connected = client_.connect(options_.address); !connected) {
            return fail(fmt::format("Error: No broker on {} port {}: {}.", options_.address.host,
                                    options_.address.port, connected.error().text),
                        kExitRefused);
        }
        while (!is_done_) {
            client::Client::Turn turn = client_.turn(kLong, signals.fd());
            if (turn.also_ready) break;
            if (!turn.is_open) return code_ != 0 ? code_ : lost();
        }
        if (client_.is_open()) {
            client_.protocol().disconnect(mqtt::ReasonCode::Success, {});
            client_.turn(Milliseconds{50});
        }
        return code_;
    }

    void on_connack(const mqtt::Connack& connack) override {
        if (connack.reason != mqtt::ReasonCode::Success) {
            code_ = fail(
                "Error: The broker refuses the connection: user name or password are "
                "missing or wrong (-u, -P).",
                kExitRefused);
            return;
        }
        std::vector<mqtt::Subscription> subscriptions(options_.filters.size());
        for (std::size_t i = 0; i < subscriptions.size(); i++)
            subscriptions[i].filter = options_.filters[i];
        client_.protocol().subscribe(subscriptions, {});
    }

    void on_suback(const mqtt::Suback& suback) override {
        for (std::uint8_t code : suback.codes) {
            if (code < 0x80) continue;
            code_ = fail("Error: The broker refuses the subscription.", kExitRefused);
            is_done_ = true;
        }
    }

    void on_message(const mqtt::Publish& packet) override {
        if (is_done_) return;
        std::string_view payload(reinterpret_cast<const char*>(packet.payload.data()),
                                 packet.payload.size());
        Reading::Shown shown = reading_.show(packet.topic, payload, options_.is_json);
        if (!options_.is_json) {
            auto head = fmt::format("{}{} ({})\n", messages_ > 0 ? "\n" : "",
                                    telemetry::without_orders(packet.topic),
                                    count_text(payload.size(), "byte"));
            std::fwrite(head.data(), 1, head.size(), stdout);
        }
        std::fwrite(shown.text.data(), 1, shown.text.size(), stdout);
        std::fflush(stdout);
        is_done_ = ++messages_ == options_.count;
    }

  private:
    static client::Options client_options(const LiveOptions& options) {
        client::Options made;
        made.user_name = options.user_name;
        made.password = options.password;
        return made;
    }

    int lost() const {
        return fail(fmt::format("Error: The broker on {} port {} closed the connection.",
                                options_.address.host, options_.address.port),
                    kExitRefused);
    }

    const LiveOptions& options_;
    Reading& reading_;
    client::Client client_;
    int messages_ = 0;
    int code_ = 0;
    bool is_done_ = false;
};

}  // namespace

int decode_live(const LiveOptions& options, Reading& reading) {
    return Watcher(options, reading).run();
}

}  // namespace martlet::cli
