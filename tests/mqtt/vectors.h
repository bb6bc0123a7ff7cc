#pragma once

// Reads tests/mqtt/vectors/*.txt. A line is `VERSION | PACKET | WHAT MUST COME`, where PACKET is
// the first byte and then the body (the remaining length is put in between): hex digits, 'text' as
// it is, s'text' with its two length bytes in front.

#include "mqtt/types.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace martlet::mqtt {

struct Vector {
    Version version;
    std::uint8_t first = 0;
    std::vector<std::uint8_t> body;
    std::string expected;
    std::string where;

    bool is_good() const { return expected.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0; }
};

inline std::string trim(const std::string& text) {
    auto begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

inline bool read_packet_text(const std::string& text, std::vector<std::uint8_t>& bytes) {
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            i++;
            continue;
        }
        bool has_length = text[i] == 's';
        if (has_length) i++;
        if (text[i] == '\'') {
            auto end = text.find('\'', i + 1);
            if (end == std::string::npos) return false;
            std::string inner = text.substr(i + 1, end - i - 1);
            if (has_length) {
                bytes.push_back(static_cast<std::uint8_t>(inner.size() >> 8));
                bytes.push_back(static_cast<std::uint8_t>(inner.size()));
            }
            bytes.insert(bytes.end(), inner.begin(), inner.end());
            i = end + 1;
            continue;
        }
        if (has_length || i + 2 > text.size()) return false;
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
        i += 2;
    }
    return !bytes.empty();
}

inline std::vector<Vector> read_vectors() {
    std::vector<Vector> vectors;
    std::filesystem::path folder = std::string(MARTLET_SOURCE_DIR) + "/tests/mqtt/vectors";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path());
        std::string line;
        for (int number = 1; std::getline(file, line); number++) {
            if (line.empty() || line[0] == '#') continue;
            Vector vector;
            vector.where = entry.path().filename().string() + ":" + std::to_string(number);
            auto bar = line.find('|');
            auto bar_2 = line.find('|', bar + 1);
            std::vector<std::uint8_t> bytes;
            if (bar_2 == std::string::npos ||
                !read_packet_text(line.substr(bar + 1, bar_2 - bar - 1), bytes)) {
                vector.expected = "(a line that cannot be read)";
                vectors.push_back(vector);
                continue;
            }
            std::string version = trim(line.substr(0, bar));
            vector.version = version == "5"   ? Version::V5
                             : version == "4" ? Version::V311
                                              : Version::V31;
            vector.first = bytes[0];
            vector.body.assign(bytes.begin() + 1, bytes.end());
            vector.expected = trim(line.substr(bar_2 + 1));
            vectors.push_back(vector);
        }
    }
    return vectors;
}

}  // namespace martlet::mqtt
