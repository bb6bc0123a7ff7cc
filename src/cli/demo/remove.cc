#include "base/text.h"
#include "cli/demo/acts.h"
#include "cli/demo/api.h"
#include "cli/demo/mark.h"
#include "cli/output/progress.h"
#include "cli/output/table.h"
#include "client/client.h"

#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace martlet::cli::demo {

namespace {

constexpr Milliseconds kTurn{50};
constexpr Milliseconds kConnectWait{10'000};
// Retained messages come right behind the SUBACK; so long without one, and there are no more.
constexpr Milliseconds kQuiet{700};
constexpr int kRoundsMax = 5;
constexpr int kGoodbyeRoundsMax = 15;
constexpr std::chrono::milliseconds kRoundPause{400};

// Finds the demo's retained messages and clears them.
class Sweeper : public client::Listener {
  public:
    explicit Sweeper(const Options& options) : client_(client_options(options), *this) {}

    Status run(const Options& options) {
        client::Address address;
        address.host = options.host;
        address.port = options.port;
        if (Status connected = client_.connect(address); !connected) {
            return Error{fmt::format("Error: No broker on {} port {}: {}", options.host,
                                     options.port, connected.error().text)};
        }
        if (!wait([&] { return is_subscribed_; }, kConnectWait)) return lost(options);
        while (std::exchange(has_news_, false)) wait([] { return false; }, kQuiet);
        if (!client_.is_open()) return lost(options);
        for (const std::string& topic : topics_) clear(topic);
        bool is_done = wait([&] { return client_.protocol().in_flight() == 0; }, kConnectWait);
        client_.protocol().disconnect(mqtt::ReasonCode::Success, {});
        wait([] { return false; }, kTurn);
        return is_done ? Status(Done{}) : Status(lost(options));
    }

    std::size_t cleared() const { return topics_.size(); }

    void on_connack(const mqtt::Connack& connack) override {
        if (connack.reason != mqtt::ReasonCode::Success) return;
        std::vector<mqtt::Subscription> subscriptions(std::size(kFilters));
        for (std::size_t i = 0; i < subscriptions.size(); i++) {
            subscriptions[i].filter = kFilters[i];
            subscriptions[i].qos = mqtt::Qos::AtLeastOnce;
        }
        client_.protocol().subscribe(subscriptions, {});
    }
    void on_suback(const mqtt::Suback&) override { is_subscribed_ = has_news_ = true; }
    void on_message(const mqtt::Publish& packet) override {
        if (!packet.retain || packet.payload.empty() || !is_demo_topic(packet.topic)) return;
        has_news_ |= topics_.emplace(packet.topic).second;
    }

  private:
    // What may be retained of the demo; is_demo_topic() tells which of it is.
    static constexpr std::string_view kFilters[] = {"vehicles/+/status", "vehicles/+/emergency",
                                                    "vehicles/+/dtc", "demo/#"};

    static client::Options client_options(const Options& options) {
        client::Options made;
        made.client_id = std::string(kClientPrefix) + "remove";
        made.in_flight_max = 1000;
        if (!options.user_name.empty()) made.user_name = options.user_name;
        if (!options.password.empty()) made.password = options.password;
        return made;
    }

    template <typename IsDone>
    bool wait(IsDone&& is_done, Milliseconds longest) {
        Milliseconds until = read_clocks().steady + longest;
        while (!is_done()) {
            if (read_clocks().steady >= until || !client_.turn(kTurn).is_open) return is_done();
        }
        return true;
    }

    void clear(const std::string& topic) {
        mqtt::Publish packet;
        packet.topic = topic;
        packet.retain = true;
        packet.qos = mqtt::Qos::AtLeastOnce;
        while (client_.protocol().publish(packet) == client::PublishOutcome::WindowFull) {
            if (!client_.turn(kTurn).is_open) return;
        }
    }

    static Error lost(const Options& options) {
        return Error{fmt::format("Error: The broker on {} port {} refused us or went away.",
                                 options.host, options.port)};
    }

    client::Client client_;
    std::set<std::string, std::less<>> topics_;
    bool is_subscribed_ = false;
    bool has_news_ = false;
};

// Whatever is removed while it plays is there again at once. One that has just ended may be taken
// for connected for a moment.
Status wait_until_none_plays(const Api& api) {
    std::string name;
    for (int round = 0; round < kGoodbyeRoundsMax; round++) {
        auto client = api.client_online(kClientPrefix);
        if (!client) return client.error();
        if (client.value().empty()) return Done{};
        name = client.value();
        std::this_thread::sleep_for(kRoundPause);
    }
    return Error{fmt::format(
        "Error: The demo still plays ({} is connected): end it first, then remove what is left.",
        name)};
}

// The broker may still be storing what came a moment ago, so it is looked again.
Result<std::size_t> remove_sources(const Api& api) {
    std::set<std::int64_t> removed;
    Progress progress("removing", ProgressOn::Terminal);
    for (int round = 0; round < kRoundsMax; round++) {
        auto sources = api.sources();
        if (!sources) return sources.error();
        bool is_clean = true;
        for (const ApiSource& source : sources.value()) {
            if (!is_demo_source(source.kind, source.id)) continue;
            if (Status status = api.remove_source(source.key); !status) return status.error();
            removed.insert(source.key);
            progress.show(steady_ns(), [&] { return count_text(removed.size(), "source"); });
            is_clean = false;
        }
        if (is_clean && round > 0) break;
        std::this_thread::sleep_for(kRoundPause);
    }
    return removed.size();
}

}  // namespace

Status remove(const Options& options) {
    std::optional<Api> api;
    if (!options.api.empty()) {
        auto made = Api::make(options.api, options.token);
        if (!made) return made.error();
        api = std::move(made).value();
        if (Status waited = wait_until_none_plays(*api); !waited) return waited;
    }
    Sweeper sweeper(options);
    if (Status swept = sweeper.run(options); !swept) return swept;
    std::size_t sources = 0;
    if (api) {
        auto removed = remove_sources(*api);
        if (!removed) return removed.error();
        sources = removed.value();
    }
    if (options.is_quiet) return Done{};
    std::printf("%s of the demo cleared.\n",
                count_text(sweeper.cleared(), "retained message").c_str());
    if (api) {
        std::printf("%s of the demo removed.\n", count_text(sources, "source").c_str());
    } else {
        std::printf("Its sources stay: --api and --token remove them as well.\n");
    }
    return Done{};
}

}  // namespace martlet::cli::demo
