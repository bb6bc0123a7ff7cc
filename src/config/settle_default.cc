// The default listener: whether keys that stand above the first `listener` open one, and which
// listeners of a file are one and the same.

#include "config/keys/setters.h"
#include "config/settle.h"

#include <algorithm>

namespace martlet::config {
namespace {

constexpr int kExitListener = 1;

// The parts of a listener whose values make mosquitto 2.0 open it; the others are blank.
ListenerDraft opening_part(ListenerDraft listener) {
    const ListenerDraft plain;
    listener.place = plain.place;
    listener.is_default = plain.is_default;
    listener.http_dir = plain.http_dir;
    listener.security = plain.security;
    listener.broker.max_topic_alias = plain.broker.max_topic_alias;
    listener.broker.max_topic_alias_broker = plain.broker.max_topic_alias_broker;
    listener.tls.version = plain.tls.version;
    if (listener.tls.keyform == "pem") listener.tls.keyform = plain.tls.keyform;
    return listener;
}

Notice* notice_of(Draft& draft, const PlacedText& line) {
    auto found = std::find_if(draft.notices.begin(), draft.notices.end(), [&](const Notice& n) {
        return n.place == line.place && n.key == line.text;
    });
    return found == draft.notices.end() ? nullptr : &*found;
}

void say_that_it_is_opened(Draft& draft) {
    const net::ListenOptions& net = draft.default_listener->net;
    for (const PlacedText& line : draft.default_lines) {
        Notice* notice = notice_of(draft, line);
        if (notice == nullptr || notice->kind == NoticeKind::Wrong) continue;
        draft.default_listener->place = line.place;
        if (line.text == "port" || line.text == "bind_address") return;
        notice->text = fmt::format(
            "'{}' makes the default listener on port {}{}; a `listener` line above it would say so",
            line.text, net.port, net.address.empty() ? "" : " of " + net.address);
        return;
    }
}

// mosquitto 2.0 opens it on all addresses; 2.1 and Martlet wait for a `listener` line.
void say_that_it_is_local(Draft& draft) {
    for (const PlacedText& line : draft.default_lines) {
        Notice* notice = notice_of(draft, line);
        if (notice == nullptr || notice->kind != NoticeKind::Same || !notice->text.empty())
            continue;
        notice->kind = NoticeKind::Differs;
        notice->text = fmt::format(
            "without a `listener` line port 1883 is for this machine only, as in mosquitto 2.1; "
            "2.0 "
            "opens it on all addresses because of '{}'",
            line.text);
    }
}

void say_that_it_is_closed(Draft& draft) {
    for (const PlacedText& line : draft.default_lines) {
        Notice* notice = notice_of(draft, line);
        if (notice == nullptr || notice->kind == NoticeKind::Wrong) continue;
        notice->kind = NoticeKind::Ignored;
        notice->feature.clear();
        notice->text = fmt::format(
            "'{}' stands above the first `listener` and has no effect; move it below the "
            "`listener` line that it is for",
            line.text);
    }
}

std::string socket_name(const net::ListenOptions& net) {
    if (!net.unix_path.empty()) return "unix socket " + net.unix_path;
    return fmt::format("port {}{}", net.port, net.address.empty() ? "" : " of " + net.address);
}

// Empty where a family is left out; "*" for all addresses of it.
struct Reach {
    std::string ipv4;
    std::string ipv6;
};

Reach reach_of(const net::ListenOptions& net) {
    Reach reach;
    bool is_ipv6 = net.address.find(':') != std::string::npos;
    if (net.address.empty()) reach = {"*", "*"};
    if (!net.address.empty()) (is_ipv6 ? reach.ipv6 : reach.ipv4) = net.address;
    if (net.address == "localhost") reach = {"127.0.0.1", "::1"};
    if (reach.ipv4 == "0.0.0.0") reach.ipv4 = "*";
    if (reach.ipv6 == "::") reach.ipv6 = "*";
    if (net.domain == net::SocketDomain::Ipv4) reach.ipv6.clear();
    if (net.domain == net::SocketDomain::Ipv6) reach.ipv4.clear();
    return reach;
}

bool meet(const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && (a == "*" || b == "*" || a == b);
}

// Both cannot be opened; better said here than as "address in use" at the start.
bool overlap(const net::ListenOptions& a, const net::ListenOptions& b) {
    if (!a.unix_path.empty() || !b.unix_path.empty()) return a.unix_path == b.unix_path;
    if (a.port != b.port || a.interface != b.interface) return false;
    Reach reach_a = reach_of(a);
    Reach reach_b = reach_of(b);
    return meet(reach_a.ipv4, reach_b.ipv4) || meet(reach_a.ipv6, reach_b.ipv6);
}

// Whether leaving one of them out changes nothing.
bool is_same(ListenerDraft a, const ListenerDraft& b) {
    a.place = b.place;
    a.is_default = b.is_default;
    // Where a file was named says nothing; broker.auth holds its name.
    a.security = b.security;
    return a == b;
}

std::string what_to_do(const ListenerDraft& a, const ListenerDraft& b) {
    if (a.is_default || b.is_default)
        return "Keys above the first `listener`, `port` and `bind_address` make a listener of "
               "their own: move them below the `listener` line.";
    return "Put the keys of both below one `listener` line, or give the two different addresses.";
}

void refuse(Draft& draft, const ListenerDraft& first, const ListenerDraft& second) {
    add_problem(draft,
                fmt::format("Error: The listener on {} stands at {} already (there: {}), and the "
                            "two differ. {}",
                            socket_name(second.net), first.place.text(), socket_name(first.net),
                            what_to_do(first, second)),
                second.place, kExitListener);
}

void say_that_it_is_one(Draft& draft, const ListenerDraft& first, const ListenerDraft& second) {
    draft.notices.push_back({second.place,
                             "listener",
                             NoticeKind::Mapped,
                             fmt::format("the listener on {} stands at {} already; the two are one",
                                         socket_name(second.net), first.place.text()),
                             {}});
}

}  // namespace

bool is_opened(const Draft& draft, const ListenerDraft& listener) {
    if (!listener.is_default || draft.is_default_said) return true;
    return !(opening_part(listener) == opening_part(ListenerDraft{}));
}

void settle_default_listener(Draft& draft) {
    if (draft.default_listener == nullptr) return;
    if (!draft.is_open_to_others) {
        if (is_opened(draft, *draft.default_listener)) say_that_it_is_local(draft);
        return;
    }
    if (is_opened(draft, *draft.default_listener)) return say_that_it_is_opened(draft);
    say_that_it_is_closed(draft);
    draft.default_listener = nullptr;
    std::erase_if(draft.listeners,
                  [](const ListenerDraft& listener) { return listener.is_default; });
}

void settle_twins(Draft& draft) {
    std::deque<ListenerDraft>& all = draft.listeners;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = i + 1; j < all.size();) {
            bool is_twin = overlap(all[i].net, all[j].net);
            bool is_one = is_twin && is_same(all[i], all[j]);
            if (is_one) {
                say_that_it_is_one(draft, all[i], all[j]);
                all.erase(all.begin() + static_cast<std::ptrdiff_t>(j));
                continue;
            }
            if (is_twin) refuse(draft, all[i], all[j]);
            ++j;
        }
    }
}

}  // namespace martlet::config
