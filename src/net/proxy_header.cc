#include "net/proxy_header.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>

namespace martlet::net {

namespace {

constexpr std::size_t kLineMax = 107;  // with its CR and LF
constexpr std::array<std::uint8_t, 12> kSignature = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                     0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::size_t kFixed = 16;  // signature, version and command, family, length
constexpr std::string_view kLineStart = "PROXY ";

// Types of extensions; those of TLS but the first stand within it.
constexpr std::uint8_t kTls = 0x20, kTlsVersion = 0x21, kCommonName = 0x22, kCipher = 0x23;
// Flags of kTls: the client came by TLS, with a certificate in this connection, in this session.
constexpr std::uint8_t kIsTls = 1, kCertificateNow = 2, kCertificateOfSession = 4;

std::size_t read_u16(ByteView bytes, std::size_t at) {
    return static_cast<std::size_t>(bytes[at]) << 8 | bytes[at + 1];
}

// The next word of a line of version 1; exactly one space stands between two.
std::string_view next_word(std::string_view& line) {
    std::size_t space = std::min(line.find(' '), line.size());
    std::string_view word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
}

bool read_port(std::string_view word, std::uint16_t& port) {
    if (word.empty() || word.size() > 5 || (word.size() > 1 && word[0] == '0')) return false;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    return error == std::errc() && end == word.data() + word.size();
}

bool read_ip(int family, std::string_view word, Endpoint& out) {
    std::string text(word);
    out.family = family == AF_INET ? 4 : 6;
    return inet_pton(family, text.c_str(), out.address.data()) == 1;
}

// IPv4 in the form of IPv6 is IPv4, as for sockets.
Endpoint plain(Endpoint endpoint) {
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (endpoint.family != 6 ||
        !std::equal(kMapped.begin(), kMapped.end(), endpoint.address.begin()))
        return endpoint;
    Endpoint v4;
    v4.family = 4;
    v4.port = endpoint.port;
    std::copy(endpoint.address.begin() + 12, endpoint.address.end(), v4.address.begin());
    return v4;
}

// The first extension in front of `rest`. False: it is cut.
bool next_extension(ByteView& rest, std::uint8_t& type, ByteView& value) {
    if (rest.size() < 3 || rest.size() - 3 < read_u16(rest, 1)) return false;
    type = rest[0];
    value = rest.subspan(3, read_u16(rest, 1));
    rest = rest.subspan(3 + value.size());
    return true;
}

}  // namespace

void ProxyHeader::fail(std::string_view why) {
    state_ = State::Corrupt;
    failure_ = why;
}

std::size_t ProxyHeader::take(ByteView bytes) {
    if (state_ != State::Open) return 0;
    return version_ == 1 ? take_line(bytes) : take_binary(bytes);
}

std::size_t ProxyHeader::take_line(ByteView bytes) {
    for (std::size_t used = 0; used < bytes.size();) {
        std::uint8_t byte = bytes[used++];
        std::size_t at = bytes_.size();
        bytes_.push_back(byte);
        // Said as soon as it is seen: a client that speaks without a proxy would wait for ever.
        if (at < kLineStart.size() && byte != static_cast<std::uint8_t>(kLineStart[at]))
            return fail("the connection does not begin with a PROXY header of version 1"), used;
        if (byte == '\n') {
            std::string_view line = as_text(ByteView(bytes_));
            if (!line.ends_with("\r\n")) return fail("its line does not end with CR and LF"), used;
            line.remove_suffix(2);
            read_line(line.substr(kLineStart.size()));
            return used;
        }
        if (bytes_.size() == kLineMax) return fail("its line is longer than 107 bytes"), used;
    }
    return bytes.size();
}

void ProxyHeader::read_line(std::string_view line) {
    std::string_view protocol = next_word(line);
    // Whatever follows is to be ignored.
    if (protocol == "UNKNOWN") {
        state_ = State::Complete;
        return;
    }
    if (protocol != "TCP4" && protocol != "TCP6")
        return fail("its protocol is none of TCP4, TCP6 and UNKNOWN");
    int family = protocol == "TCP4" ? AF_INET : AF_INET6;
    Endpoint source, destination;
    bool is_sound = read_ip(family, next_word(line), source) &&
                    read_ip(family, next_word(line), destination) &&
                    read_port(next_word(line), source.port) && read_port(line, destination.port);
    if (!is_sound) return fail("an address or a port in it is not valid");
    client_.address = plain(source);
    state_ = State::Complete;
}

std::size_t ProxyHeader::take_binary(ByteView bytes) {
    std::size_t used = 0;
    while (used < bytes.size()) {
        std::size_t size =
            bytes_.size() < kFixed ? kFixed : kFixed + read_u16(ByteView(bytes_), kFixed - 2);
        std::size_t more = std::min(size - bytes_.size(), bytes.size() - used);
        ByteView fresh = bytes.subspan(used, more);
        bytes_.insert(bytes_.end(), fresh.begin(), fresh.end());
        used += more;
        std::size_t known = std::min(bytes_.size(), kSignature.size());
        if (!std::equal(kSignature.begin(), kSignature.begin() + static_cast<std::ptrdiff_t>(known),
                        bytes_.begin()))
            return fail("the connection does not begin with a PROXY header of version 2"), used;
        if (bytes_.size() < kFixed) return used;
        if (bytes_[12] >> 4 != 2) return fail("its version is not 2"), used;
        size = kFixed + read_u16(ByteView(bytes_), kFixed - 2);
        if (size > kBytesMax) return fail("it is longer than 4096 bytes"), used;
        if (bytes_.size() == size) return read_binary(), used;
    }
    return used;
}

void ProxyHeader::read_binary() {
    std::uint8_t command = bytes_[12] & 0xf;
    ByteView rest = ByteView(bytes_).subspan(kFixed);
    // LOCAL: the proxy speaks for itself, and all that follows is to be ignored.
    if (command == 0) {
        state_ = State::Complete;
        return;
    }
    if (command != 1) return fail("its command is neither LOCAL nor PROXY");
    if (!read_address(bytes_[13], rest)) return;
    if (!read_extensions(rest)) return fail("an extension in it is cut");
    state_ = State::Complete;
}

bool ProxyHeader::read_address(std::uint8_t family, ByteView& rest) {
    // Two addresses and, for TCP, two ports.
    std::size_t address = family == 0x11 ? 4 : family == 0x21 ? 16 : family == 0x31 ? 108 : 0;
    if (family != 0 && address == 0)
        return fail("its address is neither TCP over IPv4 or IPv6 nor a unix stream"), false;
    bool is_tcp = family == 0x11 || family == 0x21;
    std::size_t size = 2 * address + (is_tcp ? 4 : 0);
    if (rest.size() < size) return fail("it is too short for its addresses"), false;
    if (family != 0) {
        Endpoint source;
        source.family = family == 0x11 ? 4 : family == 0x21 ? 6 : 0;
        if (is_tcp) {
            std::memcpy(source.address.data(), rest.data(), address);
            source.port = static_cast<std::uint16_t>(read_u16(rest, 2 * address));
        }
        client_.address = plain(source);
    }
    rest = rest.subspan(size);
    return true;
}

bool ProxyHeader::read_extensions(ByteView rest) {
    while (!rest.empty()) {
        std::uint8_t type = 0;
        ByteView value;
        if (!next_extension(rest, type, value)) return false;
        if (type == kTls && !read_tls(value)) return false;
    }
    return true;
}

// One byte of flags, four that are 0 when the certificate was verified, then extensions.
bool ProxyHeader::read_tls(ByteView value) {
    if (value.size() < 5) return false;
    client_.is_tls = (value[0] & kIsTls) != 0;
    bool is_verified = std::all_of(value.begin() + 1, value.begin() + 5,
                                   [](std::uint8_t byte) { return byte == 0; });
    client_.has_certificate = client_.is_tls && is_verified &&
                              (value[0] & (kCertificateNow | kCertificateOfSession)) != 0;
    ByteView rest = value.subspan(5);
    while (!rest.empty()) {
        std::uint8_t type = 0;
        ByteView part;
        if (!next_extension(rest, type, part)) return false;
        if (type == kTlsVersion) client_.tls_version = as_text(part);
        if (type == kCommonName) client_.common_name = as_text(part);
        if (type == kCipher) client_.cipher = as_text(part);
    }
    return true;
}

}  // namespace martlet::net
