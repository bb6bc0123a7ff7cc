#include "config/settle.h"

#include <algorithm>

namespace martlet::config {
namespace {

constexpr int kExitPlugin = 13;

enum class BuiltIn : std::uint8_t {
    PasswordFile,
    AclFile,
    DynamicSecurity,
    Sqlite,
    Sparkplug,
    None
};

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

BuiltIn recognise(std::string_view path) {
    std::string_view name = file_name(path);
    if (name == "mosquitto_password_file.so") return BuiltIn::PasswordFile;
    if (name == "mosquitto_acl_file.so") return BuiltIn::AclFile;
    if (name == "mosquitto_dynamic_security.so") return BuiltIn::DynamicSecurity;
    if (name == "mosquitto_persist_sqlite.so") return BuiltIn::Sqlite;
    if (name == "mosquitto_sparkplug_aware.so") return BuiltIn::Sparkplug;
    return BuiltIn::None;
}

void note(Draft& draft, const PluginDraft& plugin, NoticeKind kind, std::string text) {
    auto own = std::find_if(draft.notices.begin(), draft.notices.end(), [&](const Notice& notice) {
        return notice.place == plugin.place && notice.kind != NoticeKind::Wrong;
    });
    if (own == draft.notices.end()) return;
    own->kind = kind;
    own->text = std::move(text);
}

using FileMember = std::optional<PlacedText> SecurityDraft::*;

// Said twice, the broker would have to guess which one decides.
void give(Draft& draft, SecurityDraft& security, FileMember member, const PlacedText& file,
          const char* key) {
    std::optional<PlacedText>& place = security.*member;
    if (place.has_value() && place->text != file.text)
        return add_problem(draft,
                           fmt::format("Error: Duplicate '{}' value in configuration: it is said "
                                       "at {} too.",
                                       key, place->place.text()),
                           file.place);
    place = file;
}

void map_file(Draft& draft, const PluginDraft& plugin, FileMember member, const char* key) {
    std::string path;
    for (const auto& [option, value] : plugin.options)
        if (option == key) path = value;
    if (path.empty())
        return add_problem(
            draft, fmt::format("Error: plugin '{}' needs 'plugin_opt_{}'.", plugin.path, key),
            plugin.place, kExitPlugin);
    note(
        draft, plugin, NoticeKind::Mapped,
        fmt::format("plugin '{}' is built in: read as '{} {}'", file_name(plugin.path), key, path));
    PlacedText file{path, plugin.place};
    if (plugin.is_global) give(draft, draft.security, member, file, key);
    for (ListenerDraft* listener : plugin.listeners)
        give(draft, listener->security, member, file, key);
}

void refuse(Draft& draft, const PluginDraft& plugin, std::string_view why) {
    note(draft, plugin, NoticeKind::Wrong, std::string(why));
    add_problem(draft, fmt::format("Error: Unable to load plugin '{}': {}.", plugin.path, why),
                plugin.place, kExitPlugin);
}

void settle_plugin(Draft& draft, const PluginDraft& plugin) {
    BuiltIn built_in = recognise(plugin.path);
    bool is_used = plugin.is_global || !plugin.listeners.empty();
    bool is_file = built_in == BuiltIn::PasswordFile || built_in == BuiltIn::AclFile;
    if (!is_used && is_file)
        return note(draft, plugin, NoticeKind::Ignored,
                    fmt::format("plugin '{}' is loaded but no listener uses it", plugin.path));
    switch (built_in) {
        case BuiltIn::PasswordFile:
            return map_file(draft, plugin, &SecurityDraft::password_file, "password_file");
        case BuiltIn::AclFile:
            return map_file(draft, plugin, &SecurityDraft::acl_file, "acl_file");
        case BuiltIn::DynamicSecurity:
            return refuse(draft, plugin,
                          "dynamic security is not built yet, and without it everybody would be "
                          "let in; use password_file and acl_file until then");
        case BuiltIn::Sqlite:
            draft.settings.persistence = true;
            return note(draft, plugin, NoticeKind::Mapped,
                        "plugin 'mosquitto_persist_sqlite.so' is built in: read as 'persistence "
                        "true'; what its database holds is not taken over");
        case BuiltIn::Sparkplug:
            return note(draft, plugin, NoticeKind::Later,
                        "plugin 'mosquitto_sparkplug_aware.so' is not run: it is not built yet");
        case BuiltIn::None:
            return refuse(draft, plugin,
                          "Martlet loads no shared objects; built in are "
                          "mosquitto_password_file.so and mosquitto_acl_file.so");
    }
}

}  // namespace

void settle_plugins(Draft& draft) {
    for (const PluginDraft& plugin : draft.plugins) settle_plugin(draft, plugin);
}

}  // namespace martlet::config
