#include "config/notice.h"

#include <algorithm>

namespace martlet::config {

std::string Place::text() const {
    return line == 0 ? file : fmt::format("{}:{}", file, line);
}

const char* name_of(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::Same:
            return "same";
        case NoticeKind::Own:
            return "own";
        case NoticeKind::Differs:
            return "differs";
        case NoticeKind::Mapped:
            return "mapped";
        case NoticeKind::Ignored:
            return "ignored";
        case NoticeKind::Later:
            return "later";
        case NoticeKind::Unknown:
            return "unknown";
        case NoticeKind::Wrong:
            return "wrong";
    }
    return "";
}

std::vector<std::string> Problem::lines() const {
    std::vector<std::string> lines = {text};
    for (const Place& place : places)
        lines.push_back(fmt::format("Error found at {}.", place.text()));
    if (!hint.empty()) lines.push_back(hint);
    return lines;
}

namespace {

struct FeatureWarning {
    std::string feature;
    std::string keys;
};

LogLine warning_of(const FeatureWarning& warning) {
    return {log::Level::Warning, fmt::format("Warning: {} is not built yet; without effect: {}.",
                                             warning.feature, warning.keys)};
}

void add_key(std::vector<FeatureWarning>& warnings, const Notice& notice) {
    auto same = std::find_if(warnings.begin(), warnings.end(),
                             [&](const FeatureWarning& w) { return w.feature == notice.feature; });
    std::string key = fmt::format("'{}' ({})", notice.key, notice.place.text());
    if (same == warnings.end())
        warnings.push_back({notice.feature, key});
    else if (same->keys.size() < 600)  // the log cuts its lines at 1,000 bytes
        same->keys += ", " + key;
}

LogLine line_of(const Notice& notice) {
    bool is_warning = notice.kind == NoticeKind::Later && notice.feature.empty();
    log::Level level = is_warning                           ? log::Level::Warning
                       : notice.kind == NoticeKind::Ignored ? log::Level::Notice
                                                            : log::Level::Information;
    std::string where = notice.place.file.empty() ? "" : notice.place.text() + ": ";
    return {level, fmt::format("{}{}{}", is_warning ? "Warning: " : "", where, notice.text)};
}

}  // namespace

std::vector<LogLine> log_lines(const std::vector<Notice>& notices) {
    std::vector<LogLine> lines;
    std::vector<FeatureWarning> warnings;
    for (const Notice& notice : notices) {
        if (!notice.feature.empty()) add_key(warnings, notice);
        // Differences by design are for `martlet check`: said at each start, nobody would read
        // them.
        bool is_for_log = !notice.text.empty() && notice.kind != NoticeKind::Differs;
        if (is_for_log) lines.push_back(line_of(notice));
    }
    for (const FeatureWarning& warning : warnings) lines.push_back(warning_of(warning));
    return lines;
}

}  // namespace martlet::config
