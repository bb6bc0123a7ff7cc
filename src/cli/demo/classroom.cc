// A class of students, each with a board that sends bare numbers: an analogue input every 10
// seconds, and a temperature with decimals.

#include "base/text.h"
#include "cli/demo/chance.h"
#include "cli/demo/simulator.h"

#include <algorithm>
#include <cmath>

namespace martlet::cli::demo {

namespace {

constexpr std::string_view kFruits[] = {"apricot", "banana", "cherry", "damson", "elder", "fig",
                                        "grape",   "hazel",  "kiwi",   "lemon",  "mango", "olive"};
constexpr std::size_t kStudents = 24;

struct Board {
    std::string name;
    double value = 512;
    double temperature_c = 21;
};

class Classroom final : public Simulator {
  public:
    Classroom(std::uint64_t seed, Time begin) : chance_(seed + 5) {
        for (std::size_t i = 0; i < kStudents; i++) {
            Board& board = boards_.emplace_back();
            board.name = fmt::format("{}-{:02}", kFruits[i % std::size(kFruits)], i + 1);
            board.temperature_c = chance_.between(19.5, 23);
            agenda_.add(begin + static_cast<Time>(i + 1) * 400, i);
        }
    }

    std::vector<Device> devices() const override {
        std::vector<Device> devices;
        for (const Board& board : boards_) devices.push_back({board.name, {}, {}, {}});
        return devices;
    }

    void play(Time until, Outlet& outlet) override {
        agenda_.run(until, [&](Time, std::size_t number) {
            Board& board = boards_[number];
            board.value = std::clamp(board.value + chance_.between(-60, 60), 0.0, 1023.0);
            board.temperature_c += chance_.between(-0.15, 0.15) + (21 - board.temperature_c) / 50;
            auto topic = "demo/" + board.name;
            outlet.say(number, {topic + "/value", fmt::format("{:.0f}", board.value)});
            outlet.say(number,
                       {topic + "/temperature", fmt::format("{:.1f}", board.temperature_c)});
            return 10 * kSecond;
        });
    }

  private:
    Chance chance_;
    std::vector<Board> boards_;
    Agenda<std::size_t> agenda_;
};

}  // namespace

std::unique_ptr<Simulator> make_classroom(std::uint64_t seed, Time begin) {
    return std::make_unique<Classroom>(seed, begin);
}

}  // namespace martlet::cli::demo
