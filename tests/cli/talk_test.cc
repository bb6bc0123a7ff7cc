// tests/cli/talks: what pub, sub and rr say to a broker, byte for byte, and what they print.
//
//   run PROGRAM ARGUMENTS   begins a case; "~run": differs from mosquitto 2.0.11 on purpose
//   in TEXT                 for stdin
//   > BYTES                 must come from the program; ".." is any byte
//   < BYTES                 is sent to it
//   close                   the broker closes; "again": it waits for another connection
//   exit CODE
//   out TEXT, err TEXT      all that it printed; left out: nothing

#include "cli/pub.h"
#include "cli/rr.h"
#include "cli/sub.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>

namespace martlet::cli {
namespace {

constexpr int kPatienceMs = 8000;

struct Step {
    std::string verb, rest, where;
};

struct Talk {
    std::string program, arguments, input, out, err, where;
    int code = 0;
    bool is_ours_alone = false;
    std::vector<Step> steps;
};

std::vector<Talk> read_talks() {
    std::vector<Talk> talks;
    std::string folder = std::string(MARTLET_SOURCE_DIR) + "/tests/cli/talks";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path());
        std::string line;
        for (int number = 1; std::getline(file, line); number++) {
            if (line.empty() || line[0] == '#') continue;
            std::string where = entry.path().filename().string() + ":" + std::to_string(number);
            std::size_t blank = std::min(line.find(' '), line.size());
            std::string verb = line.substr(0, blank);
            std::string rest = blank < line.size() ? line.substr(blank + 1) : "";
            if (verb == "run" || verb == "~run") {
                Talk talk;
                talk.is_ours_alone = verb == "~run";
                std::size_t end = std::min(rest.find(' '), rest.size());
                talk.program = rest.substr(0, end);
                talk.arguments = rest.substr(std::min(end + 1, rest.size()));
                talk.where = where;
                talks.push_back(talk);
            } else if (talks.empty()) {
                ADD_FAILURE() << where << ": no run yet";
            } else if (verb == "in") {
                talks.back().input = unescape(rest, "");
            } else if (verb == "out") {
                talks.back().out = unescape(rest, "");
            } else if (verb == "err") {
                talks.back().err = unescape(rest, "");
            } else if (verb == "exit") {
                talks.back().code = std::stoi(rest);
            } else {
                talks.back().steps.push_back({verb, rest, where});
            }
        }
    }
    return talks;
}

std::vector<int> read_bytes(const std::string& text) {
    std::vector<int> bytes;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        bytes.push_back(word == ".." ? -1 : std::stoi(word, nullptr, 16));
    }
    return bytes;
}

// A broker of one connection at a time that does what the steps say.
class ScriptedBroker {
  public:
    ScriptedBroker() {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
        EXPECT_EQ(listen(listener_, 4), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
        port_ = ntohs(name.sin_port);
    }
    ~ScriptedBroker() {
        hang_up();
        close(listener_);
    }
    int port() const { return port_; }

    void play(const Talk& talk) {
        if (talk.steps.empty()) return;
        ASSERT_TRUE(answer()) << talk.where;
        for (const Step& step : talk.steps) {
            if (step.verb == "<") {
                std::string bytes;
                for (int byte : read_bytes(step.rest)) bytes += static_cast<char>(byte);
                ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                          static_cast<ssize_t>(bytes.size()))
                    << step.where;
            } else if (step.verb == ">") {
                ASSERT_EQ(expect(read_bytes(step.rest)), "") << step.where;
            } else if (step.verb == "close") {
                hang_up();
            } else if (step.verb == "again") {
                ASSERT_TRUE(answer()) << step.where;
            } else {
                FAIL() << step.where << ": unknown step";
            }
        }
    }

    void hang_up() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }

  private:
    static bool is_ready(int fd) {
        pollfd waiting{fd, POLLIN, 0};
        return poll(&waiting, 1, kPatienceMs) > 0;
    }

    bool answer() {
        hang_up();
        if (!is_ready(listener_)) return false;
        fd_ = accept(listener_, nullptr, nullptr);
        return fd_ >= 0;
    }

    // Empty, or what came instead.
    std::string expect(const std::vector<int>& bytes) {
        std::string seen;
        for (int wanted : bytes) {
            unsigned char byte;
            if (!is_ready(fd_) || recv(fd_, &byte, 1, 0) != 1) return seen + " and then nothing";
            char text[8];
            std::snprintf(text, sizeof text, "%02x ", byte);
            seen += text;
            if (wanted >= 0 && wanted != byte) return seen;
        }
        return "";
    }

    int listener_ = -1;
    int fd_ = -1;
    int port_ = 0;
};

Main main_of(const std::string& program) {
    return program == "pub" ? pub_main : program == "sub" ? sub_main : rr_main;
}

void check(const Talk& talk, bool is_debian) {
    SCOPED_TRACE(talk.where + " " + talk.program + " " + talk.arguments);
    ScriptedBroker broker;
    auto words = split_words(talk.arguments);
    words.insert(words.begin(), {"mosquitto_" + talk.program, "-h", "127.0.0.1", "-p",
                                 std::to_string(broker.port())});
    ProgramRun run(is_debian ? nullptr : main_of(talk.program), words, talk.input);
    broker.play(talk);
    broker.hang_up();
    Ran ran = run.wait();
    EXPECT_EQ(ran.code, talk.code);
    EXPECT_EQ(ran.out, talk.out);
    EXPECT_EQ(ran.err, talk.err);
}

TEST(Talk, GoesAsWritten) {
    auto talks = read_talks();
    ASSERT_GT(talks.size(), 20u);
    for (const Talk& talk : talks) check(talk, false);
}

TEST(Talk, GoesTheSameWithDebiansPrograms) {
    if (!has_debian_clients()) GTEST_SKIP() << "mosquitto-clients 2.0.11 is not installed";
    for (const Talk& talk : read_talks()) {
        if (!talk.is_ours_alone) check(talk, true);
    }
}

}  // namespace
}  // namespace martlet::cli
