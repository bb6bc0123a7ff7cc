#include "server/server.h"

#include "base/heap.h"
#include "base/log.h"
#include "broker/bridge_side.h"
#include "server/log_topics.h"

#include <algorithm>
#include <sched.h>

namespace martlet::server {

namespace {

std::uint32_t shard_count(std::uint32_t configured) {
    if (configured != 0) return std::min(configured, topics::kShardsMax);
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return std::clamp(static_cast<std::uint32_t>(cores), 1u, topics::kShardsMax);
}

Result<std::shared_ptr<const broker::Snapshot>> snapshot_of(const config::Settings& settings) {
    auto snapshot = std::make_shared<broker::Snapshot>();
    snapshot->options = settings.broker;
    snapshot->options.connection_messages = settings.log.connection_messages;
    snapshot->options.trace_clients = settings.trace_clients;
    snapshot->options.trace_topics = settings.trace_topics;
    for (const config::Listener& listener : settings.listeners) {
        snapshot->listeners.push_back(listener.broker);
        // Listeners with the same rules share one snapshot of the files.
        auto same =
            std::find_if(snapshot->security.begin(), snapshot->security.end(),
                         [&](const auto& s) { return s->options() == listener.broker.auth; });
        if (same != snapshot->security.end()) {
            std::shared_ptr<const auth::Security> shared = *same;
            snapshot->security.push_back(std::move(shared));
            continue;
        }
        auto security = auth::Security::open(listener.broker.auth);
        if (!security) return security.error();
        for (const std::string& warning : security.value()->warnings()) log::warning("{}", warning);
        snapshot->security.push_back(std::move(security).value());
    }
    snapshot->listeners.push_back(broker::bridge_listener());
    auto of_bridges = auth::Security::open(snapshot->listeners.back().auth);
    if (!of_bridges) return of_bridges.error();
    snapshot->security.push_back(std::move(of_bridges).value());
    return std::shared_ptr<const broker::Snapshot>(std::move(snapshot));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const config::Settings& settings) {
    auto snapshot = snapshot_of(settings);
    if (!snapshot) return snapshot.error();
    std::unique_ptr<Server> server(new Server);
    if (Status opened = server->gate_.open(); !opened) return opened.error();
    auto contexts = server->tls_.make(settings);
    if (!contexts) return contexts.error();
    server->tls_.replace(std::move(contexts).value());
    auto plans = make_bridge_plans(settings);
    if (!plans) return plans.error();
    for (const config::Listener& listener : settings.listeners) {
        auto opened = net::Listener::open(listener.net);
        if (!opened) return opened.error();
        server->listeners_.push_back(std::move(opened).value());
        server->websockets_.push_back(listener.websocket);
    }
    std::uint32_t shards = shard_count(settings.broker.shards);
    server->mailboxes_ = std::make_unique<Mailboxes>(shards);
    server->passwords_ = std::make_unique<PasswordWorker>(*server->mailboxes_);
    if (settings.persistence) {
        auto persistence = Persistence::open(settings, *server->mailboxes_);
        if (!persistence) return persistence.error();
        server->persistence_ = std::move(persistence).value();
    }
    server->running_ = std::make_unique<RunningSettings>(settings);
    if (Status opened = server->open_telemetry(settings); !opened) return opened.error();
    server->shared_ = std::make_unique<broker::Shared>(
        shards, std::move(snapshot).value(), *server->mailboxes_, *server->passwords_,
        server->persistence_ ? &server->persistence_->journal() : nullptr);
    // Memory that comes in huge pages does not go back to the system. With a limit, memory that
    // only restoring needs must go back before the first client comes.
    server->has_huge_pages_ = settings.broker.memory_limit == 0;
    if (server->has_huge_pages_)
        heap_functions().use_huge_pages();
    else
        heap_functions().give_back_at_once(true);
    server->memory_meter_ = std::make_unique<MemoryMeter>(shards);
    server->shared_->memory.meter = server->memory_meter_.get();
    std::vector<bool> speaks_http;
    for (const config::Listener& listener : settings.listeners)
        speaks_http.push_back(listener.is_http);
    if (std::find(speaks_http.begin(), speaks_http.end(), true) != speaks_http.end()) {
        if (Status opened = server->open_http(settings); !opened) return opened.error();
    }
    for (std::uint32_t i = 0; i < shards; i++) {
        server->turns_.push_back(std::make_unique<Turn>(i, *server->shared_, *server->mailboxes_,
                                                        server->gate_, server->tls_,
                                                        server->bridges_));
        Turn& turn = *server->turns_.back();
        if (server->http_)
            turn.serve_http(server->http_->workers(), speaks_http, server->websockets_);
        if (Status opened = turn.open(); !opened) return opened.error();
    }
    if (Status opened = server->open_fronts(speaks_http); !opened) return opened.error();
    if (server->persistence_) {
        std::vector<broker::Shard*> places;
        for (auto& turn : server->turns_) places.push_back(&turn->shard());
        server->persistence_->restore(*server->shared_, places);
    }
    if (server->ingest_) {
        for (auto& turn : server->turns_) turn->shard().open_tap(*server->ingest_);
    }
    if (server->http_) server->http_->announce(settings);
    server->order_bridges(plans.value());
    return server;
}

Status Server::open_telemetry(const config::Settings& settings) {
    if (!settings.telemetry.is_on) return Done{};
    auto keeper = SettingsKeeper::open(settings.telemetry);
    if (!keeper) return keeper.error();
    keeper_ = std::move(keeper).value();
    auto ingest = telemetry::Ingest::open(*keeper_->in_force(), *mailboxes_);
    if (!ingest) return ingest.error();
    ingest_ = std::move(ingest).value();
    keeper_->attach(*ingest_);
    return Done{};
}

Status Server::open_http(const config::Settings& settings) {
    auto* journal = persistence_ ? &persistence_->journal() : nullptr;
    auto http = HttpSide::open(settings, {*shared_, tls_, *mailboxes_, bridges_, *running_, journal,
                                          ingest_.get(), keeper_.get()});
    if (!http) return http.error();
    http_ = std::move(http).value();
    return Done{};
}

Status Server::open_fronts(const std::vector<bool>& speaks_http) {
    for (std::uint32_t i = 0; i < shared_->snapshot->options.front_threads; i++) {
        fronts_.push_back(std::make_unique<Front>(
            i, Front::Parts{*shared_, *mailboxes_, gate_, tls_, rates_, speaks_http, websockets_}));
        if (Status opened = fronts_.back()->open(listeners_); !opened) return opened;
    }
    return Done{};
}

Server::~Server() {
    stop();
    // Workers may still post: they end before the loops that they would wake.
    if (http_) {
        http_->stop();
        // What is still being sent may read from the store.
        for (auto& turn : turns_) turn->end_http();
        http_.reset();
    }
    passwords_.reset();
    persistence_.reset();
}

void Server::order_bridges(const BridgePlans& plans) {
    for (std::uint32_t shard = 0; shard < turns_.size(); shard++) {
        auto order = std::make_unique<BridgeOrder>();
        order->plans = plans;
        mailboxes_->order(shard, std::move(order));
    }
}

void Server::force_sync() {
    if (!persistence_) return log::notice("There is nothing to sync: 'persistence' is off.");
    Status status = persistence_->journal().force_sync();
    if (!status) return log::error("{}", status.error().text);
    log::notice("The journal is synced.");
}

void Server::log_subscriptions() {
    for (std::uint32_t shard = 0; shard < turns_.size(); shard++) {
        auto batch = std::make_unique<broker::LetterBatch>();
        batch->letters.emplace_back(broker::LogSubscriptionsLetter{});
        mailboxes_->post(shard, std::move(batch));
    }
}

void Server::start() {
    install_log_topics();
    if (ingest_) ingest_->start();
    for (auto& turn : turns_) threads_.emplace_back([&turn] { turn->run(); });
    for (auto& front : fronts_) front_threads_.emplace_back([&front] { front->run(); });
}

Status Server::reload(const config::Settings& settings) {
    if (settings.listeners.size() != listeners_.size()) {
        return Error{
            fmt::format(
                "Error: The number of listeners changed from {} to {}: that needs a restart.",
                listeners_.size(), settings.listeners.size()),
            3};
    }
    for (std::size_t i = 0; i < listeners_.size(); i++) {
        const net::ListenOptions& now = settings.listeners[i].net;
        const net::ListenOptions& then = listeners_[i].options();
        if (now.port != then.port || now.address != then.address ||
            now.unix_path != then.unix_path) {
            return Error{
                fmt::format("Error: Listener {} changed its address: that needs a restart.", i + 1),
                3};
        }
    }
    auto snapshot = snapshot_of(settings);
    if (!snapshot) return snapshot.error();
    auto contexts = tls_.make(settings);
    if (!contexts) return contexts.error();
    auto plans = make_bridge_plans(settings);
    if (!plans) return plans.error();
    // The last thing that may be refused.
    Status status = keeper_ ? keeper_->reload(settings.telemetry) : Status(Done{});
    if (!status) return status;
    for (std::size_t i = 0; i < listeners_.size(); i++)
        listeners_[i].set_tcp_nodelay(settings.listeners[i].net.tcp_nodelay);
    if (has_huge_pages_ && settings.broker.memory_limit != 0)
        log::warning(
            "memory_limit was 0 at the start: memory that was in use before goes back to "
            "the system only after a restart, and counts as in use until then.");
    tls_.replace(std::move(contexts).value());
    running_->replace(settings);
    for (auto& front : fronts_) front->replace(snapshot.value());
    for (std::uint32_t shard = 0; shard < turns_.size(); shard++) {
        auto batch = std::make_unique<broker::LetterBatch>();
        batch->letters.emplace_back(broker::ReloadLetter{snapshot.value()});
        mailboxes_->post(shard, std::move(batch));
    }
    order_bridges(plans.value());
    return Done{};
}

void Server::end_reload() {
    gate_.end();
    for (std::uint32_t shard = 0; shard < turns_.size(); shard++) mailboxes_->wake(shard);
    for (auto& front : fronts_) front->wake();
}

void Server::give_back_memory(std::uint64_t limit) {
    heap_functions().give_back_at_once(true);
    memory_meter_->in_use(shards(), limit, true);
    heap_functions().give_back_at_once(false);
}

void Server::stop() {
    // Nobody new comes in while the shards stop.
    for (auto& front : fronts_) front->stop();
    for (std::thread& thread : front_threads_) thread.join();
    front_threads_.clear();
    auto order = [this](Stopping stopping) {
        for (std::uint32_t shard = 0; shard < threads_.size(); shard++) {
            mailboxes_->at(shard).wanted.store(stopping, std::memory_order_release);
            mailboxes_->at(shard).loop->wake();
        }
    };
    order(Stopping::WillsSent);
    for (std::uint32_t shard = 0; shard < threads_.size(); shard++)
        mailboxes_->at(shard).reached.wait(Stopping::No);
    order(Stopping::Closed);
    for (std::uint32_t shard = 0; shard < threads_.size(); shard++)
        mailboxes_->at(shard).reached.wait(Stopping::WillsSent);
    order(Stopping::Recorded);
    for (std::uint32_t shard = 0; shard < threads_.size(); shard++)
        mailboxes_->at(shard).reached.wait(Stopping::Closed);
    order(Stopping::Ended);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    // What the shards gave it last is stored as well.
    if (ingest_) ingest_->stop();
}

}  // namespace martlet::server
