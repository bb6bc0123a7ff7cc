#include "cli/api/door.h"

#include "base/text.h"
#include "config/load.h"
#include "http/accounts/local_key.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr Flag kFlags[] = {
    {"-c", "--config-file", "FILE", "the broker's mosquitto.conf, which names its data folder"},
    {"--data", "", "FOLDER", "the broker's data folder"},
    {"--url", "", "URL", "a broker anywhere: http://HOST:PORT; needs a token"},
    {"--token", "", "TOKEN", "a token of that broker (environment: MARTLET_TOKEN)"},
};

constexpr std::string_view kKeyName = "local.key";
constexpr std::string_view kUsualUrl = "http://localhost:8080";

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string in_folder(std::string folder) {
    if (!folder.empty() && folder.back() != '/') folder += '/';
    return folder + std::string(kKeyName);
}

// "./run" keeps its data in var/ beside build/PRESET/martlet.
std::string folder_of_run() {
    std::array<char, 4096> path{};
    ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0) return "var";
    std::string folder(path.data(), static_cast<std::size_t>(size));
    for (int level = 0; level < 3 && !folder.empty(); level++)
        folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
    return folder + "/var";
}

// Where a key may lie, the likeliest first.
Result<std::vector<std::string>> key_files(const Arguments& arguments) {
    if (arguments.has("--data")) return std::vector{in_folder(arguments.value("--data"))};
    if (arguments.has("-c")) {
        config::CommandLine command_line;
        command_line.config_file = arguments.value("-c");
        auto loaded = config::load(command_line);
        if (!loaded) return Error{loaded.error().text, kExitUnreachable};
        return std::vector{loaded.value().settings.http.local_key_file};
    }
    std::vector<std::string> files;
    std::string named = environment("MOSQUITTO_PERSISTENCE_LOCATION");
    if (!named.empty()) files.push_back(in_folder(named));
    for (const std::string& folder :
         {std::string(), std::string("var"), folder_of_run(), std::string("/var/lib/martlet"),
          std::string("/var/lib/mosquitto")})
        files.push_back(in_folder(folder));
    return files;
}

struct Search {
    std::string secret;
    std::string url;
    std::string denied;  // a file that may not be read
    std::string stale;   // a file whose broker has ended
};

// In a folder that somebody else can write, a file could lead to a server that is not the broker: a
// file that was not named must belong to the caller, to root, or to the broker's usual user.
bool is_trusted(const std::string& file, std::uint32_t owner, bool is_named) {
    if (is_named || file.starts_with('/') || owner == 0 || owner == geteuid()) return true;
    const passwd* broker = getpwnam("mosquitto");
    return broker != nullptr && owner == broker->pw_uid;
}

Search search(const std::vector<std::string>& files, bool is_named) {
    Search found;
    for (const std::string& file : files) {
        auto key = http::read_local_key(file);
        if (!key) {
            if (key.error().code == EACCES && found.denied.empty()) found.denied = file;
            continue;
        }
        if (!is_trusted(file, key.value().owner, is_named)) continue;
        if (!key.value().is_broker_running) {
            if (found.stale.empty()) found.stale = file;
            continue;
        }
        found.secret = key.value().secret;
        found.url = key.value().url;
        return found;
    }
    return found;
}

Error not_found(const Search& found, const std::vector<std::string>& files) {
    if (!found.denied.empty()) {
        return {fmt::format("Error: {} may not be read by you. Run this as root (sudo) or as the "
                            "broker's user, or give --url and --token.",
                            found.denied),
                kExitUnreachable};
    }
    if (!found.stale.empty()) {
        return {fmt::format("Error: The broker whose key is {} does not run (any more). Start it, "
                            "or give --url and --token of another one.",
                            found.stale),
                kExitUnreachable};
    }
    std::string list;
    for (const std::string& file : files) list += fmt::format("\n  {}", file);
    return {
        fmt::format(
            "Error: No running broker with pages was found. Looked for its key in:{}\n"
            "A broker writes it when it starts with a listener that has `protocol http` (./run "
            "does; else `listener 8080` and `protocol http` in its file, or --http-port 8080).\n"
            "Name its configuration with -c FILE or its data folder with --data FOLDER; for a "
            "broker elsewhere give --url and --token.",
            list),
        kExitUnreachable};
}

}  // namespace

const std::span<const Flag> kDoorFlags = kFlags;

const std::string_view kDoorHelp =
    "On the broker's machine, root and the broker's user need no token: the broker keeps a key\n"
    "for them in its data folder. Exit code 0: well, 1: refused or no such thing, 2: the broker\n"
    "is not reached, 3: wrong usage.";

Result<Api> open_door(const Arguments& arguments) {
    std::string token = arguments.value("--token");
    if (token.empty()) token = environment("MARTLET_TOKEN");
    std::string url = arguments.value("--url");
    if (!url.empty() && token.empty()) {
        return Error{
            "Error: --url needs a token: --token TOKEN, or MARTLET_TOKEN in the environment. "
            "`martlet token add NAME` makes one on the broker's machine.",
            kExitBadUse};
    }
    if (url.empty()) {
        auto files = key_files(arguments);
        if (!files) return files.error();
        Search found = search(files.value(), arguments.has("-c") || arguments.has("--data"));
        bool has_key = !found.secret.empty();
        if (!has_key && token.empty()) return not_found(found, files.value());
        url = has_key ? found.url : std::string(kUsualUrl);
        if (token.empty()) token = found.secret;
    }
    auto api = Api::make(url, std::move(token));
    if (!api) return Error{api.error().text, kExitBadUse};
    return api;
}

int fail_api(const Error& error) {
    bool is_refused = error.code >= 400 && error.code != 401;
    return fail(error.text, is_refused ? kExitRefused : kExitUnreachable);
}

}  // namespace martlet::cli
