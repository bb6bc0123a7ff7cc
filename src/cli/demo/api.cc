#include "cli/demo/api.h"

#include "base/text.h"
#include "telemetry/payload_json.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::cli::demo {

namespace {

constexpr int kPatienceMs = 20'000;
constexpr std::size_t kAnswerBytesMax = 8u << 20;

bool wait_for(int fd, short event) {
    pollfd waiting{fd, event, 0};
    return poll(&waiting, 1, kPatienceMs) > 0;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        if (!wait_for(fd, POLLOUT)) return false;
        ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// Until the server closes.
bool read_all(int fd, std::string& bytes) {
    std::array<char, 16 * 1024> piece;
    while (bytes.size() <= kAnswerBytesMax) {
        if (!wait_for(fd, POLLIN)) return false;
        ssize_t got = recv(fd, piece.data(), piece.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return got == 0;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
    return false;
}

bool take_number(std::string_view text, auto& number) {
    auto end = text.data() + text.size();
    auto result = std::from_chars(text.data(), end, number);
    return result.ec == std::errc{} && result.ptr == end;
}

// Of a page of /sources. False: it is not one.
bool read_page(std::string_view body, std::vector<ApiSource>& sources, std::int64_t& next) {
    telemetry::PayloadJson json;
    if (!json.read(body).empty() || !json.is_object()) return false;
    next = 0;
    for (const telemetry::JsonLeaf& leaf : json.leaves()) {
        if (leaf.path == "next") next = leaf.integer;
        constexpr std::string_view kList = "sources.";
        if (!leaf.path.starts_with(kList)) continue;
        std::string_view place = leaf.path.substr(kList.size());
        std::size_t dot = place.find('.');
        if (dot == std::string_view::npos) continue;
        std::string_view name = place.substr(dot + 1);
        // "key" comes first in each.
        if (name == "key") sources.push_back({leaf.integer, {}, {}});
        if (sources.empty()) continue;
        if (name == "kind") sources.back().kind = leaf.text;
        if (name == "id") sources.back().id = leaf.text;
    }
    return true;
}

// Of a page of /clients: the id of the first that is connected and whose id begins like this.
std::string find_online(std::string_view body, std::string_view prefix) {
    telemetry::PayloadJson json;
    if (!json.read(body).empty()) return {};
    std::string_view id;
    for (const telemetry::JsonLeaf& leaf : json.leaves()) {
        // "client_id" comes before "is_online".
        if (leaf.path.ends_with(".client_id")) id = leaf.text;
        bool is_online = leaf.path.ends_with(".is_online") && leaf.integer == 1;
        if (is_online && id.starts_with(prefix)) return std::string(id);
    }
    return {};
}

}  // namespace

Result<Api> Api::make(std::string_view url, std::string token) {
    Api api;
    api.url_ = url;
    api.token_ = std::move(token);
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url;
    if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::size_t colon = rest.rfind(':');
    api.address_.host = rest.substr(0, colon);
    api.address_.port = 80;
    bool has_port = colon != std::string_view::npos;
    bool is_sound = url.starts_with(kScheme) && !api.address_.host.empty() &&
                    rest.find('/') == std::string_view::npos;
    if (has_port && !take_number(rest.substr(colon + 1), api.address_.port)) is_sound = false;
    bool is_header = api.token_.find_first_of("\r\n") == std::string::npos;
    if (is_sound && is_header) return api;
    return Error{fmt::format("Error: '{}' is no address like http://localhost:8080.", url)};
}

Result<Api::Answer> Api::ask(std::string_view method, std::string_view path) const {
    auto fd = client::dial(address_, Milliseconds{10'000});
    if (!fd) {
        return Error{fmt::format("Error: Nobody answers at {} ({}).", url_, fd.error().text)};
    }
    // Of 1.0, since its answers come in one piece and end with the connection.
    auto request = fmt::format(
        "{} {} HTTP/1.0\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
        method, path, address_.host, address_.port, token_);
    std::string bytes;
    bool is_told = write_all(fd.value(), request) && read_all(fd.value(), bytes);
    close(fd.value());
    Answer answer;
    std::size_t blank = bytes.find(' ');
    std::size_t head = bytes.find("\r\n\r\n");
    bool is_sound = is_told && bytes.starts_with("HTTP/1.") && head != std::string::npos &&
                    take_number(std::string_view(bytes).substr(blank + 1, 3), answer.status);
    if (!is_sound) return Error{fmt::format("Error: {} gave no answer to {}.", url_, path)};
    answer.body = bytes.substr(head + 4);
    return answer;
}

Error Api::refused(std::string_view path, const Answer& answer) const {
    return Error{fmt::format("Error: {}{} answered {}: {}", url_, path, answer.status,
                             answer.body.substr(0, 300))};
}

Result<std::vector<ApiSource>> Api::sources() const {
    std::vector<ApiSource> sources;
    std::int64_t next = 0;
    do {
        // Small pages, since a source may have many facts and the reader has bounds.
        auto path = fmt::format("/api/v1/sources?limit=100&after={}", next);
        auto answer = ask("GET", path);
        if (!answer) return answer.error();
        if (answer.value().status != 200) return refused(path, answer.value());
        std::int64_t before = next;
        if (!read_page(answer.value().body, sources, next) || (next != 0 && next <= before)) {
            return Error{fmt::format("Error: {}{} is not what Martlet answers.", url_, path)};
        }
    } while (next != 0);
    return sources;
}

Status Api::remove_source(std::int64_t key) const {
    auto path = fmt::format("/api/v1/sources/{}", key);
    auto answer = ask("DELETE", path);
    if (!answer) return answer.error();
    // 404: somebody else was faster.
    int status = answer.value().status;
    if (status != 200 && status != 404) return refused(path, answer.value());
    return Done{};
}

Result<std::string> Api::client_online(std::string_view prefix) const {
    // In the order of their ids, from the prefix on.
    auto path = fmt::format("/api/v1/clients?limit=100&after={}", prefix);
    auto answer = ask("GET", path);
    if (!answer) return answer.error();
    if (answer.value().status != 200) return refused(path, answer.value());
    return find_online(answer.value().body, prefix);
}

}  // namespace martlet::cli::demo
