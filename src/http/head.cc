#include "http/head.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace martlet::http {

namespace {

struct Phrase {
    int status;
    std::string_view text;
};

constexpr std::array kPhrases = {
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{426, "Upgrade Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

// Said by each answer that does not say its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUsual = {{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy",
     "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
}};

std::string_view phrase_of(int status) {
    for (const Phrase& phrase : kPhrases) {
        if (phrase.status == status) return phrase.text;
    }
    return "Status";
}

bool is_same_name(std::string_view a, std::string_view b) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

bool has_field(const Fields& fields, std::string_view name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return is_same_name(field.first, name); });
}

void write_field(std::string_view name, std::string_view value, std::string& out) {
    auto append = [&](std::string_view text) {
        for (char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    };
    append(name);
    out += ": ";
    append(value);
    out += "\r\n";
}

// RFC 9110, 5.6.7: in English whatever the locale.
std::string date_of(Milliseconds wall) {
    constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::time_t seconds = wall.count() / 1000;
    std::tm t{};
    if (gmtime_r(&seconds, &t) == nullptr) return "Thu, 01 Jan 1970 00:00:00 GMT";
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                       kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                       kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                       t.tm_min, t.tm_sec);
}

}  // namespace

void write_head(const Response& response, const HeadFacts& facts, std::string& out) {
    out += fmt::format("HTTP/1.1 {} {}\r\n", response.status, phrase_of(response.status));
    write_field("Date", date_of(facts.wall), out);
    bool has_body = response.status != 204 && response.status != 304;
    if (has_body) write_field("Content-Type", response.content_type, out);
    if (has_body && facts.framing == Framing::Length)
        write_field("Content-Length", fmt::format("{}", facts.length), out);
    if (has_body && facts.framing == Framing::Chunks)
        write_field("Transfer-Encoding", "chunked", out);
    write_field("Connection", facts.keep_alive ? "keep-alive" : "close", out);
    for (const auto& [name, value] : kUsual) {
        if (!has_field(response.headers, name)) write_field(name, value, out);
    }
    for (const auto& [name, value] : response.headers) write_field(name, value, out);
    out += "\r\n";
}

void write_chunk(std::string_view piece, std::string& out) {
    out += fmt::format("{:x}\r\n", piece.size());
    out += piece;
    out += "\r\n";
}

}  // namespace martlet::http
