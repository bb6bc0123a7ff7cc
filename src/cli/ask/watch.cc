// `martlet watch`: the values of a source as they are stored, one line each.

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/ask.h"
#include "cli/ask/find_source.h"
#include "cli/command_tables.h"
#include "cli/stop_signals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <map>
#include <poll.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {"SOURCE [METRIC] [options]"};
constexpr Flag kFlags[] = {
    {"-n", "--count", "N", "end after so many values"},
    {"--json", "", "", "a line of JSON for each value"},
};
const std::span<const Flag> kGroups[] = {kFlags, kDoorFlags};
const std::string_view kEnding =
    "Begins with the last value of each metric. Ctrl-C ends it.\n\n"
    "Exit code 0: well, 1: refused or no such source, 2: the broker is not reached, 3: wrong\n"
    "usage.";

constexpr int kPollMs = 500;
// Values of one metric between two looks; of more the newest are shown.
constexpr int kValuesMax = 1000;

std::string clock_text(std::int64_t time_ms) {
    auto seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm local{};
    std::array<char, 16> text{};
    localtime_r(&seconds, &local);
    return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &local)};
}

struct Line {
    std::int64_t time = 0;
    std::string text;
};

class Watch {
  public:
    Watch(const Api& api, const Arguments& arguments)
        : api_(api),
          metric_(arguments.words.size() > 1 ? arguments.words[1] : ""),
          is_json_(arguments.has("--json")) {}

    // Prints the new values of the source, oldest first.
    Status look(const http::JsonValue& source) {
        lines_.clear();
        const http::JsonValue* series = source.find("series");
        if (series == nullptr) return Done{};
        for (const http::JsonValue& one : series->items) {
            if (!metric_.empty() && one.text_of("metric") != metric_) continue;
            if (Status status = take(one); !status) return status;
        }
        std::stable_sort(lines_.begin(), lines_.end(),
                         [](const Line& a, const Line& b) { return a.time < b.time; });
        for (const Line& line : lines_) {
            if (left_ == 0) return Done{};
            std::printf("%s\n", line.text.c_str());
            if (left_ > 0) left_--;
        }
        std::fflush(stdout);
        return Done{};
    }

    // -1: without end.
    void set_count(int count) { left_ = count; }
    bool is_done() const { return left_ == 0; }

  private:
    Status take(const http::JsonValue& series) {
        std::int64_t key = series.integer_of("key").value_or(0);
        std::int64_t time = series.integer_of("time").value_or(0);
        auto seen = seen_.find(key);
        if (seen == seen_.end()) {
            add(series, time, series.find("value"));
        } else if (time > seen->second) {
            Status status = take_since(series, key, seen->second + 1);
            if (!status) return status;
        }
        seen_[key] = std::max(time, seen_[key]);
        return Done{};
    }

    // Several may have come since the last look.
    Status take_since(const http::JsonValue& series, std::int64_t key, std::int64_t from) {
        auto answer = api_.json("GET", fmt::format("/api/v1/series/{}/samples?bucket=raw&from={}"
                                                   "&limit={}",
                                                   key, from, kValuesMax));
        if (!answer) return answer.error();
        const http::JsonValue* points = answer.value().find("points");
        if (points == nullptr) return Done{};
        for (const http::JsonValue& point : points->items) {
            if (point.items.size() >= 2) add(series, point.items[0].integer, &point.items[1]);
        }
        return Done{};
    }

    void add(const http::JsonValue& series, std::int64_t time, const http::JsonValue* value) {
        std::string metric = member_text(series, "metric");
        std::string unit = member_text(series, "unit");
        Line line{time, {}};
        if (is_json_) {
            line.text = json_line(metric, unit, time, value);
        } else {
            line.text = clock_text(time) + "  " + measurement_text(metric, value, unit);
        }
        lines_.push_back(std::move(line));
    }

    static std::string json_line(const std::string& metric, const std::string& unit,
                                 std::int64_t time, const http::JsonValue* value) {
        using Type = http::JsonValue::Type;
        std::string text;
        martlet::JsonWriter json(text);
        json.begin_object().key("time").integer(time).key("metric").text(metric).key("value");
        if (value != nullptr && value->type == Type::Integer) {
            json.integer(value->integer);
        } else if (value != nullptr && value->type == Type::Real) {
            json.number(value->number);
        } else {
            json.text(value_text(value));
        }
        json.key("unit").text(unit).end_object();
        return text;
    }

    const Api& api_;
    const std::string metric_;
    const bool is_json_;
    int left_ = -1;
    std::map<std::int64_t, std::int64_t> seen_;  // series, and the time of its last value
    std::vector<Line> lines_;
};

// True: a signal asks for the end.
bool is_stopped(const StopSignals& signals) {
    pollfd waiting{signals.fd(), POLLIN, 0};
    return poll(&waiting, 1, kPollMs) > 0;
}

int run(const Api& api, const Arguments& arguments, int count) {
    auto source = find_source(api, arguments.words[0]);
    if (!source) return fail_api(source.error());
    bool has_metric = arguments.words.size() > 1;
    if (has_metric && find_series(source.value(), arguments.words[1]) == nullptr)
        return fail_api(no_such_metric(source.value(), arguments.words[1]));
    std::string path = "/api/v1/sources/" + member_text(source.value(), "key");
    StopSignals signals;
    Watch watch(api, arguments);
    watch.set_count(count);
    for (;;) {
        if (Status looked = watch.look(source.value()); !looked) return fail_api(looked.error());
        if (watch.is_done() || is_stopped(signals)) return 0;
        source = api.json("GET", path);
        if (!source) return fail_api(source.error());
    }
}

}  // namespace

const CommandTable& watch_table() {
    static const CommandTable table = {
        "shows the values of a source as they come.", kUsages, {}, kGroups, kEnding};
    return table;
}

int watch_main(int argc, char** argv) {
    Arguments arguments = read_arguments(watch_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (arguments.words.empty() || arguments.words.size() > 2)
        return refuse_use(argv[0], "Name a source, and one of its metrics or none.");
    int count = -1;
    if (std::string text = arguments.value("-n"); !text.empty()) {
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || end != text.data() + text.size() || count < 1)
            return refuse_use(argv[0], fmt::format("'{}' is no number of values.", text));
    }
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    return run(api.value(), arguments, count);
}

}  // namespace martlet::cli
