#include "server/lookup.h"

#include "base/text.h"

#include <cstring>
#include <netdb.h>
#include <pthread.h>
#include <utility>

namespace martlet::server {

namespace {

Result<std::vector<FoundAddress>> look_up(const std::string& host, const std::string& port,
                                          int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    // "localhost" is this machine whatever a name server says or fails to say (RFC 6761, 6.3): no
    // name means the loopback addresses.
    const char* name = host == "localhost" ? nullptr : host.c_str();
    int code = getaddrinfo(name, port.c_str(), &hints, &list);
    if (code != 0 || list == nullptr)
        return Error{fmt::format("the name '{}' cannot be looked up: {}", host, gai_strerror(code)),
                     15};
    std::vector<FoundAddress> found;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        FoundAddress& address = found.emplace_back();
        std::memcpy(&address.name, one->ai_addr, one->ai_addrlen);
        address.size = one->ai_addrlen;
        address.family = one->ai_family;
    }
    freeaddrinfo(list);
    return found;
}

}  // namespace

std::shared_ptr<Lookup> Lookup::begin(const std::string& host, std::uint16_t port,
                                      net::Loop& loop) {
    auto lookup = std::make_shared<Lookup>();
    lookup->host_ = host;
    lookup->port_ = std::to_string(port);
    auto at_once = look_up(host, lookup->port_, AI_NUMERICHOST);
    if (at_once.ok()) {
        lookup->answer(std::move(at_once));
        return lookup;
    }
    lookup->loop_ = &loop;
    auto* held = new std::shared_ptr<Lookup>(lookup);
    pthread_t thread;
    if (int code = pthread_create(&thread, nullptr, &Lookup::run, held); code != 0) {
        delete held;
        lookup->loop_ = nullptr;
        lookup->answer(
            Error{fmt::format("no thread to look up '{}': {}", host, std::strerror(code)), 14});
        return lookup;
    }
    pthread_detach(thread);
    return lookup;
}

void* Lookup::run(void* argument) {
    std::unique_ptr<std::shared_ptr<Lookup>> held(static_cast<std::shared_ptr<Lookup>*>(argument));
    Lookup& lookup = **held;
    lookup.answer(look_up(lookup.host_, lookup.port_, 0));
    return nullptr;
}

void Lookup::answer(Result<std::vector<FoundAddress>> found) {
    std::lock_guard lock(mutex_);
    if (found.ok())
        found_ = std::move(found).value();
    else
        error_ = found.error().text;
    is_done_ = true;
    if (loop_ != nullptr) loop_->wake();
}

void Lookup::forget() {
    std::lock_guard lock(mutex_);
    loop_ = nullptr;
}

bool Lookup::is_done() {
    std::lock_guard lock(mutex_);
    return is_done_;
}

Result<std::vector<FoundAddress>> Lookup::take() {
    std::lock_guard lock(mutex_);
    loop_ = nullptr;
    if (found_.empty()) return Error{error_, 15};
    return std::move(found_);
}

}  // namespace martlet::server
