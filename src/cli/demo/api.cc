#include "cli/demo/api.h"

#include "base/text.h"
#include "telemetry/payload_json.h"

namespace martlet::cli::demo {

namespace {

// Of a page of /sources. False: it is not one.
bool read_page(std::string_view body, std::vector<ApiSource>& sources, std::int64_t& next) {
    telemetry::PayloadJson json;
    if (!json.read(body).empty() || !json.is_object()) return false;
    next = 0;
    for (const telemetry::JsonLeaf& leaf : json.leaves()) {
        if (leaf.path == "next") next = leaf.integer;
        constexpr std::string_view kList = "sources.";
        if (!leaf.path.starts_with(kList)) continue;
        std::string_view place = leaf.path.substr(kList.size());
        std::size_t dot = place.find('.');
        if (dot == std::string_view::npos) continue;
        std::string_view name = place.substr(dot + 1);
        // "key" comes first in each.
        if (name == "key") sources.push_back({leaf.integer, {}, {}});
        if (sources.empty()) continue;
        if (name == "kind") sources.back().kind = leaf.text;
        if (name == "id") sources.back().id = leaf.text;
    }
    return true;
}

// Of a page of /clients: the id of the first that is connected and whose id begins like this.
std::string find_online(std::string_view body, std::string_view prefix) {
    telemetry::PayloadJson json;
    if (!json.read(body).empty()) return {};
    std::string_view id;
    for (const telemetry::JsonLeaf& leaf : json.leaves()) {
        // "client_id" comes before "is_online".
        if (leaf.path.ends_with(".client_id")) id = leaf.text;
        bool is_online = leaf.path.ends_with(".is_online") && leaf.integer == 1;
        if (is_online && id.starts_with(prefix)) return std::string(id);
    }
    return {};
}

}  // namespace

Result<Api> Api::make(std::string_view url, std::string token) {
    auto made = cli::Api::make(url, std::move(token));
    if (!made) return made.error();
    return Api(std::move(made).value());
}

Result<std::vector<ApiSource>> Api::sources() const {
    std::vector<ApiSource> sources;
    std::int64_t next = 0;
    do {
        // Small pages, since a source may have many facts and the reader has bounds.
        auto path = fmt::format("/api/v1/sources?limit=100&after={}", next);
        auto answer = api_.ask("GET", path);
        if (!answer) return answer.error();
        if (answer.value().status != 200) return api_.refused(path, answer.value());
        std::int64_t before = next;
        if (!read_page(answer.value().body, sources, next) || (next != 0 && next <= before)) {
            return Error{fmt::format("Error: {}{} is not what Martlet answers.", api_.url(), path)};
        }
    } while (next != 0);
    return sources;
}

Status Api::remove_source(std::int64_t key) const {
    auto path = fmt::format("/api/v1/sources/{}", key);
    auto answer = api_.ask("DELETE", path);
    if (!answer) return answer.error();
    // 404: somebody else was faster.
    int status = answer.value().status;
    if (status != 200 && status != 404) return api_.refused(path, answer.value());
    return Done{};
}

Result<std::string> Api::client_online(std::string_view prefix) const {
    // In the order of their ids, from the prefix on.
    auto path = fmt::format("/api/v1/clients?limit=100&after={}", prefix);
    auto answer = api_.ask("GET", path);
    if (!answer) return answer.error();
    if (answer.value().status != 200) return api_.refused(path, answer.value());
    return find_online(answer.value().body, prefix);
}

}  // namespace martlet::cli::demo
