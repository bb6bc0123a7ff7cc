// Each row of the table of keys, changed and reloaded: it is applied, or a notice says that it is
// not. None is silent.

#include "config/keys.h"
#include "config/load.h"
#include "config/shown.h"
#include "tests/config/memory_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace martlet::config {
namespace {

using Pair = std::pair<std::string, std::string>;

// Two values that differ, of keys whose type does not say enough. Whoever adds such a key says two.
const std::map<std::string_view, Pair>& examples() {
    static const std::map<std::string_view, Pair> pairs = {
        {"accept_protocol_versions", {"3", "4, 5"}},
        {"acl_subscribe", {"grant", "refuse"}},
        {"address", {"a", "b"}},
        {"bridge_protocol_version", {"mqttv31", "mqttv50"}},
        {"bridge_reload_type", {"lazy", "immediate"}},
        {"bridge_tcp_keepalive", {"1 2 3", "4 5 6"}},
        {"clientid_prefixes", {"a", "b"}},
        {"connection", {"d", "e"}},
        {"enable_proxy_protocol", {"1", "2"}},
        {"http_host", {"a", "b"}},
        {"listener", {"1886", "1887"}},
        {"log_compat", {"2.0", "2.1"}},
        {"log_dest", {"stdout", "stderr"}},
        {"log_trace", {"client a", "topic b"}},
        {"log_type", {"error", "all"}},
        {"max_qos", {"1", "2"}},
        {"memory_limit", {"0", "1000000"}},
        {"persistence_sync", {"commit", "off"}},
        {"persistent_client_expiration", {"1h", "2d"}},
        {"protocol", {"mqtt", "http"}},
        {"receive_maximum_exceeded", {"warn", "disconnect"}},
        {"restart_timeout", {"1", "2"}},
        {"socket_domain", {"ipv4", "ipv6"}},
        {"start_type", {"lazy", "once"}},
        {"telemetry_map", {"a.map", "b.map"}},
        {"telemetry_option", {"lowi gas_scale 1", "lowi gas_scale 2"}},
        {"telemetry_retention", {"samples 1", "samples 2"}},
        {"telemetry_rule", {"a json", "b json"}},
        {"telemetry_threshold", {"lowi 1m 2m", "lowi 1m 3m"}},
        {"telemetry_unit", {"* power W", "* power kW"}},
        {"topic", {"x", "y"}},
        {"trusted_proxy", {"10.0.0.0/8", "unix"}},
    };
    return pairs;
}

Pair values_of(const Key& key) {
    if (auto known = examples().find(key.name); known != examples().end()) return known->second;
    switch (key.type) {
        case Type::Bool:
            return {"false", "true"};
        case Type::Number:
            return {std::to_string(std::max<std::int64_t>(key.min, 0) + 1),
                    std::to_string(std::max<std::int64_t>(key.min, 0) + 2)};
        case Type::Text:
            return {"a", "b"};
        case Type::Choice:
        case Type::Special:
            break;
    }
    ADD_FAILURE() << key.name << " needs two values in examples()";
    return {};
}

// What a key of TLS needs beside it.
std::string tls_lines(const Key& key) {
    std::span<const Key> keys = tls_keys();
    bool is_tls = &key >= keys.data() && &key < keys.data() + keys.size();
    if (!is_tls) return "";
    if (key.name == "psk_hint") return "psk_file p\n";
    std::string lines = key.name == "require_certificate" ? "cafile a\n" : "";
    if (key.name != "certfile") lines += "certfile c\n";
    if (key.name != "keyfile") lines += "keyfile k\n";
    return lines;
}

std::string before(const Key& key) {
    if (key.name == "connection") return "";
    if (key.scope == Scope::Bridge)
        return fmt::format("connection c\n{}{}{}{}", key.name == "address" ? "" : "address h\n",
                           key.name == "topic" ? "" : "topic a\n",
                           key.name == "bridge_identity" ? "bridge_psk 00\n" : "",
                           key.name == "bridge_psk" ? "bridge_identity i\n" : "");
    std::string proxy =
        key.name == "proxy_protocol_v2_require_tls" ? "enable_proxy_protocol 2\n" : "";
    return key.name == "listener" ? "" : "listener 1885\nlistener 1884\n" + proxy + tls_lines(key);
}

std::string after(const Key& key) {
    return key.name == "connection" ? "address h\ntopic a\n" : "";
}

class EveryKey : public testing::Test {
  protected:
    EveryKey() {
        files_.add("a.map", "x");
        files_.add("b.map", "x");
        command_line_.config_file = "m.conf";
    }

    Result<Loaded> changed(const Key& key) {
        auto [first, second] = values_of(key);
        auto text = [&](const std::string& value) {
            return fmt::format("{}{} {}\n{}", before(key), key.name, value, after(key));
        };
        files_.add("m.conf", text(first));
        auto loaded = load(command_line_, files_);
        if (!loaded) return Error{fmt::format("{}: {}", key.name, loaded.error().text)};
        running_ = std::move(loaded).value().settings;
        files_.add("m.conf", text(second));
        fresh_ = load(command_line_, files_).value().settings;
        return reload(command_line_, running_, files_);
    }

    static bool is_told(const Loaded& loaded, const Key& key, NoticeKind kind) {
        return std::any_of(loaded.notices.begin(), loaded.notices.end(), [&](const Notice& notice) {
            return notice.key == key.name && notice.kind == kind;
        });
    }

    MemoryFiles files_;
    CommandLine command_line_;
    Settings running_;
    Settings fresh_;  // as a start would make it
};

TEST_F(EveryKey, changed_and_reloaded_is_applied_or_told) {
    for (const Key* key : all_keys()) {
        if (!key->alias_of.empty() || key->value.read == nullptr) continue;
        if (key->status == KeyStatus::Dead) continue;
        SCOPED_TRACE(key->name);
        auto loaded = changed(*key);
        EXPECT_NE(running_values(*key, running_), running_values(*key, fresh_));
        if (!loaded) {
            EXPECT_FALSE(key->is_reloadable) << loaded.error().text;
            EXPECT_NE(loaded.error().text.find("listener"), std::string::npos);
            continue;
        }
        RunningValues values = running_values(*key, loaded.value().settings);
        bool is_later = key->status == KeyStatus::Later;
        if (key->is_reloadable) {
            EXPECT_EQ(values, running_values(*key, fresh_));
            EXPECT_EQ(is_told(loaded.value(), *key, NoticeKind::Later), is_later);
        } else {
            EXPECT_EQ(values, running_values(*key, running_));
            EXPECT_TRUE(is_told(loaded.value(), *key, NoticeKind::Ignored));
        }
    }
}

TEST_F(EveryKey, unchanged_tells_nothing) {
    for (const Key* key : all_keys()) {
        if (!key->alias_of.empty() || key->value.keep == nullptr) continue;
        if (!changed(*key)) continue;
        auto again = reload(command_line_, fresh_, files_);
        ASSERT_TRUE(again.ok()) << key->name << again.error().text;
        EXPECT_FALSE(is_told(again.value(), *key, NoticeKind::Ignored) &&
                     key->status == KeyStatus::Built)
            << key->name;
    }
}

// What a row without a value says is shown by another row, or does nothing that lasts.
TEST_F(EveryKey, without_a_value_are_few) {
    const std::set<std::string_view> others = {
        "include_dir", "per_listener_settings", "port", "bind_address", "listener_allow_anonymous",
        "listener_auto_id_prefix",
        // Engines are refused.
        "tls_engine", "tls_engine_kpass_sha1", "tls_keyform"};
    for (const Key* key : all_keys()) {
        bool has_none = key->value.read == nullptr && key->status == KeyStatus::Built &&
                        key->alias_of.empty() && key->scope != Scope::Plugin;
        EXPECT_EQ(has_none, others.contains(key->name)) << key->name;
    }
}

// The running value, put into a file, gives the same settings.
TEST_F(EveryKey, is_shown_as_a_file_would_say_it) {
    for (const Key* key : all_keys()) {
        if (!key->alias_of.empty() || key->value.read == nullptr) continue;
        bool is_once = key->status != KeyStatus::Dead && key->scope != Scope::Bridge;
        if (!is_once || key->name == "listener" || !changed(*key)) continue;
        RunningValues values = running_values(*key, fresh_);
        std::string owner = values.empty() ? "" : values.back().owner;
        std::string text = before(*key);
        for (const RunningValue& value : values)
            if (value.owner == owner) text += fmt::format("{} {}\n", key->name, value.text);
        files_.add("m.conf", text);
        auto loaded = load(command_line_, files_);
        ASSERT_TRUE(loaded.ok()) << key->name << " " << loaded.error().text;
        EXPECT_EQ(running_values(*key, loaded.value().settings), values) << text;
    }
}

std::string shown_text(const Settings& settings) {
    std::string text;
    for (const ShownValue& shown : shown(settings))
        text += fmt::format("{} [{}] {}\n", shown.key, shown.owner, shown.value.value_or("-"));
    return text;
}

TEST_F(EveryKey, secrets_are_left_out) {
    files_.add("m.conf",
               "listener 1884\nconnection c\naddress h\ntopic a\nremote_password s3cret\n"
               "local_password s3cret\nbridge_identity i\nbridge_psk 53c237\ntelemetry_store "
               "postgresql://u:s3cret@h/d\n"
               "telemetry_option meshtastic key Stockholm czNjcmV0\n"
               "telemetry_option meshtastic key czNjcmV0\n");
    auto loaded = load(command_line_, files_);
    ASSERT_TRUE(loaded.ok()) << loaded.error().text;
    std::string text = shown_text(loaded.value().settings);
    for (const char* secret : {"s3cret", "czNjcmV0", "53c237"})
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
    for (const char* line :
         {"telemetry_store [] postgresql://...\n", "remote_password [c] ...\n",
          "telemetry_option [] meshtastic key Stockholm ...\n", "max_qos [1884] 2\n",
          "telemetry_option [] meshtastic key ...\n", "pid_file [] -\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

}  // namespace
}  // namespace martlet::config
