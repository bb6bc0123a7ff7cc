#include "broker/first_packet.h"

#include "base/log.h"

#include <algorithm>
#include <string>

namespace martlet::broker {

namespace {

constexpr std::size_t kFirstPacketMax = 100'000;

std::string end_as_2_0(std::string_view name, std::string_view text) {
    if (text.empty()) return fmt::format("Client {} disconnected.", name);
    if (text == "connection closed by client")
        return fmt::format("Client {} closed its connection.", name);
    if (text == "exceeded timeout")
        return fmt::format("Client {} has exceeded timeout, disconnecting.", name);
    bool is_due =
        text == "malformed packet" || text == "protocol error" || text == "oversize packet";
    return fmt::format("Client {} disconnected{} {}.", name, is_due ? " due to" : ",", text);
}

}  // namespace

std::size_t first_packet_size_max(const Options& options) {
    if (options.max_packet_size == 0) return kFirstPacketMax;
    return std::min<std::size_t>(options.max_packet_size, kFirstPacketMax);
}

std::uint32_t home_of(const Shared& shared, const ListenerOptions& listener,
                      const mqtt::Connect& connect, std::string_view host) {
    std::string_view id = listener.use_username_as_clientid ? connect.user_name : connect.client_id;
    return shared.home_of(id.empty() ? host : id);
}

void log_connection_end(std::string_view client_id, std::string_view peer, std::string_view text,
                        bool as_2_0) {
    std::string_view name = client_id.empty() ? std::string_view("<unknown>") : client_id;
    if (as_2_0)
        log::notice("{}", end_as_2_0(name, text));
    else if (text.empty())
        log::notice("Client {} [{}] disconnected.", name, peer);
    else
        log::notice("Client {} [{}] disconnected: {}.", name, peer, text);
}

}  // namespace martlet::broker
