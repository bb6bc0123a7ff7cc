#pragma once

// A row of the table of keys: all that the parser, the reload, `martlet check`, the API and the
// documentation know about one key of mosquitto.conf. Constant. Any thread.

#include "base/result.h"
#include "config/draft.h"
#include "config/words.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::config {

enum class Scope : std::uint8_t { General, Log, Security, Listener, Bridge, Plugin, Martlet };
enum class Type : std::uint8_t { Bool, Number, Text, Choice, Special };

// What must have been defined in the same file before the key.
enum class Need : std::uint8_t {
    Nothing,
    Listener,          // any that is opened, the default one included
    NamedListener,     // one by `listener`
    DefaultListener,   // none: above the first `listener` it speaks of the default listener
    ListenerIfPerOne,  // any that is opened, with per_listener_settings
    // With per_listener_settings it speaks of the default listener above the first `listener`. For
    // keys that shut nobody out: one that does must not be without effect.
    DefaultListenerIfPerOne,
    Bridge,
    Plugin,
};

enum class KeyStatus : std::uint8_t {
    Built,  // takes effect
    Later,  // known; its feature is not built yet
    Dead,   // accepted; does nothing by design
};

struct Entry;
using Setter = Status (*)(Entry&);

// The value of a key that the broker runs with, spelt as in a line of the configuration file.
struct RunningValue {
    std::string
        owner;  // the listener ("1883 127.0.0.1") or bridge that it is of; empty: the broker
    std::string text;

    bool operator==(const RunningValue&) const = default;
};
using RunningValues = std::vector<RunningValue>;

// How a key comes into the settings and is read there.
struct Access {
    constexpr Access() = default;
    constexpr Access(Setter to_set) : set(to_set) {}  // no value of its own
    constexpr Access(Setter to_set, void (*to_read)(const Settings&, RunningValues&),
                     void (*to_keep)(Settings&, const Settings&) = nullptr)
        : set(to_set), read(to_read), keep(to_keep) {}

    Setter set = nullptr;
    // Appends the running value: none where nothing was said, several of a key that may be given
    // several times. Null: the key has no value of its own; another key's shows it.
    void (*read)(const Settings& settings, RunningValues& out) = nullptr;
    // Puts the running value into fresh settings, whose listeners are the same ones. For keys that
    // a reload does not apply.
    void (*keep)(Settings& fresh, const Settings& running) = nullptr;
};

struct Key {
    std::string_view name;
    // Not empty: another spelling of that key.
    std::string_view alias_of = {};
    Scope scope = Scope::General;
    Type type = Type::Special;
    KeyStatus status = KeyStatus::Built;
    Need need = Need::Nothing;
    // mosquitto does not know it.
    bool is_own = false;
    // Whether a reload applies it; otherwise the running value stays, and a notice says so.
    bool is_reloadable = true;
    // Twice in its scope is an error; otherwise the last one wins, or they add up.
    bool is_once = false;
    std::int64_t min = std::numeric_limits<int>::min();
    std::int64_t max = std::numeric_limits<int>::max();
    // A number below min is taken as min.
    bool is_raised_to_min = false;
    // The error for a number out of bounds; empty: "Error: Invalid 'NAME' value (V)."
    std::string_view bounds_error = {};
    // The name in "Empty 'NAME' value" and its like; empty: `name`.
    std::string_view shown_name = {};
    // With Later: what is not built yet. With Dead: why it does nothing.
    std::string_view feature = {};
    // How it works otherwise than in mosquitto; empty: as there.
    std::string_view differs = {};
    std::string_view values = {};  // for the documentation: choices or bounds
    std::string_view default_value = {};
    std::string_view help = {};
    // How a value is shown to people; null: as it is. For what holds a secret.
    std::string (*mask)(std::string_view value) = nullptr;
    Access value = {};
};

// One line of the file on its way into the draft.
struct Entry {
    const Key& key;
    // The key as the file spells it.
    std::string_view name;
    Words words;
    Place place;
    Draft& draft;
    FileContext& context;
    NoticeKind kind = NoticeKind::Same;
    std::string note;

    std::string_view shown_name() const { return key.shown_name.empty() ? name : key.shown_name; }
};

}  // namespace martlet::config
