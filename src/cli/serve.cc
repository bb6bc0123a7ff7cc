#include "cli/serve.h"

#include "base/log.h"
#include "base/text.h"
#include "cli/privileges.h"
#include "cli/serve_options.h"
#include "config/load.h"
#include "config/sandbox.h"
#include "config/unsaid.h"
#include "server/notify.h"
#include "server/server.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr const char* kName = "martlet version " MARTLET_VERSION;

// Taken by sigwait on the main thread, blocked everywhere else.
sigset_t broker_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGRTMIN})
        sigaddset(&set, signal);
    return set;
}

int fail(const Error& error) {
    std::fprintf(stderr, "%s\n", error.text.c_str());
    return error.code;
}

// Whoever started it sees the reason, wherever the log goes.
int fail_and_log(const Error& error, const log::Options& options) {
    log::error("{}", error.text);
    log::flush();
    bool is_seen = options.to_stderr && log::is_on(log::Level::Error);
    return is_seen ? error.code : fail(error);
}

void raise_open_files() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// The pid file goes with the broker.
class PidFile {
  public:
    explicit PidFile(std::string path) : path_(std::move(path)) {}
    ~PidFile() {
        if (is_ours_) unlink(path_.c_str());
    }

    Status write() {
        if (path_.empty()) return Done{};
        std::FILE* file = std::fopen(path_.c_str(), "w");
        if (file == nullptr) return failed();
        is_ours_ = std::fprintf(file, "%d", static_cast<int>(getpid())) > 0;
        return std::fclose(file) == 0 && is_ours_ ? Status(Done{}) : failed();
    }

  private:
    Error failed() const {
        const char* why = std::strerror(errno);
        return {fmt::format("Error: Unable to write pid file {}: {}.", path_, why), 14};
    }

    std::string path_;
    bool is_ours_ = false;
};

// What the broker writes is never writable by others, whatever it was started with. UMASK_SET
// (octal) says otherwise.
void set_umask() {
    const char* wanted = std::getenv("UMASK_SET");
    if (wanted != nullptr)
        umask(static_cast<mode_t>(std::strtoul(wanted, nullptr, 8)));
    else
        umask(umask(0) | 027);
}

void detach_from_terminal() {
    if (daemon(1, 0) != 0) log::warning("Warning: Unable to run in the background.");
}

void log_notices(const std::vector<config::Notice>& notices) {
    for (const config::LogLine& line : config::log_lines(notices))
        log::print(line.level, "{}", line.text);
}

// The broker serves without its log file, as mosquitto does, and says so wherever it can.
void warn_of_log_file(const Error& error) {
    std::string text = with_user(error).text;
    constexpr std::string_view kError = "Error: ";
    if (text.starts_with(kError)) text.erase(0, kError.size());
    log::warning("Warning: {} The broker serves all the same; SIGHUP tries again.", text);
}

// The person who starts the broker sees the warning, though the log goes elsewhere.
void begin_log(const log::Options& options) {
    Status status = log::configure(options);
    if (status) return;
    warn_of_log_file(status.error());
    bool is_quiet = options.levels == 0;
    bool has_other = options.to_stdout || options.to_syslog || options.to_topic;
    if (!is_quiet && has_other && !options.to_stderr)
        std::fprintf(stderr, "%s\n", with_user(status.error()).text.c_str());
}

// An error of several lines as one line of the log.
std::string on_one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void reload(server::Server& server, const config::CommandLine& command_line,
            config::Settings& running) {
    // First, and whatever becomes of the rest: logrotate has renamed the file.
    Status opened = log::reopen();
    if (!opened) warn_of_log_file(opened.error());
    log::notice("Reloading config.");
    auto loaded = config::reload(command_line, running);
    Status status = loaded ? server.reload(loaded.value().settings) : Status(loaded.error());
    if (!status) {
        log::error("{} Everything stays as it was.", on_one_line(with_user(status.error()).text));
        return;
    }
    if (!(loaded.value().settings.log == running.log)) {
        Status configured = log::configure(loaded.value().settings.log);
        if (!configured) warn_of_log_file(configured.error());
    }
    log_notices(loaded.value().notices);
    running = std::move(loaded).value().settings;
    log::notice("Config reloaded.");
}

bool is_pending(int signal) {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, signal) == 1;
}

// Waits for one of the signals and takes it, but for SIGHUP, which it only announces. 0: none came
// within so many milliseconds.
int next_signal(int signal_fd, int patience_ms) {
    sigset_t others = broker_signals();
    sigdelset(&others, SIGHUP);
    const timespec no_time{};
    while (true) {
        pollfd ready{signal_fd, POLLIN, 0};
        if (poll(&ready, 1, patience_ms) == 0) return 0;
        if (is_pending(SIGHUP)) return SIGHUP;
        int signal = sigtimedwait(&others, nullptr, &no_time);
        if (signal > 0) return signal;
    }
}

// The loops know of the signal as soon as it is sent, and wait (server/reload_gate.h).
void on_hangup(server::Server& server, const config::CommandLine& command_line,
               config::Settings& running) {
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    int taken = 0;
    server.begin_reload();
    sigwait(&hangup, &taken);
    reload(server, command_line, running);
    server.end_reload();
}

// Certificates end while the broker runs.
void look_at_certificates(const server::Server& server, std::time_t& next) {
    constexpr std::time_t kDay = 24 * 3600;  // s
    std::time_t now = std::time(nullptr);
    if (next != 0 && now >= next) server.warn_of_certificates();
    if (next == 0 || now >= next) next = now + kDay;
}

// Until a signal ends the broker.
void serve_signals(server::Server& server, const config::CommandLine& command_line,
                   config::Settings& running, int signal_fd) {
    constexpr int kHour = 3'600'000;  // ms
    std::time_t next_look = 0;
    while (true) {
        look_at_certificates(server, next_look);
        log::flush();
        bool is_limited = running.broker.memory_limit != 0;
        int signal = next_signal(signal_fd, is_limited ? 1000 : kHour);
        if (is_limited) server.give_back_memory(running.broker.memory_limit);
        if (signal == 0) continue;
        if (signal == SIGTERM || signal == SIGINT) return;
        if (signal == SIGHUP) {
            on_hangup(server, command_line, running);
        } else if (signal == SIGRTMIN) {
            Status status = log::reopen();
            if (!status) warn_of_log_file(status.error());
        } else if (signal == SIGUSR1) {
            server.force_sync();
        } else if (signal == SIGUSR2) {
            server.log_subscriptions();
        } else {
            log::notice("Signal {} has nothing to do yet in this version.", signal);
        }
    }
}

int run(const config::CommandLine& command_line, config::Loaded loaded) {
    config::Settings settings = std::move(loaded.settings);
    Status status = drop_privileges(settings.user);
    if (!status) return fail(status.error());
    set_umask();
    if (settings.daemonize) detach_from_terminal();
    begin_log(settings.log);
    raise_open_files();
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals = broker_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (signal_fd < 0)
        return fail(
            {fmt::format("Error: Unable to watch for signals: {}.", std::strerror(errno)), 1});

    log::info("{} starting", kName);
    if (settings.config_file.empty())
        log::info("Using default config.");
    else
        log::info("Config loaded from {}.", settings.config_file);
    log_notices(loaded.notices);
    auto server = server::Server::open(settings);
    if (!server)
        return fail_and_log(with_user(server.error(), settings.persistence_location), settings.log);
    // Only now, lest a second instance that finds the port taken spoil the first one's file.
    PidFile pid_file(settings.pid_file);
    if (Status written = pid_file.write(); !written)
        return fail_and_log(with_user(written.error()), settings.log);
    for (const config::Listener& listener : settings.listeners) {
        const net::ListenOptions& net = listener.net;
        if (!net.unix_path.empty())
            log::info("Opening unix listen socket on path {}.", net.unix_path);
        else
            log::info("Listening on {} port {}.",
                      net.address.empty() ? "all addresses" : net.address, net.port);
    }
    if (settings.local_only) {
        log::info(
            "Starting in local only mode. MQTT connections will only be possible from clients "
            "running on this machine.");
    }
    std::string off = settings.config_file.empty() ? "" : config::how_to_turn_on(settings);
    if (!off.empty()) log::info("{}", off);
    for (const std::string& line :
         settings.is_sandbox ? config::sandbox_lines() : std::vector<std::string>())
        log::info("{}", line);
    // Restoring took more memory than the restored messages need.
    if (settings.broker.memory_limit != 0)
        server.value()->give_back_memory(settings.broker.memory_limit);
    // Whoever waits for the first answer finds all of the above in the log.
    log::flush();
    server.value()->start();
    log::info("{} running on {} shard{}", kName, server.value()->shards(),
              server.value()->shards() == 1 ? "" : "s");
    server::notify_ready();
    serve_signals(*server.value(), command_line, settings, signal_fd);
    server::notify_stopping();
    log::info("{} terminating", kName);
    server.value()->stop();
    log::flush();
    return 0;
}

}  // namespace

int serve_main(int argc, char** argv) {
    std::string_view program = argv[0];
    program.remove_prefix(program.rfind('/') + 1);  // people know it by its bare name
    ServeOptions options = parse_serve_options(std::string(program), argc - 1, argv + 1);
    std::fputs(options.out.c_str(), stdout);
    std::fputs(options.err.c_str(), stderr);
    if (options.action == ServeAction::Exit) return options.exit_code;
    auto loaded = config::load(options.command_line);
    if (options.action == ServeAction::TestConfig) {
        if (!loaded) return fail(loaded.error());
        for (const config::LogLine& line : config::log_lines(loaded.value().notices))
            std::printf("%s\n", line.text.c_str());
        std::printf("Configuration file is OK.\n");
        return 0;
    }
    if (!loaded) return fail(loaded.error());
    return run(options.command_line, std::move(loaded).value());
}

}  // namespace martlet::cli
