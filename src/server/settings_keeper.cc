#include "server/settings_keeper.h"

#include "base/log.h"
#include "base/text.h"
#include "http/settings/settings_json.h"

#include <utility>

namespace martlet::server {

using telemetry::merged;
using telemetry::OperatorSettings;
using telemetry::Options;

Result<std::unique_ptr<SettingsKeeper>> SettingsKeeper::open(const Options& configured) {
    OperatorSettings settings;
    if (!configured.settings_file.empty()) {
        auto read = http::read_settings_file(configured.settings_file);
        if (!read) return read.error();
        settings = std::move(read).value();
    }
    // What is wrong with the configuration alone is told by whoever obeys it.
    auto rules = telemetry::Rules::make(merged(configured, settings));
    if (!rules && telemetry::Rules::make(configured)) {
        return Error{fmt::format("{} It was set over the API and stands in {}: mend or remove it "
                                 "there.",
                                 rules.error().text, configured.settings_file),
                     rules.error().code};
    }
    return std::unique_ptr<SettingsKeeper>(
        new SettingsKeeper(std::make_shared<const Options>(configured), std::move(settings)));
}

Status SettingsKeeper::reload(const Options& configured) {
    std::lock_guard changing(changes_);
    Status done = ingest_->reconfigure(merged(configured, set()));
    if (!done) return done;
    std::lock_guard lock(mutex_);
    configured_ = std::make_shared<const Options>(configured);
    return Done{};
}

std::shared_ptr<const Options> SettingsKeeper::in_force() {
    if (ingest_ != nullptr) return ingest_->options();
    std::lock_guard lock(mutex_);
    return std::make_shared<const Options>(merged(*configured_, set_));
}

std::shared_ptr<const Options> SettingsKeeper::configured() {
    std::lock_guard lock(mutex_);
    return configured_;
}

OperatorSettings SettingsKeeper::set() {
    std::lock_guard lock(mutex_);
    return set_;
}

std::vector<telemetry::Rules::Row> SettingsKeeper::rules() {
    return ingest_ == nullptr ? std::vector<telemetry::Rules::Row>() : ingest_->rules();
}

Status SettingsKeeper::change(const std::function<bool(OperatorSettings&)>& edit) {
    std::lock_guard changing(changes_);
    OperatorSettings wanted = set();
    if (!edit(wanted)) return Done{};
    if (ingest_ == nullptr) return Error{"Telemetry has not started yet."};
    std::shared_ptr<const Options> base = configured();
    Status done = ingest_->reconfigure(merged(*base, wanted));
    if (!done) return done;
    Status kept = keep(wanted);
    if (!kept) {
        // As it was: what is in force is what the next start finds.
        Status undone = ingest_->reconfigure(merged(*base, set()));
        if (!undone) log::error("{}", undone.error().text);
        return Error{fmt::format("{} Nothing was changed.", kept.error().text)};
    }
    std::lock_guard lock(mutex_);
    set_ = std::move(wanted);
    return Done{};
}

Status SettingsKeeper::keep(const OperatorSettings& settings) const {
    const std::string& path = configured_->settings_file;
    return path.empty() ? Status(Done{}) : http::write_settings_file(path, settings);
}

}  // namespace martlet::server
