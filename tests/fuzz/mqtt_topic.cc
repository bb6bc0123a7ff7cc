// Two texts, split at the first newline: as topic names, filters and shared filters, and against
// each other.

#include "base/bytes.h"
#include "mqtt/topic.h"
#include "mqtt/types.h"

#include <cstdint>
#include <string>

namespace martlet::mqtt {
namespace {

void require(bool truth) {
    if (!truth) __builtin_trap();
}

void check_one(std::string_view text) {
    bool is_name = is_valid_topic_name(text);
    bool is_filter = is_valid_topic_filter(text);
    require(is_name == (is_filter && !has_wildcard(text)));
    if (is_name) require(matches(text, text));
    if (is_filter) require(overlap(text, text));
    // Validity does not hang on the place: what is good stays good beside good text.
    if (is_valid_utf8(text)) require(is_valid_utf8("a" + std::string(text) + "b"));
    ParsedFilter parsed;
    if (!parse_filter(text, parsed)) return;
    require(is_valid_topic_filter(parsed.filter));
    require(parsed.is_shared == !parsed.group.empty());
    std::size_t levels = 0;
    std::string_view level;
    for (TopicLevels walk(parsed.filter); walk.next(level);) levels++;
    require(levels <= kTopicLevelsMax);
}

void check_two(std::string_view a, std::string_view b) {
    require(overlap(a, b) == overlap(b, a));
    if (!is_valid_topic_filter(a) || !is_valid_topic_name(b)) return;
    require(matches(a, b) == overlap(a, b));
}

}  // namespace
}  // namespace martlet::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = martlet::as_text({data, size});
    auto line_end = text.find('\n');
    auto a = text.substr(0, line_end);
    auto b = line_end == std::string_view::npos ? std::string_view() : text.substr(line_end + 1);
    martlet::mqtt::check_one(a);
    martlet::mqtt::check_one(b);
    martlet::mqtt::check_two(a, b);
    return 0;
}
