#include "cli/output/table.h"

#include "base/text.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <sys/ioctl.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr std::size_t kGap = 2;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Letters of UTF-8.
std::size_t width_of(std::string_view text) {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::string cut(const std::string& text, std::size_t width) {
    if (width_of(text) <= width) return text;
    std::size_t at = 0;
    for (std::size_t letters = 0; at < text.size(); at++) {
        if (!is_continuation(text[at]) && ++letters == width) break;
    }
    return text.substr(0, at) + "…";
}

std::size_t terminal_width() {
    winsize size{};
    if (isatty(STDOUT_FILENO) == 0) return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

// The widest column gives way until the whole fits.
void narrow(std::vector<std::size_t>& widths, std::size_t width) {
    constexpr std::size_t kLeast = 8;
    auto total = [&] {
        std::size_t sum = (widths.size() - 1) * kGap;
        for (std::size_t one : widths) sum += one;
        return sum;
    };
    while (width != 0 && total() > width) {
        auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= kLeast) return;
        --*widest;
    }
}

}  // namespace

std::string Table::text(std::size_t width) const {
    std::vector<std::size_t> widths;
    std::vector<std::vector<std::string>> rows = rows_;
    for (auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); i++) {
            row[i] = telemetry::without_orders(row[i]);
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    narrow(widths, width);
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); i++) {
            std::string cell = cut(row[i], widths[i]);
            line += cell;
            if (i + 1 < row.size()) line.append(widths[i] - width_of(cell) + kGap, ' ');
        }
        line.resize(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

void Table::print() const {
    std::string out = text(terminal_width());
    std::fwrite(out.data(), 1, out.size(), stdout);
}

std::string age_text(std::int64_t age_ms) {
    std::int64_t seconds = age_ms / 1000;
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 7200) return fmt::format("{} min", seconds / 60);
    if (seconds < 2 * 86'400) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} days", seconds / 86'400);
}

std::string time_text(std::int64_t time_ms) {
    auto seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm local{};
    std::array<char, 32> text{};
    if (localtime_r(&seconds, &local) == nullptr) return "?";
    std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &local);
    return {text.data(), size};
}

std::string count_text(std::uint64_t count, std::string_view one, std::string_view many) {
    if (count == 1) return fmt::format("1 {}", one);
    std::string plural = many.empty() ? std::string(one) + 's' : std::string(many);
    return fmt::format("{} {}", count, plural);
}

}  // namespace martlet::cli
