#include "config/reader.h"

#include "config/keys.h"
#include "config/keys/listener_line.h"
#include "config/keys/setters.h"
#include "config/settle.h"

#include <algorithm>

namespace martlet::config {
namespace {

// A file with more is none of ours.
constexpr std::size_t kProblemsMax = 200;
// To look for a like name takes a while.
constexpr std::size_t kHintsMax = 20;

}  // namespace

void Reader::read_main(const std::string& path) {
    FileContext context;
    read_file(path, context);
}

void Reader::read_file(const std::string& path, FileContext& context) {
    Result<std::string> file = files_.read(path);
    if (!file.ok()) return add_problem(file.error(), {});
    std::string_view rest = file.value();
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // Windows editors begin files so
    std::uint32_t line = 0;
    while (!rest.empty() && draft_.problems.size() < kProblemsMax) {
        std::size_t end = std::min(rest.find('\n'), rest.size());
        read_line(rest.substr(0, end), {path, ++line}, context);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

namespace {

bool makes_default_listener(const Entry& entry) {
    return entry.key.name == "port" || entry.key.name == "bind_address";
}

Status require(Entry& entry) {
    const FileContext& context = entry.context;
    auto missing = [&](const char* what) {
        return invalid(fmt::format("Error: The '{}' option requires {} to be defined first.",
                                   entry.name, what));
    };
    switch (entry.key.need) {
        case Need::Nothing:
            return Done{};
        case Need::DefaultListenerIfPerOne:
            if (!entry.draft.per_listener_settings) return Done{};
            [[fallthrough]];
        case Need::DefaultListener:
            if (makes_default_listener(entry) || context.listener == nullptr)
                use_default_listener(entry);
            return Done{};
        case Need::ListenerIfPerOne:
            if (!entry.draft.per_listener_settings) return Done{};
            [[fallthrough]];
        case Need::Listener: {
            bool has_one = context.listener != nullptr && is_opened(entry.draft, *context.listener);
            return has_one ? Status(Done{}) : missing("a listener");
        }
        case Need::NamedListener:
            return context.listener && !context.listener->is_default ? Status(Done{})
                                                                     : missing("a listener");
        case Need::Bridge:
            return context.bridge ? Status(Done{}) : missing("a bridge");
        case Need::Plugin:
            return context.plugin ? Status(Done{}) : missing("plugin/global_plugin/plugin_load");
    }
    return Done{};
}

Status check_once(Entry& entry) {
    if (!entry.key.is_once || entry.words.rest().empty()) return Done{};
    std::string name(entry.key.alias_of.empty() ? entry.key.name : entry.key.alias_of);
    if (entry.draft.said_once.emplace(scope_of(entry), name).second) return Done{};
    return invalid(
        fmt::format("Error: Duplicate '{}' value in configuration.", entry.shown_name()));
}

// Calls the key's setter; notes what speaks of the default listener, and refuses what mosquitto 2.0
// and 2.1 would give to different listeners.
Status set_value(Entry& entry) {
    Draft& draft = entry.draft;
    const FileContext& context = entry.context;
    bool is_of_default = context.listener != nullptr && context.listener->is_default;
    if (!is_of_default) return entry.key.value.set(entry);
    ListenerDraft before = *context.listener;
    Status status = entry.key.value.set(entry);
    bool is_its_own = makes_default_listener(entry);
    draft.is_default_said = draft.is_default_said || is_its_own;
    bool has_changed = context.listener->is_default && !(*context.listener == before);
    if (!status.ok() || (!has_changed && !is_its_own)) return status;
    draft.default_lines.push_back({std::string(entry.name), entry.place});
    if (!context.is_between_listeners || is_its_own) return status;
    return invalid(fmt::format(
        "Error: '{}' stands below both a `listener` and a `port` or `bind_address`, so it is not "
        "clear which of the two listeners it is for. Write `listener PORT ADDRESS` instead of "
        "`port` and `bind_address`, with the keys of each listener below its line.",
        entry.name));
}

// What a key says of itself before its setter adds to it.
void begin_notice(Entry& entry) {
    const Key& key = entry.key;
    if (key.is_own) entry.kind = NoticeKind::Own;
    if (key.status == KeyStatus::Later) entry.kind = NoticeKind::Later;
    if (key.status != KeyStatus::Dead) return;
    entry.kind = NoticeKind::Ignored;
    entry.note = fmt::format("'{}' has no effect: {}", entry.name, key.feature);
}

// Text that mosquitto would compare as it is, made safe to show.
std::string shown(std::string_view text) {
    constexpr std::size_t kShownMax = 200;
    std::string out;
    for (char c : text.substr(0, kShownMax))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    return out;
}

// The value that was expected; empty where the error says so itself.
std::string expected_of(const Key& key, const Error& error) {
    std::string_view text = error.text;
    bool is_of_value = text.starts_with("Error: Invalid '") || text.starts_with("Error: Empty '") ||
                       text.ends_with("value not a number.") || text.ends_with("out of range.");
    bool is_told = text.find("): ") != text.npos || text.find('?') != text.npos;
    std::string values = key.type == Type::Bool ? "true or false" : values_text(key);
    if (!is_of_value || is_told || values.empty()) return {};
    return fmt::format("Expected: {} {}", key.name, values);
}

}  // namespace

void Reader::read_line(std::string_view line, Place place, FileContext& context) {
    if (line.starts_with('#')) return;
    Words words(line);
    std::string_view name = words.next();
    if (name.empty()) return;
    const Key* key = find_key(name);
    if (key == nullptr) {
        std::string_view nearest;
        if (draft_.problems.size() < kHintsMax) nearest = nearest_key(name);
        std::string hint = nearest.empty() ? "" : fmt::format("Did you mean '{}'?", nearest);
        if (name.starts_with('#')) hint = "A comment begins in the first column.";
        draft_.notices.push_back({place, shown(name), NoticeKind::Unknown, hint, {}});
        return add_problem(
            invalid(fmt::format("Error: Unknown configuration variable '{}'.", shown(name))), place,
            hint);
    }
    Entry entry{*key, name, words, std::move(place), draft_, context, NoticeKind::Same, {}};
    set(entry);
}

void Reader::set(Entry& entry) {
    begin_notice(entry);
    Status status = require(entry);
    if (status.ok()) status = check_once(entry);
    if (status.ok()) status = set_value(entry);
    std::vector<std::string> included;
    if (status.ok() && entry.key.name == "include_dir") status = list_included(entry, included);
    report(entry, status);
    read_included(included, entry.place);
}

void Reader::report(const Entry& entry, const Status& status) {
    Notice notice{entry.place, std::string(entry.name), entry.kind, entry.note, {}};
    if (entry.kind == NoticeKind::Later) notice.feature = entry.key.feature;
    if (notice.kind == NoticeKind::Same && !entry.key.alias_of.empty()) {
        notice.kind = NoticeKind::Mapped;
        if (notice.text.empty())
            notice.text = fmt::format("'{}' is read as '{}'", entry.name, entry.key.alias_of);
    }
    if (notice.kind == NoticeKind::Same && notice.text.empty() && !entry.key.differs.empty()) {
        notice.kind = NoticeKind::Differs;
        notice.text = entry.key.differs;
    }
    if (!status.ok()) {
        notice.kind = NoticeKind::Wrong;
        std::string expected = expected_of(entry.key, status.error());
        notice.text = status.error().text + (expected.empty() ? "" : " ") + expected;
        add_problem(status.error(), entry.place, expected);
    }
    draft_.notices.push_back(std::move(notice));
}

Status Reader::list_included(const Entry& entry, std::vector<std::string>& paths) {
    if (entry.context.is_included)
        return invalid(
            "Error: The include_dir option is only valid in the main configuration file.");
    Result<std::vector<std::string>> listed = files_.conf_files(std::string(entry.words.rest()));
    if (!listed.ok()) return listed.error();
    paths = std::move(listed).value();
    std::sort(paths.begin(), paths.end(), is_before);
    return Done{};
}

void Reader::read_included(const std::vector<std::string>& paths, const Place& from) {
    if (paths.empty()) return;
    included_from_ = from;
    for (const std::string& path : paths) {
        FileContext context;
        context.is_included = true;
        read_file(path, context);
    }
    included_from_ = {};
}

void Reader::add_problem(const Error& error, const Place& place, std::string hint) {
    Problem problem;
    problem.text = error.text;
    problem.code = error.code;
    problem.hint = std::move(hint);
    if (place.line != 0) problem.places.push_back(place);
    if (included_from_.line != 0 && !(included_from_ == place))
        problem.places.push_back(included_from_);
    draft_.problems.push_back(std::move(problem));
}

}  // namespace martlet::config
