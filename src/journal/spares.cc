#include "journal/spares.h"

#include "base/text.h"

#include <algorithm>

namespace martlet::journal {

void Spares::adopt(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        bool is_wanted = false;
        if (names_.size() < wanted_) {
            auto file = folder_.open(name, Folder::Mode::Read);
            is_wanted = file.ok() && file.value()->size() == bytes_each_;
        }
        if (is_wanted) {
            names_.push_back(name);
        } else {
            (void)folder_.remove(name).ok();
        }
    }
}

Status Spares::fill(std::size_t extra) {
    while (names_.size() < wanted_ + extra) {
        auto made = make_one();
        if (!made.ok()) return made;
    }
    return Done{};
}

Result<std::string> Spares::take(bool may_use_reserve) {
    auto filled = fill(1);
    if (!filled.ok() && (!may_use_reserve || names_.empty())) return filled.error();
    auto name = names_.front();
    names_.pop_front();
    return name;
}

Status Spares::make_one() {
    std::string name;
    do name = fmt::format("spare-{}", next_number_++);
    while (std::ranges::find(names_, name) != names_.end());
    auto file = folder_.open(name, Folder::Mode::Create);
    if (!file.ok()) return file.error();
    auto reserved = file.value()->reserve(bytes_each_);
    if (!reserved.ok()) {
        (void)folder_.remove(name).ok();
        return reserved;
    }
    names_.push_back(name);
    return Done{};
}

}  // namespace martlet::journal
