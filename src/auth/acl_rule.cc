#include "auth/acl_rule.h"

#include <algorithm>
#include <utility>

namespace martlet::auth {

AclRule::AclRule(std::string filter, Placeholders placeholders) : filter_(std::move(filter)) {
    cut(placeholders);
}

void AclRule::cut(Placeholders placeholders) {
    bool is_pattern = placeholders == Placeholders::Substituted;
    std::string_view text = filter_;
    // Where the run of plain text begins that is not yet a piece.
    std::size_t text_begin = 0;
    for (std::size_t begin = 0; begin <= text.size();) {
        auto end = std::min(text.find('/', begin), text.size());
        auto level = text.substr(begin, end - begin);
        if (level == "+") cut_level(Kind::AnyLevel, begin, text_begin);
        if (level == "#") cut_level(begin == 0 ? Kind::Everything : Kind::Rest, begin, text_begin);
        if (is_pattern && level == "%u") cut_level(Kind::UserName, begin, text_begin);
        if (is_pattern && level == "%c") cut_level(Kind::ClientId, begin, text_begin);
        begin = end + 1;
    }
    if (text_begin < text.size()) add_text(text_begin, text.size());
}

void AclRule::cut_level(Kind kind, std::size_t begin, std::size_t& text_begin) {
    // The slash before '#' is part of what '#' matches, since "a/#" matches "a" too.
    add_text(text_begin, kind == Kind::Rest ? begin - 1 : begin);
    pieces_.push_back({kind});
    bool is_placeholder = kind == Kind::UserName || kind == Kind::ClientId;
    has_placeholder_ = has_placeholder_ || is_placeholder;
    text_begin = begin + (is_placeholder ? 2 : 1);
}

void AclRule::add_text(std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    pieces_.push_back(
        {Kind::Text, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
}

bool AclRule::matches(const Client& client, std::string_view topic) const {
    if (topic.empty()) return false;
    if (topic.front() == '$' && filter_.front() != '$') return false;
    for (const auto& piece : pieces_) {
        std::string_view text;
        switch (piece.kind) {
            case Kind::Everything:
                return true;
            case Kind::Rest:
                return topic.empty() || topic.front() == '/';
            case Kind::AnyLevel:
                topic.remove_prefix(std::min(topic.find('/'), topic.size()));
                continue;
            case Kind::Text:
                text = std::string_view(filter_).substr(piece.begin, piece.size);
                break;
            case Kind::UserName:
                text = client.user_name;
                break;
            case Kind::ClientId:
                text = client.client_id;
                break;
        }
        // Only a placeholder's value can be empty here: then the line is not for this client. A
        // value may hold slashes and then spans levels; the piece that follows begins with a slash.
        if (text.empty() || !topic.starts_with(text)) return false;
        topic.remove_prefix(text.size());
    }
    return topic.empty();
}

bool AclRule::filter_for(const Client& client, std::string& filter) const {
    filter.clear();
    for (const auto& piece : pieces_) {
        std::string_view value = piece.kind == Kind::UserName ? client.user_name : client.client_id;
        switch (piece.kind) {
            case Kind::Everything:
                filter += '#';
                break;
            case Kind::Rest:
                filter += "/#";
                break;
            case Kind::AnyLevel:
                filter += '+';
                break;
            case Kind::Text:
                filter += std::string_view(filter_).substr(piece.begin, piece.size);
                break;
            case Kind::UserName:
            case Kind::ClientId:
                if (value.empty()) return false;
                filter += value;
                break;
        }
    }
    // A value that begins with '$' opens nothing that begins with '$', so the filter matches
    // nothing.
    return !filter.empty() && (filter.front() != '$' || filter_.front() == '$');
}

}  // namespace martlet::auth
