#include "telemetry/mapping/path_pattern.h"

#include "base/text.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kStepsMax = 16;

// The next part of a pattern up to '.', with quotes kept together.
std::string_view next_part(std::string_view& rest, bool& is_quoted) {
    is_quoted = rest.starts_with('"');
    std::size_t from = 0;
    if (is_quoted) {
        auto quote = rest.find('"', 1);
        from = quote == std::string_view::npos ? rest.size() : quote;
    }
    auto end = std::min(rest.find('.', from), rest.size());
    auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

}  // namespace

bool matches_glob(std::string_view glob, std::string_view text, std::string_view& star) {
    auto first = glob.find('*');
    if (first == std::string_view::npos) return glob == text;
    if (!text.starts_with(glob.substr(0, first))) return false;
    auto rest = text.substr(first);
    auto parts = glob.substr(first + 1);
    bool is_first = true;
    // The part before each further star, at the first place where it stands: were the whole to fit
    // with a later place, it would fit with this one. So many stars do not cost a power of the
    // text.
    for (auto next = parts.find('*'); next != std::string_view::npos; next = parts.find('*')) {
        auto place = rest.find(parts.substr(0, next));
        if (place == std::string_view::npos) return false;
        if (is_first) star = rest.substr(0, place);
        is_first = false;
        rest.remove_prefix(place + next);
        parts.remove_prefix(next + 1);
    }
    if (!rest.ends_with(parts)) return false;
    if (is_first) star = rest.substr(0, rest.size() - parts.size());
    return true;
}

Result<PathPattern> PathPattern::make(std::string_view text) {
    PathPattern pattern;
    pattern.text_ = text;
    if (text == ".") return pattern;
    if (text.empty() || text.ends_with('.'))
        return Error{fmt::format("'{}' is no path: expected names joined by '.'", text)};
    for (std::string_view rest = text; !rest.empty();) {
        bool is_quoted = false;
        auto part = next_part(rest, is_quoted);
        Step step;
        if (is_quoted && (part.size() < 3 || !part.ends_with('"')))
            return Error{fmt::format("'{}' is no path: a quote is not closed", text)};
        step.text = is_quoted ? part.substr(1, part.size() - 2) : part;
        if (step.text.empty())
            return Error{fmt::format("'{}' is no path: a name between two dots is empty", text)};
        if (!is_quoted && part == "**")
            step.kind = Step::Kind::Rest;
        else if (!is_quoted && part.find('*') != std::string_view::npos)
            step.kind = Step::Kind::Glob;
        if (step.kind == Step::Kind::Rest && !rest.empty())
            return Error{fmt::format("'{}' is no path: '**' must come last", text)};
        pattern.is_plain_ = pattern.is_plain_ && step.kind == Step::Kind::Name;
        pattern.steps_.push_back(std::move(step));
        if (pattern.steps_.size() > kStepsMax)
            return Error{
                fmt::format("'{}' is no path: it has more than {} names", text, kStepsMax)};
    }
    return pattern;
}

std::size_t PathPattern::stars() const {
    auto count = std::count_if(steps_.begin(), steps_.end(),
                               [](const Step& step) { return step.kind != Step::Kind::Name; });
    return std::min(static_cast<std::size_t>(count), PathCaptures::kMost);
}

// Bytes of the path that were matched; kNone: the pattern does not match.
std::size_t PathPattern::walk(std::string_view path, PathCaptures* captures) const {
    std::size_t at = 0;
    for (const Step& step : steps_) {
        if (at > 0) {
            if (at >= path.size() || path[at] != '.') return kNone;
            at++;
        }
        auto rest = path.substr(at);
        if (rest.empty()) return kNone;
        std::size_t size = step.text.size();
        if (step.kind == Step::Kind::Rest) {
            size = rest.size();
            if (captures) captures->add(rest);
        } else if (step.kind == Step::Kind::Glob) {
            size = std::min(rest.find('.'), rest.size());
            std::string_view star;
            if (!matches_glob(step.text, rest.substr(0, size), star)) return kNone;
            if (captures) captures->add(star);
        } else if (!rest.starts_with(step.text)) {
            return kNone;
        }
        at += size;
    }
    return at;
}

bool PathPattern::matches(std::string_view path, PathCaptures& captures) const {
    if (steps_.empty()) return path.empty();
    if (path.empty()) return false;
    return walk(path, &captures) == path.size();
}

bool PathPattern::matches(std::string_view path) const {
    if (steps_.empty()) return path.empty();
    return !path.empty() && walk(path, nullptr) == path.size();
}

std::size_t PathPattern::match_front(std::string_view path) const {
    if (steps_.empty()) return 0;
    std::size_t size = path.empty() ? kNone : walk(path, nullptr);
    if (size == kNone || (size < path.size() && path[size] != '.')) return kNone;
    return size;
}

}  // namespace martlet::telemetry
