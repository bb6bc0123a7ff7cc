#pragma once

// A PostgreSQL of the system's packages for the tests of this process: in a folder of its own, on a
// unix socket there, as a user that is not root; it ends with the process. Null where PostgreSQL is
// not installed.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace martlet::telemetry {

class PostgresServer {
  public:
    // The one of this process, started when it is first asked for.
    static PostgresServer* get() {
        static std::unique_ptr<PostgresServer> server = start();
        return server.get();
    }

    ~PostgresServer() {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    std::string conninfo() const {
        return "host=" + folder_ + " user=martlet dbname=postgres connect_timeout=5";
    }

    // As a crash does: nobody says goodbye.
    void stop_at_once() { end(SIGQUIT); }
    bool start_again() { return launch() && wait_until_ready(); }

  private:
    PostgresServer(std::string programs, std::string folder)
        : programs_(std::move(programs)), folder_(std::move(folder)) {}

    static std::unique_ptr<PostgresServer> start() {
        auto programs = find_programs();
        std::string folder = "/tmp/martlet-postgres-XXXXXX";
        if (programs.empty() || mkdtemp(folder.data()) == nullptr) return nullptr;
        std::unique_ptr<PostgresServer> server(new PostgresServer(programs, folder));
        if (const auto* user = user_to_become()) {
            if (chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) return nullptr;
        }
        return server->make_cluster() && server->start_again() ? std::move(server) : nullptr;
    }

    // "" when there is none; the newest of several.
    static std::string find_programs() {
        std::vector<std::string> found;
        std::error_code ignored;
        for (const auto& entry :
             std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
            auto path = entry.path() / "bin";
            if (std::filesystem::exists(path / "initdb", ignored)) found.push_back(path.string());
        }
        std::ranges::sort(found);
        return found.empty() ? "" : found.back();
    }

    // PostgreSQL refuses to run as root. Null: stay who we are.
    static const passwd* user_to_become() {
        if (geteuid() != 0) return nullptr;
        const auto* user = getpwnam("postgres");
        return user != nullptr ? user : getpwnam("nobody");
    }

    pid_t spawn(const std::vector<std::string>& arguments) const {
        const auto* user = user_to_become();
        std::vector<char*> words;
        for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
        words.push_back(nullptr);
        auto log = folder_ + "/log";
        auto pid = fork();
        if (pid != 0) return pid;
        if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(1);
        prctl(PR_SET_PDEATHSIG, SIGQUIT);
        if (std::freopen(log.c_str(), "a", stdout) == nullptr) _exit(1);
        dup2(fileno(stdout), fileno(stderr));
        if (chdir("/") != 0) _exit(1);
        execv(words[0], words.data());
        _exit(1);
    }

    bool make_cluster() const {
        auto pid = spawn({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "martlet", "-A",
                          "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"});
        int status = 1;
        return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    }

    bool launch() {
        pid_ = spawn({programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                      "listen_addresses=", "-c", "fsync=off", "-c", "max_wal_size=2GB"});
        return pid_ > 0;
    }

    // Its eighth line says how it stands.
    bool wait_until_ready() {
        for (int tries = 0; tries < 600; ++tries) {
            std::ifstream file(folder_ + "/data/postmaster.pid");
            std::string line;
            for (int i = 0; i < 8; ++i) std::getline(file, line);
            if (file && line.starts_with("ready")) return true;
            if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
                pid_ = 0;
                return false;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }

    void end(int signal) {
        if (pid_ <= 0) return;
        kill(pid_, signal);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    void stop() { end(SIGINT); }

    const std::string programs_;
    const std::string folder_;
    pid_t pid_ = 0;
};

}  // namespace martlet::telemetry
