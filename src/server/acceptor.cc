#include "server/acceptor.h"

#include "base/log.h"
#include "net/listener.h"
#include "server/front.h"

#include <cstring>
#include <errno.h>
#include <unistd.h>

namespace martlet::server {

namespace {

// More wait for the next turn, so that a storm of connections does not starve those that are there.
constexpr int kAcceptsATurn = 16;

}  // namespace

void Acceptor::on_ready(std::uint32_t) {
    for (int i = 0; i < kAcceptsATurn; i++) {
        net::Endpoint peer;
        int fd = net::Listener::accept(socket_, peer);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) pause();
            return;
        }
        if (!front_.may_accept(listener_, peer)) {
            close(fd);
            continue;
        }
        if (front_.options().connection_messages) {
            // Each question of a program may be a connection: no news to an operator.
            auto level = front_.speaks_http(listener_) ? log::Level::Debug : log::Level::Notice;
            log::print(level, "New connection from {} on port {}.", peer.text(), port_);
        }
        front_.accept(fd, peer, listener_);
    }
}

// What waits in the queue would wake the loop again and again.
void Acceptor::pause() {
    log::error(
        "Error: No more connections can be accepted for now: {}. Raise the limit of open files "
        "(ulimit -n).",
        std::strerror(errno));
    front_.loop().remove(socket_);
    front_.pause(*this);
}

void Acceptor::go_on() {
    front_.loop().add(socket_, front_.accept_events(), this);
}

}  // namespace martlet::server
