#include "net/psk_file.h"

#include "base/text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace martlet::net {

namespace {

constexpr std::size_t kFileBytesMax = 16u << 20;
// The bounds of OpenSSL.
constexpr std::size_t kKeyBytesMax = 512;
constexpr std::size_t kIdentityBytesMax = 256;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// False: not hexadecimal, or not whole bytes.
bool from_hex(std::string_view hex, std::string& bytes) {
    if (hex.empty() || hex.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        int high = digit_of(hex[i]), low = digit_of(hex[i + 1]);
        if (high < 0 || low < 0) return false;
        bytes += static_cast<char>(high << 4 | low);
    }
    return true;
}

Error wrong(const std::string& path, std::size_t line, const char* text) {
    return {fmt::format("Error: psk_file {} line {}: {}", path, line, text), 1};
}

}  // namespace

std::optional<std::string> PskFile::key_of(std::string_view hex) {
    std::string key;
    if (!from_hex(hex, key)) return std::nullopt;
    return key;
}

Result<PskFile> PskFile::read(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr)
        return Error{
            fmt::format("Error: Unable to open psk_file {}: {}.", path, std::strerror(errno)), 1};
    std::string text;
    char chunk[4096];
    for (std::size_t got; (got = std::fread(chunk, 1, sizeof chunk, file)) > 0;) {
        text.append(chunk, got);
        if (text.size() > kFileBytesMax) break;
    }
    bool is_read = std::ferror(file) == 0 && text.size() <= kFileBytesMax;
    std::fclose(file);
    if (!is_read) return Error{fmt::format("Error: Unable to read psk_file {}.", path), 1};
    return parse(text, path);
}

Result<PskFile> PskFile::parse(std::string_view text, const std::string& path) {
    PskFile file;
    for (std::size_t number = 1; !text.empty(); number++) {
        std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0)
            return wrong(path, number, "expected IDENTITY:KEY.");
        if (colon > kIdentityBytesMax)
            return wrong(path, number, "the identity has more than 256 bytes.");
        std::string key;
        if (!from_hex(line.substr(colon + 1), key))
            return wrong(path, number,
                         "expected a key of hexadecimal digits, two for each byte, without 0x.");
        if (key.size() > kKeyBytesMax)
            return wrong(path, number, "the key has more than 512 bytes.");
        if (!file.keys_.emplace(line.substr(0, colon), std::move(key)).second)
            return wrong(path, number, "the identity stands in the file twice.");
    }
    return file;
}

const std::string* PskFile::find(std::string_view identity) const {
    auto found = keys_.find(identity);
    return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace martlet::net
