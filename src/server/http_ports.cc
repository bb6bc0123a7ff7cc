#include "server/http_ports.h"

#include <algorithm>
#include <unistd.h>

namespace martlet::server {

HttpPorts::HttpPorts(std::uint32_t shard, net::Loop& loop, net::Scratch& scratch, const Now& now,
                     HttpWorkers& workers)
    : shard_(shard), loop_(loop), scratch_(scratch), now_(now), workers_(workers) {
    limits_.body_bytes_max = workers.options().body_bytes_max;
}

void HttpPorts::serve_websockets(const std::vector<net::WebsocketOptions>* options) {
    websockets_ = options;
    if (options == nullptr) return;
    for (const net::WebsocketOptions& one : *options)
        upgrade_rules_.push_back({one.origins, workers_.options().hosts});
}

void HttpPorts::touch(HttpPort& port) {
    if (port.is_touched) return;
    port.is_touched = true;
    touched_.push_back(&port);
}

void HttpPorts::add(Socket socket, ByteView unread) {
    std::uint16_t listener = socket.listener;
    if (ports_.size() >= workers_.options().connections_max && !make_room()) {
        ::close(socket.fd);
        closed_.push_back(listener);
        return;
    }
    auto port = std::make_unique<HttpPort>(*this, std::move(socket));
    if (!port->start()) return closed_.push_back(listener);
    port->handle = slots_.add(port.get());
    touch(*port);
    port->begin(unread);
    ports_.push_back(std::move(port));
}

HttpPort* HttpPorts::oldest_that(bool (http::Connection::*is_it)() const) {
    HttpPort* oldest = nullptr;
    for (auto& port : ports_) {
        http::Connection& connection = port->connection();
        if (!(connection.*is_it)()) continue;
        if (oldest == nullptr || connection.since() < oldest->connection().since())
            oldest = port.get();
    }
    return oldest;
}

// It leaves at the end of the turn, so that there is one too many for a moment.
bool HttpPorts::make_room() {
    HttpPort* oldest = oldest_that(&http::Connection::is_idle);
    // Requests that never become whole are not to keep everybody else out.
    if (oldest == nullptr) oldest = oldest_that(&http::Connection::is_receiving);
    if (oldest == nullptr) return false;
    oldest->connection().abort();
    touch(*oldest);
    return true;
}

void HttpPorts::take(Inbox& answers) {
    for (InboxNode* node = answers.take_all(); node != nullptr;) {
        std::unique_ptr<HttpAnswer> answer(
            static_cast<HttpAnswer*>(std::exchange(node, node->next)));
        HttpPort* port = slots_.find(answer->port);
        if (port == nullptr) continue;
        if (answer->response) {
            port->connection().on_answer(std::move(*answer->response), now_);
        } else if (answer->is_broken) {
            port->connection().on_broken();
        } else {
            port->connection().on_piece(std::move(answer->source), answer->piece, answer->is_last,
                                        now_);
        }
        touch(*port);
    }
}

void HttpPorts::run_timers() {
    if (now_.steady < next_wake_) return;
    next_wake_ = Milliseconds::max();
    for (auto& port : ports_) {
        port->connection().on_time(now_);
        touch(*port);
    }
}

void HttpPorts::write_and_close() {
    for (HttpPort* port : std::exchange(touched_, {})) {
        port->is_touched = false;
        port->flush();
        next_wake_ = std::min(next_wake_, port->connection().deadline());
        if (port->is_upgraded()) {
            upgraded_.push_back(std::make_unique<MovedConnection>());
            port->leave(*upgraded_.back());
            forget(*port);
        } else if (port->is_done()) {
            remove(*port);
        }
    }
}

void HttpPorts::remove(HttpPort& port) {
    closed_.push_back(port.listener());
    port.end();
    forget(port);
}

void HttpPorts::forget(HttpPort& port) {
    slots_.remove(port.handle);
    std::erase_if(ports_, [&](const auto& one) { return one.get() == &port; });
}

}  // namespace martlet::server
