// Keys of telemetry and of HTTP, which mosquitto does not know.

#include "config/keys.h"
#include "config/keys/setters.h"
#include "mqtt/topic.h"

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

// What is kept, by the word that names it.
std::uint32_t* days_of(telemetry::Options& options, std::string_view what) {
    if (what == "samples") return &options.samples_days;
    if (what == "minutes") return &options.rollup_days[0];
    if (what == "quarters") return &options.rollup_days[1];
    if (what == "hours") return &options.rollup_days[2];
    if (what == "days") return &options.rollup_days[3];
    if (what == "positions") return &options.positions_days;
    if (what == "events") return &options.events_days;
    return nullptr;
}

Status set_retention(Entry& entry) {
    Result<std::string_view> what = read_word(entry);
    if (!what.ok()) return what.error();
    std::uint32_t* days = days_of(entry.draft.settings.telemetry, what.value());
    if (days == nullptr)
        return invalid(
            fmt::format("Error: Invalid 'telemetry_retention' value ({}): samples, minutes, "
                        "quarters, hours, days, positions or events.",
                        what.value()));
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    if (value.value() < 0 || value.value() > 100'000)
        return invalid("Error: 'telemetry_retention' wants 0 (for ever) to 100000 days.");
    *days = static_cast<std::uint32_t>(value.value());
    return Done{};
}

Status set_host(Entry& entry) {
    Result<std::string> name = read_text(entry);
    if (!name.ok()) return name.error();
    entry.draft.settings.http.hosts.push_back(std::move(name).value());
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
     .set = flag<&TelemetryOptions::is_on>},
    {.name = "telemetry_store",
     .scope = Scope::Martlet,
     .type = Type::Text,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "telemetry.db in persistence_location",
     .help = "Where it is kept: a file (SQLite), or postgresql://USER@HOST/DATABASE.",
     .set = text<&TelemetryOptions::store>},
    {.name = "telemetry_rule",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "FILTER DECODER",
     .help =
         "Which decoder reads the topics of a filter; `none`: nobody does. May be given several "
         "times; the first that matches counts, before what decoders take by themselves.",
     .set = set_rule},
    {.name = "telemetry_option",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "DECODER NAME VALUE",
     .help = "A setting of one decoder; may be given several times. docs/telemetry.md has them.",
     .set = set_option},
    {.name = "telemetry_retention",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "samples|minutes|quarters|hours|days|positions|events DAYS",
     .help =
         "How long something is kept; 0: for ever. Minutes to days are the rollups of so wide a "
         "step.",
     .set = set_retention},
    {.name = "telemetry_commit_interval",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 1,
     .max = 10'000,
     .default_value = "100",
     .help = "Milliseconds that a message waits for others before it is stored with them.",
     .set = number<&TelemetryOptions::commit_ms>},
    {.name = "telemetry_counter_rate_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 0,
     .max = 2'000'000'000,
     .default_value = "0",
     .help =
         "A counter that grows by more units an hour makes an event `counter_jump`; what it says "
         "counts all the same. 0: never.",
     .set = number<&TelemetryOptions::counter_rate_max>},
    {.name = "telemetry_meter_rate_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 0,
     .max = 2'000'000'000,
     .default_value = "0",
     .help = "The same of a meter: kWh an hour of one that counts kWh. 0: never.",
     .set = number<&TelemetryOptions::meter_rate_max>},
    {.name = "http_accounts_file",
     .scope = Scope::Martlet,
     .type = Type::Text,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "accounts.json in persistence_location",
     .help = "Accounts and tokens of HTTP, as JSON with hashes.",
     .set = text<&HttpOptions::accounts_file>},
    {.name = "http_host",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "NAME",
     .help = "A host name by which a proxy on this machine reaches a listener on loopback; may be "
             "given several times.",
     .set = set_host},
    {.name = "http_metrics_public",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Gives /metrics to everybody who can reach the listener, without a log-in.",
     .set = flag<&HttpOptions::metrics_public>},
    {.name = "http_metrics_like_mosquitto_exporter",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Adds metrics under the names of sapcc's mosquitto-exporter.",
     .set = flag<&HttpOptions::metrics_like_mosquitto_exporter>},
    {.name = "http_metrics_series_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 0,
     .max = 10'000'000,
     .default_value = "50000",
     .help = "Lines of /metrics about sources, of each kind; more are left out and counted.",
     .set = number<&HttpOptions::metrics_series_max>},
};

}  // namespace

std::span<const Key> telemetry_keys() {
    return kKeys;
}

}  // namespace martlet::config
