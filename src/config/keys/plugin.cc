// Keys of plugins. Martlet loads no shared objects: mosquitto's own are known by file name and map
// to what is built in.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

PluginDraft& add_plugin(Entry& entry, std::string_view name, std::string_view path) {
    PluginDraft& plugin = entry.draft.plugins.emplace_back();
    plugin.name = name;
    plugin.path = path;
    plugin.place = entry.place;
    entry.context.plugin = &plugin;
    return plugin;
}

Status set_plugin(Entry& entry) {
    Result<std::string_view> path = read_word(entry);
    if (!path.ok()) return path.error();
    entry.draft.is_security_begun = true;
    PluginDraft& plugin = add_plugin(entry, {}, path.value());
    if (entry.draft.per_listener_settings && entry.context.listener != nullptr)
        plugin.listeners.push_back(entry.context.listener);
    else
        plugin.is_global = true;
    return Done{};
}

Status set_global_plugin(Entry& entry) {
    Result<std::string_view> path = read_word(entry);
    if (!path.ok()) return path.error();
    add_plugin(entry, {}, path.value()).is_global = true;
    return Done{};
}

PluginDraft* find_plugin(Draft& draft, std::string_view name) {
    for (PluginDraft& plugin : draft.plugins)
        if (plugin.name == name) return &plugin;
    return nullptr;
}

Status set_plugin_load(Entry& entry) {
    Result<std::string_view> name = read_word(entry);
    if (!name.ok()) return name.error();
    if (find_plugin(entry.draft, name.value()) != nullptr)
        return invalid(fmt::format("Error: Duplicate plugin name '{}'.", name.value()));
    Result<std::string> path = read_text(entry);
    if (!path.ok()) return path.error();
    add_plugin(entry, name.value(), path.value());
    return Done{};
}

Status set_plugin_use(Entry& entry) {
    Result<std::string> name = read_text(entry);
    if (!name.ok()) return name.error();
    PluginDraft* plugin = find_plugin(entry.draft, name.value());
    if (plugin == nullptr)
        return invalid(fmt::format("Error: Plugin '{}' not previously loaded.", name.value()));
    plugin->listeners.push_back(entry.context.listener);
    entry.context.plugin = plugin;
    return Done{};
}

Status set_plugin_option(Entry& entry) {
    std::string_view option = entry.name.substr(entry.key.name.size());
    if (option.size() < 3) return invalid("Error: Invalid 'plugin_opt_' config option.");
    std::string_view value = entry.words.rest();
    if (value.empty())
        return invalid(fmt::format("Error: Empty '{}' value in configuration.", option));
    entry.context.plugin->options.emplace_back(option, value);
    return Done{};
}

Status set_deny_special_chars(Entry& entry) {
    Result<bool> value = read_bool(entry);
    if (!value.ok()) return value.error();
    if (value.value()) entry.kind = NoticeKind::Same;
    return Done{};
}

const Key kKeys[] = {
    {.name = "plugin",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .need = Need::ListenerIfPerOne,
     .help = "A plugin of mosquitto, known by its file name: mosquitto_password_file.so and "
             "mosquitto_acl_file.so are built in. Others are refused.",
     .value = set_plugin},
    {.name = "auth_plugin",
     .alias_of = "plugin",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .need = Need::ListenerIfPerOne,
     .value = set_plugin},
    {.name = "global_plugin",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .help = "The same for all listeners, also with per_listener_settings.",
     .value = set_global_plugin},
    {.name = "plugin_load",
     .scope = Scope::Plugin,
     .type = Type::Special,
     .values = "NAME PATH",
     .help = "A plugin that listeners choose by plugin_use.",
     .value = set_plugin_load},
    {.name = "plugin_use",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .need = Need::NamedListener,
     .values = "NAME",
     .help = "This listener uses that plugin.",
     .value = set_plugin_use},
    {.name = "plugin_opt_",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .need = Need::Plugin,
     .help = "plugin_opt_NAME: an option of the last plugin, for example plugin_opt_acl_file.",
     .value = set_plugin_option},
    {.name = "auth_opt_",
     .alias_of = "plugin_opt_",
     .scope = Scope::Plugin,
     .type = Type::Text,
     .need = Need::Plugin,
     .value = set_plugin_option},
    {.name = "auth_plugin_deny_special_chars",
     .scope = Scope::Plugin,
     .type = Type::Bool,
     .status = KeyStatus::Dead,
     .need = Need::Plugin,
     .feature = "names with '+' or '#' stay denied where an ACL has patterns",
     .default_value = "true",
     .help = "Denies user names and client ids with '+' or '#'.",
     .value = set_deny_special_chars},
};

}  // namespace

std::span<const Key> plugin_keys() {
    return kKeys;
}

}  // namespace martlet::config
