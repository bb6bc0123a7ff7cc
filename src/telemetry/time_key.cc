#include "telemetry/time_key.h"

#include "base/ascii.h"

#include <algorithm>
#include <string>
#include <vector>

namespace martlet::telemetry {

namespace {

using enum TimeUse;

constexpr std::size_t kKeyBytesMax = 40;

struct Row {
    std::string_view name;  // words without what stands between them, in lower case
    TimeUse use = Record;
    std::uint8_t rank = 1;
    bool may_be_duration = false;
};

constexpr Row kRows[] = {
    // When it was measured.
    {"observedat", Record, 0},
    {"measuredat", Record, 0},
    {"sampledat", Record, 0},
    {"takenat", Record, 0},
    {"recordedat", Record, 0},
    {"readat", Record, 0},
    {"collectedat", Record, 0},
    {"capturedat", Record, 0},
    {"occurredat", Record, 0},
    {"loggedat", Record, 0},
    {"eventat", Record, 0},
    {"timeobserved", Record, 0},
    {"dateobserved", Record, 0},
    {"datetimeobserved", Record, 0},
    {"sourcetimestamp", Record, 0},
    {"sourcetime", Record, 0},
    {"sourcets", Record, 0},
    {"timemeasured", Record, 0},
    {"phenomenontime", Record, 0},
    {"resulttime", Record, 0},
    {"observationtime", Record, 0},
    {"obstime", Record, 0},
    {"obstimestamp", Record, 0},
    {"sampletime", Record, 0},
    {"sampletimestamp", Record, 0},
    {"samplets", Record, 0},
    {"measuretime", Record, 0},
    {"measurementtime", Record, 0},
    {"measurementtimestamp", Record, 0},
    {"readingtime", Record, 0},
    {"readtime", Perhaps, 0},
    {"recordtime", Record, 0},
    {"logtime", Record, 0},
    {"sensortime", Record, 0},
    {"fixtime", Record, 0},
    {"fixtimestamp", Record, 0},
    {"fixts", Record, 0},
    {"gpstime", Record, 0},
    {"gpstimestamp", Record, 0},
    {"gpsts", Record, 0},
    {"gpsdatetime", Record, 0},
    {"gpsutc", Record, 0},
    {"gnsstime", Record, 0},
    {"positiontime", Record, 0},
    {"locationtime", Record, 0},
    {"eventtime", Record, 0},
    {"eventtimestamp", Record, 0},
    {"eventdatetime", Record, 0},
    {"eventts", Record, 0},
    // What the device says of its message.
    {"time", Record, 1, true},
    {"ts", Record, 1},
    {"tst", Record, 1},
    {"tstamp", Record, 1},
    {"timestamp", Record, 1},
    {"stamp", Perhaps, 1},
    {"timest", Record, 1},
    {"timestring", Record, 1},
    {"datetime", Record, 1},
    {"dateandtime", Record, 1},
    {"datetimestamp", Record, 1},
    {"timeanddate", Record, 1},
    {"unixtime", Record, 1},
    {"unixtimestamp", Record, 1},
    {"unixts", Record, 1},
    {"unix", Record, 1},
    {"posixtime", Record, 1},
    {"epoch", Perhaps, 1},
    {"epochtime", Record, 1},
    {"epochtimestamp", Record, 1},
    {"utc", Perhaps, 1},
    {"utctime", Record, 1},
    {"utcdatetime", Record, 1},
    {"utctimestamp", Record, 1},
    {"isotime", Record, 1},
    {"isotimestamp", Record, 1},
    {"isodate", Date, 1},
    {"localtime", Record, 1},
    {"systemtime", Record, 1},
    {"currenttime", Record, 1},
    {"clock", Perhaps, 1},
    {"now", Perhaps, 1},
    {"devicetime", Record, 1},
    {"devicetimestamp", Record, 1},
    {"devicets", Record, 1},
    {"nodetime", Record, 1},
    {"metertime", Record, 1},
    {"msgtime", Record, 1},
    {"msgts", Record, 1},
    {"messagetime", Record, 1},
    {"messagetimestamp", Record, 1},
    {"messagets", Record, 1},
    {"datatime", Record, 1},
    {"datatimestamp", Record, 1},
    {"datats", Record, 1},
    {"zeit", Perhaps, 1},
    {"zeitstempel", Record, 1},
    {"horodatage", Record, 1},
    {"horodate", Record, 1},
    {"tidsstempel", Record, 1},
    {"marcatemporal", Record, 1},
    {"tijdstempel", Record, 1},
    {"uhrzeit", Record, 1},
    {"t", Perhaps, 1},
    {"dt", Perhaps, 1},
    {"date", Date, 1},
    {"datum", Date, 1},
    {"day", None},
    // When it was sent, received, changed.
    {"createdat", Record, 2},
    {"created", Perhaps, 2},
    {"creationtime", Record, 2},
    {"publishedat", Record, 2},
    {"publishtime", Record, 2},
    {"postedat", Record, 2},
    {"sentat", Record, 2},
    {"senttime", Record, 2},
    {"sendtime", Perhaps, 2},
    {"sentts", Record, 2},
    {"transmittedat", Record, 2},
    {"txtime", Perhaps, 2},
    {"generatedat", Record, 2},
    {"issuedat", Record, 2},
    {"reportedat", Record, 2},
    {"reporttime", Record, 2},
    {"receivedat", Record, 3},
    {"received", Perhaps, 3},
    {"receivetime", Record, 3},
    {"receivedtime", Record, 3},
    {"receptiontime", Record, 3},
    {"rxtime", Record, 3},
    {"rxtimestamp", Record, 3},
    {"rxts", Record, 3},
    {"arrivedat", Record, 3},
    {"ingestedat", Record, 3},
    {"servertime", Record, 3},
    {"servertimestamp", Record, 3},
    {"serverts", Record, 3},
    {"gatewaytime", Record, 3},
    {"gwtime", Record, 3},
    {"updatedat", Record, 4},
    {"updated", Perhaps, 4},
    {"updatetime", Perhaps, 4},
    {"lastupdate", Perhaps, 4},
    {"lastupdated", Perhaps, 4},
    {"lastupdatetime", Perhaps, 4},
    {"lastseen", Perhaps, 4},
    {"lastseenat", Perhaps, 4},
    // From when on it holds: prices and forecasts.
    {"startsat", Record, 5},
    {"starttimestamp", Record, 5},
    {"validfrom", Record, 5},
    // Other moments.
    {"starttime", Moment},
    {"endtime", Moment},
    {"stoptime", Moment},
    {"boottime", Moment},
    {"lasttime", Moment},
    {"lastreset", Moment},
    {"lastchange", Moment},
    {"lastchanged", Moment},
    {"lastboot", Moment},
    {"lastreboot", Moment},
    {"lastrestart", Moment},
    {"lastheard", Moment},
    {"lastevent", Moment},
    {"lastmotion", Moment},
    {"nexttime", Moment},
    {"nextupdate", Moment},
    {"nextrun", Moment},
    {"ontime", Moment},
    {"offtime", Moment},
    // Also a counter of a gateway's microseconds, which is an epoch by chance.
    {"tmst", Moment},
    {"expires", Moment},
    {"expiry", Moment},
    {"expiration", Moment},
    {"validto", Moment},
    {"validuntil", Moment},
    {"since", Moment},
    {"until", Moment},
    {"sunrise", Moment},
    {"sunset", Moment},
};

struct Suffix {
    std::string_view word;
    TimeScale scale;
};
constexpr Suffix kSuffixes[] = {
    {"ms", TimeScale::Milliseconds},     {"msec", TimeScale::Milliseconds},
    {"millis", TimeScale::Milliseconds}, {"milliseconds", TimeScale::Milliseconds},
    {"us", TimeScale::Microseconds},     {"usec", TimeScale::Microseconds},
    {"micros", TimeScale::Microseconds}, {"microseconds", TimeScale::Microseconds},
    {"ns", TimeScale::Nanoseconds},      {"nsec", TimeScale::Nanoseconds},
    {"nanos", TimeScale::Nanoseconds},   {"nanoseconds", TimeScale::Nanoseconds},
    {"s", TimeScale::Seconds},           {"sec", TimeScale::Seconds},
    {"secs", TimeScale::Seconds},        {"seconds", TimeScale::Seconds},
    {"utc", TimeScale::BySize},          {"gmt", TimeScale::BySize},
    {"iso", TimeScale::BySize},          {"iso8601", TimeScale::BySize},
    {"rfc3339", TimeScale::BySize},      {"unix", TimeScale::BySize},
    {"epoch", TimeScale::BySize},        {"local", TimeScale::BySize},
    {"str", TimeScale::BySize},          {"string", TimeScale::BySize},
};

// Last words of moments: "boot_ts", "installed_at".
constexpr std::string_view kMomentWords[] = {"timestamp", "ts", "tst", "datetime", "at"};

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "rxTime", "rx_time" and "RX-TIME" are rx, time.
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words;
    bool is_open = false;
    for (std::size_t i = 0; i < name.size(); i++) {
        char c = name[i];
        if (!is_letter(c) && !is_digit(c)) {
            is_open = false;
            continue;
        }
        bool is_hump = is_upper(c) && i > 0 && is_letter(name[i - 1]) && !is_upper(name[i - 1]);
        if (!is_open || is_hump) words.emplace_back();
        words.back() += lower(c);
        is_open = true;
    }
    return words;
}

const Row* find_row(std::string_view name) {
    auto found = std::find_if(std::begin(kRows), std::end(kRows),
                              [&](const Row& row) { return row.name == name; });
    return found == std::end(kRows) ? nullptr : &*found;
}

const Suffix* find_suffix(std::string_view word) {
    auto found = std::find_if(std::begin(kSuffixes), std::end(kSuffixes),
                              [&](const Suffix& suffix) { return suffix.word == word; });
    return found == std::end(kSuffixes) ? nullptr : &*found;
}

std::string joined(const std::vector<std::string>& words) {
    std::string name;
    for (const auto& word : words) name += word;
    return name;
}

TimeKey key_of(const Row& row, TimeScale scale) {
    return {row.use, scale, row.rank, row.may_be_duration, false};
}

// "epochms": the suffix of a single word.
TimeKey run_together(std::string_view name) {
    constexpr std::size_t kSuffixBytes = 2;
    if (name.size() <= kSuffixBytes) return {};
    const Row* row = find_row(name.substr(0, name.size() - kSuffixBytes));
    const Suffix* suffix = find_suffix(name.substr(name.size() - kSuffixBytes));
    if (row == nullptr || suffix == nullptr || row->name.size() < kSuffixBytes) return {};
    return key_of(*row, suffix->scale);
}

// "datetime_utc", "UTC", "timeGMT", "utctime".
bool is_utc_name(std::string_view name) {
    constexpr std::string_view kNames[] = {"utc", "gmt"};
    return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view zone) {
        return name.starts_with(zone) || name.ends_with(zone);
    });
}

bool is_moment_word(std::string_view word) {
    return std::find(std::begin(kMomentWords), std::end(kMomentWords), word) !=
           std::end(kMomentWords);
}

TimeKey key_of_words(std::vector<std::string> words) {
    if (const Row* row = find_row(joined(words))) return key_of(*row, TimeScale::BySize);
    TimeScale scale = TimeScale::BySize;
    while (words.size() > 1) {
        const Suffix* suffix = find_suffix(words.back());
        if (suffix == nullptr) break;
        if (suffix->scale != TimeScale::BySize) scale = suffix->scale;
        words.pop_back();
        if (const Row* row = find_row(joined(words))) return key_of(*row, scale);
    }
    auto key = run_together(joined(words));
    if (key.use != None) return key;
    if (words.size() > 1 && is_moment_word(words.back())) return {Moment, scale, 1, false, false};
    return {};
}

}  // namespace

TimeKey time_key(std::string_view last_key) {
    if (last_key.empty() || last_key.size() > kKeyBytesMax) return {};
    auto words = words_of(last_key);
    if (words.empty()) return {};
    bool is_utc = is_utc_name(words.front()) || is_utc_name(words.back()) ||
                  std::find(words.begin(), words.end(), "utc") != words.end();
    auto key = key_of_words(std::move(words));
    key.is_utc = is_utc && key.use != None;
    return key;
}

bool is_time_key(std::string_view last_key) {
    return time_key(last_key).use == Record;
}

}  // namespace martlet::telemetry
