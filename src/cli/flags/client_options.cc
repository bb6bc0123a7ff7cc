#include "cli/flags/client_options.h"

#include "base/text.h"
#include "cli/flags/client_draft.h"
#include "cli/flags/client_help.h"
#include "cli/flags/options_file.h"
#include "cli/flags/property_argument.h"

#include <cstdio>
#include <random>
#include <unistd.h>

namespace martlet::cli {

namespace {

using Words = std::vector<std::string>;

FlagError take_file(ClientDraft& draft, const FileWords& lines) {
    for (const Words& words : lines) {
        std::size_t taken = 0;
        auto error = take_flag(draft, words[0], std::span(words).subspan(1), taken);
        if (!error.empty()) return error;
    }
    return "";
}

// The file comes first: the command line overrides it.
FlagError take_options_file(ClientDraft& draft, const Words& words) {
    const std::string* path = nullptr;
    for (std::size_t i = 0; i + 1 < words.size(); i++) {
        if (words[i] != "-o") continue;
        if (path != nullptr) return "Error: Duplicate -o argument given.\n\n";
        path = &words[++i];
    }
    if (path == nullptr) {
        return take_file(draft, read_default_options(mosquitto_name(draft.options.kind)));
    }
    auto lines = read_options_file(*path);
    return lines ? take_file(draft, lines.value()) : lines.error().text;
}

FlagError take_words(ClientDraft& draft, const Words& words, std::optional<int>& exit_code) {
    for (std::size_t i = 0; i < words.size(); i++) {
        if (words[i] == "--help" || words[i] == "--version") {
            print_client_help(draft.options, words[i] == "--version");
            exit_code = 1;  // as mosquitto's
            return "";
        }
        std::size_t taken = 0;
        auto error = take_flag(draft, words[i], std::span(words).subspan(i + 1), taken);
        if (!error.empty()) return error;
        i += taken;
    }
    return "";
}

// A client of MQTT 3.1 must have a name (3.1, CONNECT): at most 23 characters.
std::string random_id() {
    static constexpr char kLetters[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::random_device random;
    std::string id = "mosq-";
    while (id.size() < 23) id += kLetters[random() % (sizeof kLetters - 1)];
    return id;
}

FlagError settle_id(ClientDraft& draft) {
    client::Options& client = draft.options.client;
    bool is_v5 = client.version == mqtt::Version::V5;
    if (draft.id_prefix) {
        draft.id = *draft.id_prefix + std::to_string(getpid());
    }
    bool is_kept = !client.clean_start;
    bool is_endless =
        is_v5 && (draft.session_expiry ? *draft.session_expiry == UINT32_MAX : is_kept);
    if (!draft.id && is_endless) {
        return "Error: You must provide a client id if you are using an infinite session expiry "
               "interval.\n";
    }
    if (!draft.id && !is_v5 && is_kept) {
        return "Error: You must provide a client id if you are using the -c option.\n";
    }
    client.client_id = draft.id.value_or("");
    if (client.version == mqtt::Version::V31 && client.client_id.empty()) {
        client.client_id = random_id();
    }
    return "";
}

FlagError settle_will(ClientDraft& draft) {
    if (!draft.will_topic) {
        if (draft.will_payload) return "Error: Will payload given, but no will topic given.\n";
        if (draft.will_retain) return "Error: Will retain given, but no will topic given.\n";
        return "";
    }
    client::Will will;
    will.topic = *draft.will_topic;
    will.payload = draft.will_payload.value_or("");
    will.qos = draft.will_qos;
    will.retain = draft.will_retain;
    will.properties = draft.will_properties;
    draft.options.client.will = std::move(will);
    return "";
}

FlagError settle_tls(const net::TlsClientOptions& tls) {
    if (tls.certfile.empty() != tls.keyfile.empty())
        return "Error: Both certfile and keyfile must be provided if one of them is set.\n";
    bool has_authorities = !tls.cafile.empty() || !tls.capath.empty();
    if (has_authorities && !tls.psk.empty())
        return "Error: Only one of --psk or --cafile/--capath may be used at once.\n";
    if (!tls.psk.empty() && tls.psk_identity.empty())
        return "Error: --psk-identity required if --psk used.\n";
    if (!tls.is_on() && !tls.certfile.empty())
        return "Error: --cert needs an authority to believe the server by: give --cafile, --capath "
               "or --tls-use-os-certs.\n";
    return "";
}

// mosquitto's clients announce how much they take at once: no more than they will print.
void settle_connect_properties(ClientDraft& draft) {
    using Id = mqtt::PropertyId;
    ClientOptions& options = draft.options;
    auto& set = options.client.connect_properties;
    if (!set.has(Id::SessionExpiryInterval)) {
        if (draft.session_expiry) {
            set.add(Id::SessionExpiryInterval, *draft.session_expiry);
        } else if (!options.client.clean_start) {
            set.add(Id::SessionExpiryInterval, UINT32_MAX);
        }
    }
    int at_once = draft.in_flight_max.value_or(20);
    if (options.kind == ClientKind::Rr) at_once = 1;
    if (options.message_count > 0) at_once = std::min(at_once, options.message_count);
    options.client.in_flight_max = static_cast<std::uint16_t>(std::min(at_once, 65535));
    if (!set.has(Id::ReceiveMaximum)) set.add(Id::ReceiveMaximum, options.client.in_flight_max);
}

}  // namespace

const char* mosquitto_name(ClientKind kind) {
    return kind == ClientKind::Pub   ? "mosquitto_pub"
           : kind == ClientKind::Sub ? "mosquitto_sub"
                                     : "mosquitto_rr";
}

FlagError settle_client_options(ClientDraft& draft) {
    ClientOptions& options = draft.options;
    if (auto error = settle_will(draft); !error.empty()) return error;
    if (auto error = settle_id(draft); !error.empty()) return error;
    if (auto error = settle_tls(options.tls); !error.empty()) return error;
    settle_connect_properties(draft);
    if (auto error = check_properties(draft); !error.empty()) return error;
    options.address.port =
        static_cast<std::uint16_t>(draft.port.value_or(options.tls.is_on() ? 8883 : 1883));
    if (!draft.unsupported_flag.empty()) {
        return fmt::format("Error: {} is not supported in this build ({}).\n",
                           draft.unsupported_thing, draft.unsupported_flag);
    }
    return "";
}

ParsedClientOptions parse_client_options(ClientKind kind, int argc, char** argv) {
    ParsedClientOptions parsed;
    ClientDraft draft;
    draft.options.kind = kind;
    draft.options.program = argv[0];
    if (kind == ClientKind::Rr) draft.options.client.version = mqtt::Version::V5;
    Words words(argv + 1, argv + argc);
    FlagError error = take_options_file(draft, words);
    if (error.empty()) error = take_words(draft, words, parsed.exit_code);
    if (!parsed.exit_code && error.empty()) error = settle_client_options(draft);
    if (!error.empty()) {
        std::fprintf(stderr, "%s\nUse '%s --help' to see usage.\n", error.c_str(), argv[0]);
        parsed.exit_code = 1;
    }
    if (!parsed.exit_code && draft.options.tls.is_on()) {
        auto context = net::TlsContext::make_client(draft.options.tls);
        if (context) {
            draft.options.address.tls = std::move(context).value();
        } else {
            std::fprintf(stderr, "%s\n", context.error().text.c_str());
            parsed.exit_code = 1;
        }
    }
    parsed.options = std::move(draft.options);
    return parsed;
}

}  // namespace martlet::cli
