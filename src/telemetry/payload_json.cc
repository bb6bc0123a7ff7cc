#include "telemetry/payload_json.h"

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
// Most payloads are smaller; larger ones let the parser grow.
constexpr std::size_t kFirstCapacity = 4096;

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
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
            return "not JSON";
    }
}

}  // namespace

// The parser, its padded input, and the text of all paths one behind the other.
struct PayloadJson::Parser {
    simdjson::dom::parser parser{kPayloadBytesMax};
    std::vector<char> input;
    std::string path;   // of where the walk is
    std::string paths;  // of all leaves so far
    std::vector<std::size_t> path_ends;

    std::string_view walk(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view walk_object(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view walk_array(simdjson::dom::element element, std::vector<JsonLeaf>& leaves);
    std::string_view add_leaf(const JsonLeaf& leaf, std::vector<JsonLeaf>& leaves);
    // Once `paths` grows no more.
    void point_to_paths(std::vector<JsonLeaf>& leaves) const;

    // The path with one more name, until the end of a member.
    void enter(std::string_view name) {
        if (!path.empty()) path += '.';
        path += name;
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
    path_ends.push_back(paths.size());
    leaves.push_back(leaf);
    return {};
}

std::string_view PayloadJson::Parser::walk(simdjson::dom::element element,
                                           std::vector<JsonLeaf>& leaves) {
    if (element.is_object()) return walk_object(element, leaves);
    if (element.is_array()) return walk_array(element, leaves);
    return add_leaf(scalar_leaf(element), leaves);
}

std::string_view PayloadJson::Parser::walk_object(simdjson::dom::element element,
                                                  std::vector<JsonLeaf>& leaves) {
    bool is_empty = true;
    for (auto member : taken<simdjson::dom::object>(element)) {
        is_empty = false;
        auto length = path.size();
        enter(member.key);
        auto problem = walk(member.value, leaves);
        path.resize(length);
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
    for (auto item : taken<simdjson::dom::array>(element)) {
        char digits[20];
        auto end = std::to_chars(digits, digits + sizeof digits, place++).ptr;
        auto length = path.size();
        enter({digits, static_cast<std::size_t>(end - digits)});
        auto problem = walk(item, leaves);
        path.resize(length);
        if (!problem.empty()) return problem;
    }
    if (place != 0) return {};
    JsonLeaf leaf;
    leaf.type = LeafType::EmptyArray;
    return add_leaf(leaf, leaves);
}

void PayloadJson::Parser::point_to_paths(std::vector<JsonLeaf>& leaves) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        leaves[i].path = std::string_view(paths).substr(begin, path_ends[i] - begin);
        begin = path_ends[i];
    }
}

PayloadJson::PayloadJson() : parser_(std::make_unique<Parser>()) {
    // Without this memory read() asks again, and says so.
    [[maybe_unused]] auto error = parser_->parser.allocate(kFirstCapacity, kLevelsMax);
}

PayloadJson::~PayloadJson() = default;

std::string_view PayloadJson::read(std::string_view payload) {
    leaves_.clear();
    is_object_ = false;
    is_array_ = false;
    Parser& inner = *parser_;
    inner.path.clear();
    inner.paths.clear();
    inner.path_ends.clear();
    if (payload.size() > kPayloadBytesMax) return "too long";
    if (without_blanks(payload).empty()) return "empty";

    // The parser reads a little past the end, which must be ours.
    inner.input.assign(payload.begin(), payload.end());
    inner.input.resize(payload.size() + simdjson::SIMDJSON_PADDING, '\0');
    simdjson::dom::element root;
    auto error = inner.parser.parse(inner.input.data(), payload.size(), false).get(root);
    if (error != simdjson::SUCCESS) return problem_of(error);
    auto problem = inner.walk(root, leaves_);
    if (!problem.empty()) {
        leaves_.clear();
        return problem;
    }
    is_object_ = root.is_object();
    is_array_ = root.is_array();
    inner.point_to_paths(leaves_);
    return {};
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
