#include "base/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include <utility>

namespace martlet::log {

namespace {

constexpr std::size_t kLineMax = 1000;
// A thread that logs more than this between two flushes hands over at once.
constexpr std::size_t kGatheredMax = 64 * 1024;

constexpr std::uint32_t bit(Level level) {
    return static_cast<std::uint32_t>(level);
}

constexpr std::uint32_t kUrgent = bit(Level::Warning) | bit(Level::Error);
constexpr std::uint32_t kNeverToTopic = bit(Level::Debug) | bit(Level::Internal);

// Read by every thread before a line is made; written by configure() only.
std::atomic<std::uint32_t> g_levels{Options{}.levels};
std::atomic<bool> g_is_to_topic{false};

using SinkPointer = std::unique_ptr<spdlog::sinks::sink>;

// Where lines go. The mutex is a leaf: nothing but the sinks is called while it is held.
struct Outlet {
    std::mutex mutex;
    Options options;
    SinkPointer file, out, err;
    std::size_t lost_lines = 0;
};

// Neither is ever destroyed: threads may log until the very end of the process.
Outlet& outlet() {
    static Outlet& only = *[] {
        auto* made = new Outlet;
        made->err = std::make_unique<spdlog::sinks::stderr_sink_st>();
        made->err->set_pattern("%v");
        return made;
    }();
    return only;
}

std::function<void(Level, std::string_view)>& topic_sink() {
    static auto& only = *new std::function<void(Level, std::string_view)>;
    return only;
}

struct Line {
    Level level;
    std::time_t time;
    std::size_t end;  // in Gathered::text; it begins where the line before ends
};

void hand_over(std::string_view text, const std::vector<Line>& lines);

// The lines of one thread that no sink has seen yet.
struct Gathered {
    std::string text;
    std::vector<Line> lines;

    ~Gathered() { flush(); }

    void flush() {
        if (lines.empty()) return;
        hand_over(text, lines);
        text.clear();
        lines.clear();
    }
};

Gathered& gathered() {
    thread_local Gathered own;
    return own;
}

// spdlog's own syslog sink knows no "notice".
int syslog_priority(Level level) {
    switch (level) {
        case Level::Error:
            return LOG_ERR;
        case Level::Warning:
            return LOG_WARNING;
        case Level::Information:
            return LOG_INFO;
        case Level::Notice:
        case Level::Subscribe:
        case Level::Unsubscribe:
            return LOG_NOTICE;
        default:
            return LOG_DEBUG;
    }
}

bool is_control(std::string_view text, std::size_t i) {
    auto at = [text](std::size_t j) {
        return j < text.size() ? static_cast<unsigned char>(text[j]) : 0;
    };
    // Both halves of U+0080..U+009F, which terminals obey too.
    auto is_c1 = [&at](std::size_t j) {
        return at(j) == 0xC2 && at(j + 1) >= 0x80 && at(j + 1) < 0xA0;
    };
    return at(i) < 0x20 || at(i) == 0x7F || is_c1(i) || (i > 0 && is_c1(i - 1));
}

// Text of several lines becomes one line: "first.\nSecond" is written as "first; second".
std::string joined(std::string_view text) {
    std::string one;
    bool is_begin = false;  // of a line that is not the first
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\n' || text[i] == '\r') {
            is_begin = !one.empty();
            continue;
        }
        if (is_begin) {
            if (one.back() == '.') one.pop_back();
            one += "; ";
            is_begin = false;
            auto is_in = [&](std::size_t at, char from, char to) {
                return at < text.size() && text[at] >= from && text[at] <= to;
            };
            // A word in capitals is a name.
            bool is_word = is_in(i, 'A', 'Z') && is_in(i + 1, 'a', 'z');
            if (is_word) {
                one += static_cast<char>(text[i] + ('a' - 'A'));
                continue;
            }
        }
        one += text[i];
    }
    return one;
}

// Appends `line`, control characters escaped, at most `room` bytes of it and no half character.
void append_escaped(std::string& out, std::string_view line, std::size_t room) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::size_t begin = out.size();
    std::size_t i = 0;
    for (; i < line.size(); i++) {
        bool escape = is_control(line, i);
        if (out.size() - begin + (escape ? 4 : 1) > room) break;
        if (!escape) {
            out.push_back(line[i]);
            continue;
        }
        auto byte = static_cast<unsigned char>(line[i]);
        out.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
    }
    if (i == line.size() || (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) return;
    // The cut fell into a character of several bytes: its beginning goes too.
    while (out.size() > begin && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) {
        out.pop_back();
    }
    if (out.size() > begin && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
}

void append_stamp(std::string& out, const Options& options, std::time_t time) {
    if (!options.timestamp) return;
    if (!options.timestamp_format.empty()) {
        char room[128];
        std::tm local{};
        localtime_r(&time, &local);
        std::size_t size =
            std::strftime(room, sizeof room, options.timestamp_format.c_str(), &local);
        if (size > 0) {
            out.append(room, size).append(": ");
            return;
        }
    }
    fmt::format_to(std::back_inserter(out), "{}: ", static_cast<long long>(time));
}

// As every destination gets it: stamped, escaped, cut.
void append_line(std::string& out, const Options& options, std::time_t time,
                 std::string_view line) {
    std::size_t begin = out.size();
    append_stamp(out, options, time);
    append_escaped(out, line, kLineMax - (out.size() - begin));
}

// False: the sink could not take it (a full disk, for instance).
bool give(const SinkPointer& sink, std::string_view text) {
    if (sink == nullptr) return true;
    spdlog::details::log_msg message({}, spdlog::level::info, {text.data(), text.size()});
    try {
        sink->log(message);
        sink->flush();
    } catch (const std::exception&) {
        return false;
    }
    return true;
}

void give_file(Outlet& to, std::string_view piece, const std::vector<Line>& lines) {
    if (to.lost_lines > 0) {
        std::string note;
        append_line(note, to.options, lines.back().time,
                    fmt::format("Warning: {} lines may be missing here, since this log file could "
                                "not be written to.",
                                to.lost_lines));
        if (give(to.file, note)) to.lost_lines = 0;
    }
    if (!give(to.file, piece)) to.lost_lines += lines.size();
}

// All lines go to a file as one piece and to syslog one by one.
void hand_over(std::string_view text, const std::vector<Line>& lines) {
    Outlet& to = outlet();
    std::lock_guard lock(to.mutex);
    std::string piece;
    std::size_t begin = 0;
    for (const Line& line : lines) {
        if (!piece.empty()) piece.push_back('\n');
        std::size_t start = piece.size();
        append_line(piece, to.options, line.time, text.substr(begin, line.end - begin));
        begin = line.end;
        if (to.options.to_syslog) {
            ::syslog(syslog_priority(line.level), "%s", piece.c_str() + start);
        }
    }
    give(to.out, piece);
    give(to.err, piece);
    give_file(to, piece, lines);
}

// What the sink itself logs does not come back to it.
void give_topic(Level level, std::string_view line) {
    thread_local bool is_in_sink = false;
    if (is_in_sink || !topic_sink()) return;
    is_in_sink = true;
    std::string stamped;
    {
        std::lock_guard lock(outlet().mutex);
        append_line(stamped, outlet().options, std::time(nullptr), line);
    }
    topic_sink()(level, stamped);
    is_in_sink = false;
}

template <typename Sink, typename... Args>
SinkPointer make_sink(Args&&... args) {
    auto sink = std::make_unique<Sink>(std::forward<Args>(args)...);
    sink->set_pattern("%v");
    return sink;
}

// Made by us first, so that its mode does not hang on the umask of whoever started us.
Result<SinkPointer> open_file(const std::string& path) {
    auto failed = [&path](const char* why) {
        return Error{fmt::format("Error: Unable to open log file {} for writing: {}.", path, why)};
    };
    // Without waiting: a pipe that nobody reads is an error.
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK;
    int fd = ::open(path.c_str(), flags, 0640);
    // A pipe of another user cannot be opened by this name, but it is there.
    if (fd < 0 && path == "/dev/stdout") return make_sink<spdlog::sinks::stdout_sink_st>();
    if (fd < 0 && path == "/dev/stderr") return make_sink<spdlog::sinks::stderr_sink_st>();
    if (fd < 0 && errno == ENXIO) return failed("nobody reads this pipe");
    if (fd < 0) return failed(std::strerror(errno));
    ::close(fd);
    try {
        return make_sink<spdlog::sinks::basic_file_sink_st>(path);
    } catch (const std::exception& problem) {
        return failed(problem.what());
    }
}

}  // namespace

Status configure(const Options& options) {
    flush();
    Status status = Done{};
    SinkPointer file;
    if (!options.file.empty()) {
        auto opened = open_file(options.file);
        if (opened)
            file = std::move(opened).value();
        else
            status = opened.error();
    }

    using namespace spdlog::sinks;
    Outlet& to = outlet();
    std::lock_guard lock(to.mutex);
    to.options = options;
    if (status || options.file.empty()) to.lost_lines = 0;
    if (status || !to.file) to.file = std::move(file);
    to.out = options.to_stdout ? make_sink<stdout_sink_st>() : nullptr;
    bool has_other = to.file || to.out || options.to_syslog || options.to_topic;
    bool is_err_needed = options.to_stderr || (!status && !has_other);
    to.err = is_err_needed ? make_sink<stderr_sink_st>() : nullptr;
    if (options.to_syslog) ::openlog("martlet", LOG_PID, options.syslog_facility << 3);
    g_levels.store(has_other || to.err ? options.levels : 0, std::memory_order_relaxed);
    g_is_to_topic.store(options.to_topic, std::memory_order_relaxed);
    return status;
}

Status reopen() {
    flush();
    std::string path;
    {
        std::lock_guard lock(outlet().mutex);
        path = outlet().options.file;
    }
    if (path.empty()) return Done{};
    auto opened = open_file(path);
    if (!opened) return opened.error();
    Outlet& to = outlet();
    std::lock_guard lock(to.mutex);
    to.file = std::move(opened).value();
    // It stood in for the file.
    if (!to.options.to_stderr) to.err = nullptr;
    return Done{};
}

void set_topic_sink(std::function<void(Level, std::string_view)> sink) {
    topic_sink() = std::move(sink);
}

bool is_on(Level level) {
    return (g_levels.load(std::memory_order_relaxed) & bit(level)) != 0;
}

void write(Level level, std::string_view line) {
    if (!is_on(level)) return;
    std::string one;
    if (line.find_first_of("\r\n") != std::string_view::npos) line = one = joined(line);
    Gathered& own = gathered();
    // More than one line's worth would be cut anyway.
    own.text.append(line.substr(0, kLineMax + 4));
    own.lines.push_back({level, std::time(nullptr), own.text.size()});
    if ((bit(level) & kUrgent) != 0 || own.text.size() > kGatheredMax) own.flush();

    bool is_for_topic = (bit(level) & kNeverToTopic) == 0;
    if (is_for_topic && g_is_to_topic.load(std::memory_order_relaxed)) give_topic(level, line);
}

void flush() {
    gathered().flush();
}

}  // namespace martlet::log
