// Keys of telemetry and of HTTP, which mosquitto does not know.

#include "config/keys.h"
#include "config/keys/setters.h"
#include "config/keys/telemetry_lines.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <iterator>

namespace martlet::config {
namespace {

using HttpOptions = http::Options;
using TelemetryOptions = telemetry::Options;

Status set_rule(Entry& entry) {
    Result<std::string_view> filter = read_word(entry);
    if (!filter.ok()) return filter.error();
    if (!mqtt::is_valid_topic_filter(filter.value()))
        return invalid(fmt::format("Error: Invalid 'telemetry_rule' value ({}): no topic filter.",
                                   filter.value()));
    Result<std::string_view> decoder = read_word(entry);
    if (!decoder.ok()) return decoder.error();
    entry.draft.settings.telemetry.rules.push_back(
        {std::string(filter.value()), std::string(decoder.value())});
    return Done{};
}

Status set_option(Entry& entry) {
    Result<std::string_view> decoder = read_word(entry);
    if (!decoder.ok()) return decoder.error();
    Result<std::string_view> name = read_word(entry);
    if (!name.ok()) return name.error();
    Result<std::string> value = read_text(entry);
    if (!value.ok()) return value.error();
    entry.draft.settings.telemetry.decoder_options.push_back(
        {std::string(decoder.value()), std::string(name.value()), std::move(value).value()});
    return Done{};
}

void read_rules(const Settings& settings, RunningValues& out) {
    for (const telemetry::RuleOption& rule : settings.telemetry.rules)
        add_value(out, {}, fmt::format("{} {}", rule.filter, rule.decoder));
}

void read_options(const Settings& settings, RunningValues& out) {
    for (const telemetry::DecoderOption& option : settings.telemetry.decoder_options)
        add_value(out, {}, fmt::format("{} {} {}", option.decoder, option.name, option.value));
}

std::string mask_option(std::string_view value) {
    Words words(value);
    std::string_view decoder = words.next();
    std::string_view name = words.next();
    telemetry::DecoderOption option{std::string(decoder), std::string(name),
                                    std::string(words.rest())};
    return fmt::format("{} {} {}", decoder, name, telemetry::shown_value(option));
}

// A database's address may hold a password.
std::string mask_store(std::string_view value) {
    std::size_t end = value.find("://");
    return std::string(end == value.npos ? value : value.substr(0, end + 3)) +
           (end == value.npos ? "" : "...");
}

// What stands beside the store goes with it.
void keep_store(Settings& fresh, const Settings& running) {
    fresh.telemetry.store = running.telemetry.store;
    fresh.telemetry.settings_file = running.telemetry.settings_file;
}

// What is kept, by the word that names it.
struct KeptDays {
    std::string_view name;
    std::uint32_t& (*days)(telemetry::Options& options);
};
constexpr KeptDays kKeptDays[] = {
    {"samples", [](telemetry::Options& o) -> std::uint32_t& { return o.samples_days; }},
    {"minutes", [](telemetry::Options& o) -> std::uint32_t& { return o.rollup_days[0]; }},
    {"quarters", [](telemetry::Options& o) -> std::uint32_t& { return o.rollup_days[1]; }},
    {"hours", [](telemetry::Options& o) -> std::uint32_t& { return o.rollup_days[2]; }},
    {"days", [](telemetry::Options& o) -> std::uint32_t& { return o.rollup_days[3]; }},
    {"positions", [](telemetry::Options& o) -> std::uint32_t& { return o.positions_days; }},
    {"events", [](telemetry::Options& o) -> std::uint32_t& { return o.events_days; }},
};

void read_retention(const Settings& settings, RunningValues& out) {
    telemetry::Options options = settings.telemetry;
    for (const KeptDays& kept : kKeptDays)
        add_value(out, {}, fmt::format("{} {}", kept.name, kept.days(options)));
}

Status set_retention(Entry& entry) {
    Result<std::string_view> what = read_word(entry);
    if (!what.ok()) return what.error();
    auto kept = std::find_if(std::begin(kKeptDays), std::end(kKeptDays),
                             [&](const KeptDays& known) { return known.name == what.value(); });
    if (kept == std::end(kKeptDays))
        return invalid(
            fmt::format("Error: Invalid 'telemetry_retention' value ({}): samples, minutes, "
                        "quarters, hours, days, positions or events.",
                        what.value()));
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    if (value.value() < 0 || value.value() > 100'000)
        return invalid("Error: 'telemetry_retention' wants 0 (for ever) to 100000 days.");
    kept->days(entry.draft.settings.telemetry) = static_cast<std::uint32_t>(value.value());
    return Done{};
}

Status set_host(Entry& entry) {
    Result<std::string> name = read_text(entry);
    if (!name.ok()) return name.error();
    entry.draft.settings.http.hosts.push_back(std::move(name).value());
    return Done{};
}

Status set_map(Entry& entry) {
    Result<std::string> path = read_text(entry);
    if (!path.ok()) return path.error();
    entry.draft.maps.push_back({std::move(path).value(), entry.place});
    return Done{};
}

const Key kKeys[] = {
    {.name = "telemetry",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Decodes, stores and shows what devices measure.",
     .value = kFlag<&TelemetryOptions::is_on>},
    {.name = "telemetry_store",
     .scope = Scope::Martlet,
     .type = Type::Text,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "telemetry.db in persistence_location",
     .help = "Where it is kept: a file (SQLite), or postgresql://USER@HOST/DATABASE.",
     .mask = mask_store,
     .value = {set_text<&TelemetryOptions::store>, read_member<&TelemetryOptions::store>,
               keep_store}},
    {.name = "telemetry_rule",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "FILTER DECODER",
     .help =
         "Which decoder reads the topics of a filter; `none`: nobody does. May be given several "
         "times; the first that matches counts, before what decoders take by themselves.",
     .value = {set_rule, read_rules}},
    {.name = "telemetry_option",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "DECODER NAME VALUE",
     .help = "A setting of one decoder; may be given several times. docs/telemetry.md has them.",
     .mask = mask_option,
     .value = {set_option, read_options}},
    {.name = "telemetry_map",
     .scope = Scope::Martlet,
     .type = Type::Text,
     .is_own = true,
     .values = "FILE",
     .help = "A file that says how the payloads of some topics are read, in the folder of the file "
             "that names it unless the path begins with '/'; may be given several times. A reload "
             "reads it again. At most 200 files of 256 KiB.",
     .value = {set_map, read_member<&TelemetryOptions::map_files>}},
    {.name = "telemetry_unit",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "SOURCE METRIC UNIT [gauge|counter|meter|increment|state]",
     .help = "The unit, and the kind, of a metric as you know it; it wins over all that the device "
             "says. SOURCE is KIND:ID (topic:home/kitchen), KIND or *; a word with blanks stands "
             "in quotes, \"\" is no "
             "unit. May be given several times; the first that fits counts.",
     .value = {set_unit, read_units}},
    {.name = "telemetry_threshold",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "SOURCES ONLINE SILENT",
     .help =
         "How long a source counts as online after it was heard, and when it is silent, as 90s, "
         "15m, 2h or 3d. SOURCES is KIND, KIND/GROUP or KIND:ID; the most particular one counts.",
     .value = {set_threshold, read_thresholds}},
    {.name = "telemetry_retention",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "samples|minutes|quarters|hours|days|positions|events DAYS",
     .help =
         "How long something is kept; 0: for ever. Minutes to days are the rollups of so wide a "
         "step.",
     .value = {set_retention, read_retention}},
    {.name = "telemetry_commit_interval",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 1,
     .max = 10'000,
     .default_value = "100",
     .help = "Milliseconds that a message waits for others before it is stored with them.",
     .value = kNumber<&TelemetryOptions::commit_ms>},
    {.name = "telemetry_counter_rate_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 2'000'000'000,
     .default_value = "0",
     .help =
         "A counter that grows by more units an hour makes an event `counter_jump`; what it says "
         "counts all the same. 0: never.",
     .value = kNumber<&TelemetryOptions::counter_rate_max>},
    {.name = "telemetry_meter_rate_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 2'000'000'000,
     .default_value = "0",
     .help = "The same of a meter: kWh an hour of one that counts kWh. 0: never.",
     .value = kNumber<&TelemetryOptions::meter_rate_max>},
    {.name = "http_accounts_file",
     .scope = Scope::Martlet,
     .type = Type::Text,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "accounts.json in persistence_location",
     .help = "Accounts and tokens of HTTP, as JSON with hashes.",
     .value = kText<&HttpOptions::accounts_file>},
    {.name = "http_host",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "NAME",
     .help = "A host name by which a proxy on this machine reaches a listener on loopback; may be "
             "given several times.",
     .value = access<&HttpOptions::hosts>(set_host)},
    {.name = "http_metrics_public",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Gives /metrics to everybody who can reach the listener, without a log-in.",
     .value = kFlag<&HttpOptions::metrics_public>},
    {.name = "http_metrics_like_mosquitto_exporter",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Adds metrics under the names of sapcc's mosquitto-exporter.",
     .value = kFlag<&HttpOptions::metrics_like_mosquitto_exporter>},
    {.name = "http_metrics_series_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 0,
     .max = 10'000'000,
     .default_value = "50000",
     .help = "Lines of /metrics about sources, of each kind; more are left out and counted.",
     .value = kNumber<&HttpOptions::metrics_series_max>},
};

}  // namespace

std::span<const Key> telemetry_keys() {
    return kKeys;
}

}  // namespace martlet::config
