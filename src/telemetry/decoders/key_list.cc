#include "telemetry/decoders/key_list.h"

#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry {

namespace {

// Lists in facts are for people, who need not see more than this.
constexpr std::size_t kListedKeysMax = 16;
constexpr std::size_t kListedKeyBytesMax = 32;

}  // namespace

bool KeyList::add(std::string_view raw_key) {
    // All that is over the bound is one and the same.
    if (is_longer_) return false;
    auto key = plain_text(raw_key, kListedKeyBytesMax);
    if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) return false;
    is_longer_ = keys_.size() == kListedKeysMax;
    if (!is_longer_) keys_.push_back(std::move(key));
    return !is_longer_;
}

std::string KeyList::text() const {
    std::string text;
    for (const auto& key : keys_) {
        if (!text.empty()) text += ", ";
        text += key;
    }
    if (is_longer_) text += ", ...";
    return text;
}

void KeyList::write(std::string_view fact, SourceNote& note) const {
    if (!keys_.empty()) note.facts.emplace_back(fact, text());
}

}  // namespace martlet::telemetry
