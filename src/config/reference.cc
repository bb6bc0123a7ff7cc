#include "config/reference.h"

#include "config/keys.h"

#include <span>
#include <string_view>

namespace martlet::config {
namespace {

struct Section {
    std::string_view title;
    std::string_view intro;
    std::span<const Key> keys;
};

std::vector<Section> sections() {
    return {
        {"General", "For the whole broker.", general_keys()},
        {"Log", "", log_keys()},
        {"Security",
         "For all listeners, or with `per_listener_settings true` for the listener above them.",
         security_keys()},
        {"Listeners", "They belong to the last `listener` above them.", listener_keys()},
        {"TLS",
         "They belong to the last `listener` above them. A listener that asks for TLS and "
         "cannot have it is refused, never opened in plain. [tls.md](tls.md) shows how they work "
         "together.",
         tls_keys()},
        {"Bridges",
         "They belong to the last `connection` above them. [bridges.md](bridges.md) shows how they "
         "work together.",
         bridge_keys()},
        {"TLS of bridges", "", bridge_tls_keys()},
        {"Plugins", "", plugin_keys()},
        {"Martlet's own", "mosquitto does not know these.", martlet_keys()},
        {"Telemetry and HTTP", "Martlet's own as well.", telemetry_keys()},
    };
}

const char* needs_of(const Key& key) {
    switch (key.need) {
        case Need::Listener:
        case Need::NamedListener:
            return "listener";
        case Need::Bridge:
            return "connection";
        case Need::Plugin:
            return "plugin";
        default:
            return "";
    }
}

// A key that does nothing is not applied either.
const char* reload_of(const Key& key, const char* yes, const char* no) {
    if (key.status != KeyStatus::Built) return "";
    return key.is_reloadable ? yes : no;
}

const char* status_of(const Key& key) {
    switch (key.status) {
        case KeyStatus::Built:
            return "works";
        case KeyStatus::Later:
            return "not yet";
        case KeyStatus::Dead:
            return "ignored";
    }
    return "";
}

std::string help_of(const Key& key) {
    if (!key.alias_of.empty()) return fmt::format("Another name of {}.", key.alias_of);
    return std::string(key.help);
}

void add_text(std::string& out, const Key& key) {
    auto add = [&out](const char* label, std::string_view value) {
        if (!value.empty()) out += fmt::format("      {}: {}\n", label, value);
    };
    out += fmt::format("  {}\n      {}\n", key.name, help_of(key));
    add("values", values_text(key));
    add("default", key.default_value);
    add("must follow", needs_of(key));
    add("SIGHUP", reload_of(key, "applies", "next start"));
    if (key.status != KeyStatus::Built) add("state", status_of(key));
}

void add_row(std::string& out, const Key& key) {
    std::string values = values_text(key);
    for (std::size_t bar = values.find('|'); bar != std::string::npos;
         bar = values.find('|', bar + 2))
        values.insert(bar, "\\");
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, values, key.default_value,
                       reload_of(key, "yes", "no"), status_of(key), help_of(key));
}

}  // namespace

std::string keys_as_text() {
    std::string out;
    for (const Section& section : sections()) {
        out += fmt::format("{}\n", section.title);
        for (const Key& key : section.keys) add_text(out, key);
        out += "\n";
    }
    return out;
}

std::string keys_as_markdown() {
    std::string out =
        "# Configuration\n\n"
        "Martlet reads mosquitto.conf. Each line is `key value`; blanks at both ends are trimmed; "
        "a line whose first\ncharacter is `#` is a comment. `martlet check -c FILE` says for each "
        "key of a file what Martlet makes of it.\n\n"
        "This page is made by `martlet check --keys=markdown`; a test compares the two.\n";
    for (const Section& section : sections()) {
        out += fmt::format("\n## {}\n\n", section.title);
        if (!section.intro.empty()) out += fmt::format("{}\n\n", section.intro);
        out += "| key | values | default | SIGHUP applies it | state | what it does |\n";
        out += "|---|---|---|---|---|---|\n";
        for (const Key& key : section.keys) add_row(out, key);
    }
    return out;
}

}  // namespace martlet::config
