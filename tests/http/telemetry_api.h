#pragma once

// Handlers with a real store (SQLite in a folder of its own, written by the ledger) and a broker
// that only remembers: what the tests of resources ask. The time zone is Brussels'.

#include "http/answers/times.h"
#include "http/broker_view.h"
#include "http/route.h"
#include "http/services.h"
#include "http/store_readers.h"
#include "http/target.h"
#include "telemetry/freshness.h"
#include "telemetry/ledger.h"
#include "telemetry/outcomes.h"
#include "telemetry/topic_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace martlet::http {

using telemetry::SeriesKind;
using telemetry::Severity;
using telemetry::SourceId;
using telemetry::Value;

class RememberingBroker final : public BrokerView {
  public:
    std::vector<std::pair<std::string, std::string>> values() override { return sys; }
    std::vector<RefusalInfo> refusals(std::size_t limit) override {
        return {refused.begin(),
                refused.begin() + static_cast<std::ptrdiff_t>(std::min(limit, refused.size()))};
    }
    Result<std::vector<ClientInfo>> clients(std::string_view after, std::size_t limit) override {
        std::vector<ClientInfo> out;
        for (const auto& one : sessions) {
            if (one.client_id > after && out.size() < limit) out.push_back(one);
        }
        return out;
    }
    Result<std::optional<ClientInfo>> client(std::string_view id) override {
        for (const auto& one : sessions) {
            if (one.client_id == id) return std::optional(one);
        }
        return std::optional<ClientInfo>();
    }
    Result<std::vector<QueuedInfo>> queue(std::string_view, std::size_t) override {
        return std::vector<QueuedInfo>{{"a/b", 1, true, false, 5}, {"a/c", 2, false, true, 0}};
    }
    Result<bool> kick(std::string_view id, bool and_session) override {
        kicked.emplace_back(std::string(id) + (and_session ? " and session" : ""));
        return bool(client(id).value());
    }
    Result<std::vector<SubscriptionInfo>> subscriptions(std::string_view id,
                                                        std::size_t limit) override {
        std::vector<SubscriptionInfo> out;
        for (const auto& one : granted) {
            bool is_asked = id.empty() || one.client_id == id;
            if (is_asked && out.size() < limit) out.push_back(one);
        }
        return out;
    }
    // The filter is a prefix with '#', or a whole topic.
    std::vector<RetainedInfo> retained(std::string_view filter, std::string_view after,
                                       std::size_t limit) override {
        std::vector<RetainedInfo> out;
        for (const auto& [topic, payload] : kept) {
            bool is_it = filter.ends_with('#')
                             ? topic.starts_with(filter.substr(0, filter.size() - 1))
                             : topic == filter;
            if (is_it && topic > after && out.size() < limit) out.push_back({topic, payload, 1});
        }
        return out;
    }
    // The last level of a topic is a key when it is long.
    std::string shown(std::string_view topic) const override {
        auto level = topic.rfind('/') + 1;
        bool has_key = topic.size() - level >= 16;
        return std::string(topic.substr(0, has_key ? level : topic.npos)) + (has_key ? "***" : "");
    }
    std::string problem_of(const Publishing& message) const override {
        return message.topic.find('#') == std::string::npos ? "" : "topic holds a wildcard";
    }
    Status publish(const Publishing& message) override {
        if (is_busy) return Error{"too busy"};
        if (message.retain && message.payload.empty()) kept.erase(message.topic);
        published.push_back(message);
        return Done{};
    }
    std::vector<Setting> configuration() override {
        return {{"user", std::nullopt, "", false, "mosquitto"},
                {"max_qos", "1", "1883", true, "2"},
                {"log_type", "error", "", true, "all"},
                {"log_type", "notice", "", true, "all"}};
    }

    std::vector<std::pair<std::string, std::string>> sys;
    std::vector<RefusalInfo> refused;
    std::vector<ClientInfo> sessions;
    std::vector<SubscriptionInfo> granted;
    std::map<std::string, std::string> kept;
    std::vector<Publishing> published;
    std::vector<std::string> kicked;
    bool is_busy = false;
};

class TelemetryApi : public testing::Test, public StoreChanges {
  protected:
    TelemetryApi() {
        setenv("TZ", "Europe/Brussels", 1);
        tzset();
        std::string folder = "/tmp/martlet-api-XXXXXX";
        folder_ = mkdtemp(folder.data());
        store_ = telemetry::make_sqlite_store(folder_ + "/telemetry.db");
        writer_ = std::move(store_->open_writer()).value();
        ledger_ = std::make_unique<telemetry::Ledger>(std::move(writer_->load()).value());
        readers_ = std::make_unique<StoreReaders>(*store_);
        services_.broker = &broker_;
        services_.readers = readers_.get();
        services_.changes = this;
        services_.topics = &topics_;
        services_.outcomes = &outcomes_;
        services_.thresholds = &thresholds_;
    }
    ~TelemetryApi() override {
        readers_.reset();
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    Status remove_source(telemetry::SourceKey source) override {
        ledger_->forget(source);
        return writer_->remove_source(source);
    }
    Result<bool> acknowledge_event(std::int64_t event, std::string_view by) override {
        return writer_->acknowledge_event(event, 1'700'000'000'000, by);
    }

    void add(const telemetry::Decoded& decoded, Time received) { ledger_->add(decoded, received); }
    void sample(const SourceId& source, std::string metric, std::string unit, SeriesKind kind,
                Value value, Time time) {
        telemetry::Decoded decoded;
        decoded.samples.push_back(
            {source, std::move(metric), std::move(unit), kind, time, std::move(value)});
        add(decoded, time);
    }
    void note(const SourceId& source, std::string name, Fields facts, Time time) {
        telemetry::Decoded decoded;
        decoded.notes.push_back({source, std::move(name), std::move(facts)});
        add(decoded, time);
    }
    void event(const SourceId& source, std::string kind, Severity severity, std::string text,
               Time time, std::string details = {}) {
        telemetry::Decoded decoded;
        decoded.events.push_back(
            {source, time, std::move(kind), severity, std::move(text), std::move(details)});
        add(decoded, time);
    }
    void raw(const SourceId& sender, const telemetry::Incoming& message, std::string_view problem) {
        ledger_->keep_raw(sender, message, problem);
    }
    telemetry::Ledger& ledger() { return *ledger_; }
    void commit() {
        Status written = writer_->write(ledger_->batch());
        ASSERT_TRUE(written) << written.error().text;
        ledger_->committed();
    }

    // The whole answer; streams are read to the end.
    Response ask(Method method, std::string_view target, std::string body = {}) {
        auto read = read_target(target);
        if (!read) return Response::error(400, "bad target in the test");
        Request request;
        request.method = method;
        request.path = read->path;
        request.segments = read->segments;
        request.query = read->query;
        request.body = std::move(body);
        request.caller = caller_;
        const Route* route = find(method, read->segments, request.parameters);
        if (!route) return Response::error(404, "no route in the test");
        Response response = route->handle(services_, request);
        while (response.stream && response.stream->next(response.body)) pieces_++;
        response.stream.reset();
        return response;
    }
    std::string get(std::string_view target) { return ask(Method::Get, target).body; }

    // With what depends on the clock as '*'.
    static std::string without_ages(std::string text) {
        for (std::string_view name : {"\"age_ms\":", "{\"time\":"}) {
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
                at += name.size();
                text.replace(at, text.find_first_not_of("0123456789", at) - at, "*");
            }
        }
        return text;
    }
    static std::string error(int status, std::string_view message) {
        return "{\"error\":{\"status\":" + std::to_string(status) + ",\"message\":\"" +
               std::string(message) + "\"}}";
    }

    RememberingBroker broker_;
    telemetry::TopicTable topics_;
    telemetry::Outcomes outcomes_;
    telemetry::Thresholds thresholds_;
    Services services_;
    Caller caller_{"anna", Role::Admin, false, ""};
    int pieces_ = 0;

  private:
    // The route whose fixed parts are the longest wins: "search" before {topic}.
    static const Route* find(Method method, const std::vector<std::string>& segments,
                             Fields& parameters) {
        const Route* best = nullptr;
        for (const Route& route : routes()) {
            auto pattern = read_target(route.pattern);
            bool fits =
                pattern && route.method == method && pattern->segments.size() == segments.size();
            Fields taken;
            for (std::size_t i = 0; fits && i < segments.size(); i++) {
                const std::string& part = pattern->segments[i];
                bool is_parameter = part.starts_with('{');
                if (is_parameter) taken.emplace_back(part.substr(1, part.size() - 2), segments[i]);
                fits = is_parameter || part == segments[i];
            }
            if (!fits || (best && taken.size() >= parameters.size())) continue;
            best = &route;
            parameters = std::move(taken);
        }
        return best;
    }

    std::string folder_;
    std::unique_ptr<telemetry::Store> store_;
    std::unique_ptr<telemetry::StoreWriter> writer_;
    std::unique_ptr<telemetry::Ledger> ledger_;
    std::unique_ptr<StoreReaders> readers_;
};

}  // namespace martlet::http
