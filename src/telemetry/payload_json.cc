#include "telemetry/payload_json.h"

#include "telemetry/json_mender.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <simdjson.h>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 20;
constexpr std::size_t kLevelsMax = 64;
constexpr std::size_t kLeavesMax = 10'000;
// A long name around many values would be written once for each of them.
constexpr std::size_t kPathBytesMax = std::size_t{2} << 20;
constexpr char kPathEnd = '\n';
constexpr std::string_view kNotJson = "not JSON";
// Most payloads are smaller; larger ones let the parser grow.
constexpr std::size_t kFirstCapacity = 4096;

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// "21.5", the payload of very many topics, without a look at the rest of JSON. False: the parser
// decides.
bool read_plain_number(std::string_view text, JsonLeaf& leaf) {
    constexpr std::size_t kBytesMax = 18;
    constexpr std::string_view kDigits = "0123456789";
    if (text.size() > kBytesMax) return false;
    auto digits = text.substr(text.starts_with('-') ? 1 : 0);
    std::size_t whole = 0;
    while (whole < digits.size() && digits[whole] >= '0' && digits[whole] <= '9') whole++;
    if (whole == 0 || (whole > 1 && digits[0] == '0')) return false;
    const char* end = text.data() + text.size();
    if (whole == digits.size()) {
        leaf.type = LeafType::Integer;
        std::from_chars(text.data(), end, leaf.integer);
        leaf.number = static_cast<double>(leaf.integer);
        return true;
    }
    auto decimals = digits.substr(whole + 1);
    bool is_real = digits[whole] == '.' && !decimals.empty() &&
                   decimals.find_first_not_of(kDigits) == std::string_view::npos;
    if (!is_real) return false;
    leaf.type = LeafType::Real;
    return std::from_chars(text.data(), end, leaf.number).ec == std::errc{};
}

std::string_view problem_of(simdjson::error_code error) {
    switch (error) {
        case simdjson::SUCCESS:
            return {};
        case simdjson::DEPTH_ERROR:
            return "too deep";
        case simdjson::CAPACITY:
            return "too long";
        case simdjson::MEMALLOC:
            return "no memory";
        default:
            return kNotJson;
    }
}

}  // namespace

std::string_view payload_without_padding(std::string_view payload) {
    constexpr std::string_view kMark = "\xef\xbb\xbf";
    constexpr std::string_view kBlanks = " \t\r\n";
    constexpr std::string_view kAtEnd = std::string_view(" \t\r\n\0", 5);
    // Most payloads have none.
    if (payload.size() > 1 && payload.front() > ' ' && payload.back() > ' ') return payload;
    if (payload.starts_with(kMark)) payload.remove_prefix(kMark.size());
    auto first = payload.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    auto last = payload.find_last_not_of(kAtEnd);
    if (last == std::string_view::npos || last < first) return {};
    return payload.substr(first, last - first + 1);
}

// The parser, its padded input, and the text of all paths one behind the other.
struct PayloadJson::Parser {
    simdjson::dom::parser parser{kPayloadBytesMax};
    JsonMender mender;
    std::vector<char> input;
    std::vector<LongNumber> long_numbers;  // of 64 bits without a sign
    std::string path;                      // of where the walk is
    std::string paths;                     // of all leaves so far, each with kPathEnd behind it
    // Of `path`, as JsonLeaf has them.
    std::size_t key_begin = 0;
    std::uint16_t depth = 0;
    std::uint64_t array_levels = 0;

    simdjson::error_code parse(std::string_view document, simdjson::dom::element& root);
    void clear();

    std::string_view walk(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view walk_object(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view walk_array(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view add_leaf(const JsonLeaf& leaf, std::vector<JsonLeaf>& leaves);
    // Once `paths` grows no more.
    void point_to_paths(std::vector<JsonLeaf>& leaves) const;
    void point_to_digits(std::vector<JsonLeaf>& leaves, bool is_mended) const;

    // The path with one more name, until the end of a member.
    void enter(std::string_view name) {
        if (!path.empty()) path += '.';
        key_begin = path.size();
        path += name;
        depth++;
    }
    void leave(std::size_t length) {
        path.resize(length);
        depth--;
    }
};

namespace {

// Its type is known, so that this cannot fail.
template <typename T>
T taken(simdjson::dom::element element) {
    T value{};
    if (element.get(value) != simdjson::SUCCESS) return T{};
    return value;
}

JsonLeaf scalar_leaf(simdjson::dom::element element) {
    JsonLeaf leaf;
    switch (element.type()) {
        case simdjson::dom::element_type::INT64:
            leaf.type = LeafType::Integer;
            leaf.integer = taken<std::int64_t>(element);
            leaf.number = static_cast<double>(leaf.integer);
            break;
        case simdjson::dom::element_type::UINT64:
            leaf.type = LeafType::Real;
            leaf.number = static_cast<double>(taken<std::uint64_t>(element));
            break;
        case simdjson::dom::element_type::DOUBLE:
            leaf.type = LeafType::Real;
            leaf.number = taken<double>(element);
            break;
        case simdjson::dom::element_type::STRING:
            leaf.type = LeafType::Text;
            leaf.text = taken<std::string_view>(element);
            break;
        case simdjson::dom::element_type::BOOL:
            leaf.type = LeafType::Boolean;
            leaf.integer = taken<bool>(element) ? 1 : 0;
            leaf.number = static_cast<double>(leaf.integer);
            break;
        default:
            break;
    }
    return leaf;
}

}  // namespace

std::string_view PayloadJson::Parser::add_leaf(const JsonLeaf& leaf,
                                               std::vector<JsonLeaf>& leaves) {
    if (leaves.size() == kLeavesMax) return "too many values";
    if (paths.size() + path.size() > kPathBytesMax) return "names too long";
    paths += path;
    paths += kPathEnd;
    JsonLeaf& added = leaves.emplace_back(leaf);
    // The length counts: point_to_paths() has the place.
    added.path = path;
    added.depth = depth;
    added.key_begin = static_cast<std::uint32_t>(key_begin);
    added.array_levels = array_levels;
    return {};
}

std::string_view PayloadJson::Parser::walk(simdjson::dom::element element,
                                           std::vector<JsonLeaf>& leaves) {
    switch (element.type()) {
        case simdjson::dom::element_type::OBJECT:
            return walk_object(element, leaves);
        case simdjson::dom::element_type::ARRAY:
            return walk_array(element, leaves);
        case simdjson::dom::element_type::UINT64:
            if (long_numbers.size() < kLeavesMax) {
                auto digits = std::to_string(taken<std::uint64_t>(element));
                long_numbers.push_back({leaves.size(), std::move(digits)});
            }
            return add_leaf(scalar_leaf(element), leaves);
        default:
            return add_leaf(scalar_leaf(element), leaves);
    }
}

std::string_view PayloadJson::Parser::walk_object(simdjson::dom::element element,
                                                  std::vector<JsonLeaf>& leaves) {
    bool is_empty = true;
    for (auto member : taken<simdjson::dom::object>(element)) {
        is_empty = false;
        auto length = path.size();
        enter(member.key);
        auto problem = walk(member.value, leaves);
        leave(length);
        if (!problem.empty()) return problem;
    }
    if (!is_empty) return {};
    JsonLeaf leaf;
    leaf.type = LeafType::EmptyObject;
    return add_leaf(leaf, leaves);
}

std::string_view PayloadJson::Parser::walk_array(simdjson::dom::element element,
                                                 std::vector<JsonLeaf>& leaves) {
    std::size_t place = 0;
    // kLevelsMax is the number of bits.
    auto level = std::uint64_t{1} << depth;
    array_levels |= level;
    for (auto item : taken<simdjson::dom::array>(element)) {
        char digits[20];
        auto end = std::to_chars(digits, digits + sizeof digits, place++).ptr;
        auto length = path.size();
        enter({digits, static_cast<std::size_t>(end - digits)});
        auto problem = walk(item, leaves);
        leave(length);
        if (!problem.empty()) return problem;
    }
    array_levels &= ~level;
    if (place != 0) return {};
    JsonLeaf leaf;
    leaf.type = LeafType::EmptyArray;
    return add_leaf(leaf, leaves);
}

void PayloadJson::Parser::point_to_paths(std::vector<JsonLeaf>& leaves) const {
    const char* begin = paths.data();
    for (JsonLeaf& leaf : leaves) {
        leaf.path = {begin, leaf.path.size()};
        begin += leaf.path.size() + 1;
    }
}

void PayloadJson::Parser::point_to_digits(std::vector<JsonLeaf>& leaves, bool is_mended) const {
    for (const LongNumber& number : long_numbers) leaves[number.leaf].text = number.digits;
    if (!is_mended) return;
    for (const LongNumber& number : mender.long_numbers()) {
        if (number.leaf < leaves.size()) leaves[number.leaf].text = number.digits;
    }
}

PayloadJson::PayloadJson() : parser_(std::make_unique<Parser>()) {
    // Without this memory read() asks again, and says so.
    [[maybe_unused]] auto error = parser_->parser.allocate(kFirstCapacity, kLevelsMax);
}

PayloadJson::~PayloadJson() = default;

void PayloadJson::Parser::clear() {
    long_numbers.clear();
    path.clear();
    paths.clear();
    key_begin = 0;
    depth = 0;
    array_levels = 0;
}

simdjson::error_code PayloadJson::Parser::parse(std::string_view document,
                                                simdjson::dom::element& root) {
    // The parser reads a little past the end, which must be ours.
    input.assign(document.begin(), document.end());
    input.resize(document.size() + simdjson::SIMDJSON_PADDING, '\0');
    return parser.parse(input.data(), document.size(), false).get(root);
}

std::string_view PayloadJson::read(std::string_view payload) {
    leaves_.clear();
    is_object_ = false;
    is_array_ = false;
    is_broken_ = false;
    is_mended_ = false;
    Parser& inner = *parser_;
    inner.clear();
    if (payload.size() > kPayloadBytesMax) return "too long";
    auto document = payload_without_padding(payload);
    if (document.empty()) return "empty";
    if (JsonLeaf leaf; read_plain_number(document, leaf)) {
        auto problem = inner.add_leaf(leaf, leaves_);
        inner.point_to_paths(leaves_);
        return problem;
    }

    simdjson::dom::element root;
    auto error = inner.parse(document, root);
    if (problem_of(error) == kNotJson) {
        skipped_ = static_cast<std::size_t>(document.data() - payload.data());
        is_broken_ = !inner.mender.mend(document, skipped_);
        // A scalar that is no JSON is a plain text.
        bool has_values = document.front() == '{' || document.front() == '[';
        if (is_broken_ || !has_values) return kNotJson;
        is_mended_ = true;
        error = inner.parse(inner.mender.text(), root);
    }
    auto problem = problem_of(error);
    if (problem.empty()) problem = inner.walk(root, leaves_);
    if (!problem.empty()) {
        leaves_.clear();
        return problem;
    }
    is_object_ = root.is_object();
    is_array_ = root.is_array();
    inner.point_to_paths(leaves_);
    inner.point_to_digits(leaves_, is_mended_);
    return {};
}

std::string_view PayloadJson::place() const {
    if (!is_broken_) return {};
    place_ = parser_->mender.broken_place(skipped_);
    return place_;
}

const std::vector<JsonFault>& PayloadJson::faults() const {
    static const std::vector<JsonFault> none;
    return is_mended_ ? parser_->mender.faults() : none;
}

std::string_view PayloadJson::keys() const {
    return parser_->paths;
}

const JsonLeaf* PayloadJson::find(std::string_view path) const {
    auto found = std::find_if(leaves_.begin(), leaves_.end(),
                              [&](const JsonLeaf& leaf) { return leaf.path == path; });
    return found == leaves_.end() ? nullptr : &*found;
}

bool as_number(std::string_view text, double& number) {
    text = without_blanks(text);
    auto unsigned_text = text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
    if (text.starts_with('+')) text = unsigned_text;
    char copy[64];
    if (unsigned_text.empty() || text.size() > sizeof copy) return false;
    // "inf" and "nan" are texts; what begins like a number is looked at further.
    char first = unsigned_text.front();
    if ((first < '0' || first > '9') && first != '.' && first != ',') return false;
    std::memcpy(copy, text.data(), text.size());
    char* end = copy + text.size();
    if (text.find('.') == std::string_view::npos) std::replace(copy, end, ',', '.');
    double read = 0;
    auto result = std::from_chars(copy, end, read);
    if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(read)) return false;
    number = read;
    return true;
}

bool as_number(const JsonLeaf& leaf, double& number, bool text_too) {
    if (leaf.type == LeafType::Text) return text_too && as_number(leaf.text, number);
    if (leaf.type != LeafType::Integer && leaf.type != LeafType::Real) return false;
    if (!std::isfinite(leaf.number)) return false;
    number = leaf.number;
    return true;
}

}  // namespace martlet::telemetry
