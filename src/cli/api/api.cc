#include "cli/api/api.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr int kPatienceMs = 20'000;
constexpr std::size_t kAnswerBytesMax = 32u << 20;

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

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// The body's length as the head tells it.
std::optional<std::size_t> told_length(std::string_view head) {
    constexpr std::string_view kName = "\r\ncontent-length:";
    auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(),
                             [](char a, char b) { return lower(a) == b; });
    if (found == head.end()) return std::nullopt;
    head.remove_prefix(static_cast<std::size_t>(found - head.begin()) + kName.size());
    std::string_view text = head.substr(0, head.find("\r\n"));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::size_t length = 0;
    if (!take_number(text, length)) return std::nullopt;
    return length;
}

// False: it is no whole answer.
bool read_answer(std::string_view bytes, Api::Answer& answer) {
    std::size_t blank = bytes.find(' ');
    std::size_t end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.") || end == std::string_view::npos || blank > end) return false;
    if (!take_number(bytes.substr(blank + 1, 3), answer.status)) return false;
    answer.body = bytes.substr(end + 4);
    auto length = told_length(bytes.substr(0, end + 2));
    return !length || *length == answer.body.size();
}

}  // namespace

Result<Api> Api::make(std::string_view url, std::string token) {
    Api api;
    api.token_ = std::move(token);
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url;
    if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    api.url_ = fmt::format("{}{}", kScheme, rest);
    // The colons of an IPv6 address stand in brackets.
    std::size_t colon = rest.rfind(':');
    std::size_t bracket = rest.rfind(']');
    bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    std::string_view host = has_port ? rest.substr(0, colon) : rest;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    api.address_.host = host;
    api.address_.port = 80;
    bool is_sound =
        url.starts_with(kScheme) && !host.empty() && rest.find('/') == std::string_view::npos;
    if (has_port && !take_number(rest.substr(colon + 1), api.address_.port)) is_sound = false;
    if (api.token_.find_first_of("\r\n") != std::string::npos)
        return Error{"Error: A token is one line."};
    if (is_sound) return api;
    if (url.starts_with("https://")) {
        return Error{fmt::format(
            "Error: '{}' is for TLS, which this build does not speak: give http://HOST:PORT.",
            url)};
    }
    return Error{fmt::format("Error: '{}' is no address like http://localhost:8080.", url)};
}

Result<Api::Answer> Api::ask(std::string_view method, std::string_view path,
                             std::string_view body) const {
    auto fd = client::dial(address_, Milliseconds{10'000});
    if (!fd) {
        return Error{
            fmt::format("Error: Nobody answers at {} ({}). Does the broker run, and has "
                        "it a listener with `protocol http` there?",
                        url_, fd.error().text)};
    }
    // HTTP 1.0, since its answers come in one piece and end with the connection.
    auto request = fmt::format(
        "{} {} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        method, path, std::string_view(url_).substr(7), token_, body.size(), body);
    std::string bytes;
    bool is_told = write_all(fd.value(), request) && read_all(fd.value(), bytes);
    close(fd.value());
    Answer answer;
    if (is_told && read_answer(bytes, answer)) return answer;
    return Error{fmt::format("Error: {} gave no answer to {}.", url_, path)};
}

Error Api::refused(std::string_view path, const Answer& answer) const {
    auto json = http::read_json_object(answer.body);
    const http::JsonValue* error = json ? json.value().find("error") : nullptr;
    auto message = error != nullptr ? error->text_of("message") : std::nullopt;
    if (answer.status == 401)
        return {fmt::format("Error: {} does not know this token: it is wrong, it has expired, or "
                            "it was removed.",
                            url_),
                401};
    if (message) return {fmt::format("Error: {}.", *message), answer.status};
    return {fmt::format("Error: {}{} answered {}: {}", url_, path, answer.status,
                        answer.body.substr(0, 300)),
            answer.status};
}

Result<http::JsonValue> Api::json(std::string_view method, std::string_view path,
                                  std::string_view body) const {
    auto answer = ask(method, path, body);
    if (!answer) return answer.error();
    if (answer.value().status < 200 || answer.value().status > 299)
        return refused(path, answer.value());
    if (answer.value().body.empty()) return http::JsonValue();
    auto json = http::read_json_object(answer.value().body);
    if (json) return json;
    return Error{fmt::format("Error: {}{} is not what Martlet answers ({}).", url_, path,
                             json.error().text)};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (is_plain) {
            out += c;
            continue;
        }
        auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

}  // namespace martlet::cli
