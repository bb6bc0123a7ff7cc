#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/ask.h"
#include "cli/ask/find_source.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr std::string_view kListUsages[] = {"[TEXT] [options]"};
constexpr Flag kListFlags[] = {
    {"--state", "", "STATE", "only those that are online, ageing, silent or offline"},
    {"--json", "", "", "the answer of the API as it is (the first 10,000)"},
};
const std::span<const Flag> kListGroups[] = {kListFlags, kDoorFlags};
const std::string_view kListEnding =
    "TEXT: only sources with it in their id or name.\n\n"
    "Exit code 0: well, 1: refused, 2: the broker is not reached, 3: wrong usage.";

constexpr std::string_view kGetUsages[] = {"SOURCE [METRIC] [options]"};
constexpr Flag kGetFlags[] = {{"--json", "", "", "the source or the series as JSON"}};
const std::span<const Flag> kGetGroups[] = {kGetFlags, kDoorFlags};

std::string query_of(const Arguments& arguments, int limit) {
    std::string query = fmt::format("/api/v1/sources?limit={}", limit);
    if (!arguments.words.empty()) query += "&search=" + percent_encoded(arguments.words[0]);
    if (arguments.has("--state")) query += "&state=" + percent_encoded(arguments.value("--state"));
    return query;
}

void print_line(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

int print_all_series(const http::JsonValue& source) {
    Table table({"METRIC", "VALUE", "AGE"});
    const http::JsonValue* series = source.find("series");
    if (series == nullptr) return 0;
    for (const http::JsonValue& one : series->items) {
        std::string value = member_text(one, "value");
        std::string unit = member_text(one, "unit");
        table.add({member_text(one, "metric"),
                   unit.empty() ? value : fmt::format("{} {}", value, unit),
                   age_text(one.integer_of("age_ms").value_or(0))});
    }
    table.print();
    return 0;
}

int print_one(const http::JsonValue& source, const std::string& metric) {
    const http::JsonValue* series = find_series(source, metric);
    if (series == nullptr) return fail_api(no_such_metric(source, metric));
    print_line(measurement_text(metric, series->find("value"), member_text(*series, "unit")));
    std::string state = member_text(source, "state");
    if (state != "online") {
        // Beside the value, not in it.
        std::fprintf(stderr, "The source is %s: this value is %s old.\n", state.c_str(),
                     age_text(series->integer_of("age_ms").value_or(0)).c_str());
    }
    return 0;
}

}  // namespace

const CommandTable& sources_table() {
    static const CommandTable table = {
        "lists what measures: sources and whether they are still heard.",
        kListUsages,
        {},
        kListGroups,
        kListEnding};
    return table;
}

const CommandTable& get_table() {
    static const CommandTable table = {
        "shows the last value of a metric, or of all metrics of a source.",
        kGetUsages,
        {},
        kGetGroups,
        kDoorHelp};
    return table;
}

int sources_main(int argc, char** argv) {
    Arguments arguments = read_arguments(sources_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (arguments.words.size() > 1)
        return refuse_use(argv[0], fmt::format("'{}' is not expected here.", arguments.words[1]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (arguments.has("--json")) return print_answer(api.value(), query_of(arguments, 10'000));
    Table table({"SOURCE", "NAME", "STATE", "HEARD"});
    Status read = for_each_item(
        api.value(), query_of(arguments, 200), "sources", [&](const http::JsonValue& source) {
            table.add({source_label(source), member_text(source, "name"),
                       member_text(source, "state"),
                       age_text(source.integer_of("age_ms").value_or(0)) + " ago"});
            return true;
        });
    if (!read) return fail_api(read.error());
    if (table.is_empty()) {
        std::printf("No source%s.\n", arguments.words.empty() && !arguments.has("--state")
                                          ? " has sent anything yet that telemetry reads"
                                          : " fits");
        return 0;
    }
    table.print();
    return 0;
}

int get_main(int argc, char** argv) {
    Arguments arguments = read_arguments(get_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (arguments.words.empty() || arguments.words.size() > 2)
        return refuse_use(argv[0], "Name a source, and one of its metrics or none.");
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    auto source = find_source(api.value(), arguments.words[0]);
    if (!source) return fail_api(source.error());
    bool is_one = arguments.words.size() == 2;
    if (!arguments.has("--json"))
        return is_one ? print_one(source.value(), arguments.words[1])
                      : print_all_series(source.value());
    if (!is_one)
        return print_answer(api.value(), "/api/v1/sources/" + member_text(source.value(), "key"));
    const http::JsonValue* series = find_series(source.value(), arguments.words[1]);
    if (series == nullptr) return fail_api(no_such_metric(source.value(), arguments.words[1]));
    return print_answer(api.value(), "/api/v1/series/" + member_text(*series, "key"));
}

}  // namespace martlet::cli
