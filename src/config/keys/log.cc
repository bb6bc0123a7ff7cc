// Keys of the log.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

constexpr std::uint32_t kAllLevels = 0x1FF;

std::uint32_t bit(log::Level level) {
    return static_cast<std::uint32_t>(level);
}

// The first log_dest replaces the default.
void begin_destinations(Entry& entry) {
    if (entry.draft.is_log_dest_said) return;
    entry.draft.is_log_dest_said = true;
    entry.draft.settings.log.to_stderr = false;
}

Status set_log_file(Entry& entry) {
    log::Options& options = entry.draft.settings.log;
    if (!options.file.empty()) return invalid("Error: Duplicate \"log_dest file\" value.");
    if (entry.words.rest().empty())
        return invalid("Error: Empty \"log_dest file\" value in configuration.");
    Result<std::string> path = read_text(entry);
    if (!path.ok()) return path.error();
    options.file = std::move(path).value();
    return Done{};
}

void remove_destinations(log::Options& options) {
    options.to_stdout = options.to_stderr = options.to_syslog = options.to_topic = false;
    options.file.clear();
}

Status set_log_dest(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    begin_destinations(entry);
    log::Options& options = entry.draft.settings.log;
    std::string_view dest = word.value();
    if (dest == "file") return set_log_file(entry);
    if (dest == "none")
        remove_destinations(options);
    else if (dest == "stdout")
        options.to_stdout = true;
    else if (dest == "stderr")
        options.to_stderr = true;
    else if (dest == "syslog")
        options.to_syslog = true;
    else if (dest == "topic")
        options.to_topic = true;
    else if (dest == "dlt" || dest == "android") {
        entry.kind = NoticeKind::Ignored;
        entry.note = fmt::format("'log_dest {}' is for systems that Martlet does not run on", dest);
    } else
        return invalid(fmt::format("Error: Invalid 'log_dest' value ({}).", dest));
    return Done{};
}

void read_log_dest(const Settings& settings, RunningValues& out) {
    const log::Options& options = settings.log;
    if (options.to_stdout) add_value(out, {}, std::string("stdout"));
    if (options.to_stderr) add_value(out, {}, std::string("stderr"));
    if (options.to_syslog) add_value(out, {}, std::string("syslog"));
    if (options.to_topic) add_value(out, {}, std::string("topic"));
    if (!options.file.empty()) add_value(out, {}, "file " + options.file);
    if (out.empty()) add_value(out, {}, std::string("none"));
}

struct LevelName {
    std::string_view name;
    log::Level level;
};
constexpr LevelName kLevels[] = {
    {"error", log::Level::Error},
    {"warning", log::Level::Warning},
    {"notice", log::Level::Notice},
    {"information", log::Level::Information},
    {"debug", log::Level::Debug},
    {"subscribe", log::Level::Subscribe},
    {"unsubscribe", log::Level::Unsubscribe},
    {"websockets", log::Level::Websockets},
    {"internal", log::Level::Internal},
};

std::uint32_t level_of(std::string_view name) {
    if (name == "all") return kAllLevels;
    for (const LevelName& known : kLevels)
        if (known.name == name) return bit(known.level);
    return 0;
}

void read_log_type(const Settings& settings, RunningValues& out) {
    for (const LevelName& known : kLevels)
        if ((settings.log.levels & bit(known.level)) != 0)
            add_value(out, {}, std::string(known.name));
    if (out.empty()) add_value(out, {}, std::string("none"));
}

Status set_log_type(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    std::uint32_t levels = level_of(word.value());
    if (levels == 0 && word.value() != "none")
        return invalid(fmt::format("Error: Invalid 'log_type' value ({}).", word.value()));
    log::Options& options = entry.draft.settings.log;
    if (!entry.draft.is_log_type_said || levels == 0) options.levels = 0;
    entry.draft.is_log_type_said = true;
    options.levels |= levels;
    return Done{};
}

constexpr int kLocal0 = 16;

Status set_log_facility(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    entry.draft.settings.log.syslog_facility = kLocal0 + static_cast<int>(value.value());
    return Done{};
}

void read_log_facility(const Settings& settings, RunningValues& out) {
    int facility = settings.log.syslog_facility;
    if (facility >= kLocal0) add_value(out, {}, facility - kLocal0);
}

const Key kKeys[] = {
    {.name = "connection_messages",
     .scope = Scope::Log,
     .type = Type::Bool,
     .default_value = "true",
     .help = "Logs who connects and who leaves.",
     .value = kFlag<&log::Options::connection_messages>},
    {.name = "log_dest",
     .scope = Scope::Log,
     .type = Type::Special,
     .values = "none, stdout, stderr, syslog, topic, dlt, file PATH",
     .default_value = "stderr",
     .help = "Where the log goes; may be given several times, a file once.",
     .value = {set_log_dest, read_log_dest}},
    {.name = "log_facility",
     .scope = Scope::Log,
     .type = Type::Number,
     .min = 0,
     .max = 7,
     .default_value = "daemon",
     .help = "syslog's facility local0 to local7.",
     .value = {set_log_facility, read_log_facility}},
    {.name = "log_timestamp",
     .scope = Scope::Log,
     .type = Type::Bool,
     .default_value = "true",
     .help = "Begins each line with the time.",
     .value = kFlag<&log::Options::timestamp>},
    {.name = "log_timestamp_format",
     .scope = Scope::Log,
     .type = Type::Text,
     .is_once = true,
     .default_value = "seconds since 1970",
     .help = "The time's form, as strftime takes it.",
     .value = kText<&log::Options::timestamp_format>},
    {.name = "log_type",
     .scope = Scope::Log,
     .type = Type::Choice,
     .values = "error, warning, notice, information, debug, subscribe, unsubscribe, websockets, "
               "internal, none, all",
     .default_value = "error warning notice information",
     .help = "What is logged; may be given several times.",
     .value = {set_log_type, read_log_type}},
};

}  // namespace

std::span<const Key> log_keys() {
    return kKeys;
}

}  // namespace martlet::config
