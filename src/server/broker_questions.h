#pragma once

// What HTTP asks of the broker, by letters to its shards. Made by Server, outlives the HTTP
// workers. Called by worker threads, which wait for the answer; never by a loop.

#include "broker/question.h"
#include "broker/shared.h"
#include "http/broker_view.h"
#include "server/running_settings.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::server {

class BrokerQuestions final : public http::BrokerView {
  public:
    // `telemetry`: null when it is off. All outlive it.
    BrokerQuestions(broker::Shared& shared, const RunningSettings& settings,
                    http::TelemetrySettings* telemetry)
        : shared_(shared), settings_(settings), telemetry_(telemetry) {}

    std::vector<std::pair<std::string, std::string>> values() override;
    std::vector<http::RefusalInfo> refusals(std::size_t limit) override;
    Result<std::vector<http::ClientInfo>> clients(std::string_view after,
                                                  std::size_t limit) override;
    Result<std::optional<http::ClientInfo>> client(std::string_view client_id) override;
    Result<std::vector<http::QueuedInfo>> queue(std::string_view client_id,
                                                std::size_t limit) override;
    Result<bool> kick(std::string_view client_id, bool and_session) override;
    Result<std::vector<http::SubscriptionInfo>> subscriptions(std::string_view client_id,
                                                              std::size_t limit) override;
    std::vector<http::RetainedInfo> retained(std::string_view filter, std::string_view after,
                                             std::size_t limit) override;
    std::string shown(std::string_view topic) const override;
    std::string problem_of(const http::Publishing& message) const override;
    Status publish(const http::Publishing& message) override;
    std::vector<http::Setting> configuration() override { return settings_.shown(telemetry_); }

  private:
    using Kind = broker::Question::Kind;
    std::future<broker::Answer> ask(std::uint32_t shard,
                                    std::unique_ptr<broker::Question> question);
    Result<broker::Answer> ask_home(Kind kind, std::string_view client_id, std::size_t limit,
                                    bool and_session = false);

    broker::Shared& shared_;
    const RunningSettings& settings_;
    http::TelemetrySettings* telemetry_;
};

}  // namespace martlet::server
