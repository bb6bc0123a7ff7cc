"""The rules of the house as data. ARCHITECTURE.md tells the floors, CONTRIBUTING.md the rest; tidy.py holds the tree to it."""

# A file includes from its own folder and from lower floors only.
FLOORS = {
    "base": 0,
    "mqtt": 1,
    "net": 1,
    "journal": 1,
    "topics": 2,
    "auth": 2,
    "client": 2,
    "broker": 3,
    "bridge": 4,
    "cluster": 4,
    "migrate": 4,
    "telemetry": 4,
    "http": 5,
    "config": 6,
    "server": 7,
    "cli": 8,
}

# Lower floors that a folder must not know all the same.
MUST_NOT_KNOW = {
    "topics": {"net"},
    "auth": {"net"},
    "broker": {"net", "client"},
    "bridge": {"net", "client", "broker"},
    "telemetry": {"net"},
    "http": {"mqtt"},
}

# Folders that are handed bytes and time and never touch a socket.
WITHOUT_SOCKETS = {"base", "mqtt", "topics", "auth", "broker", "bridge"}
SOCKET_HEADERS = r"sys/(socket|epoll|un|select)\.h|poll\.h|netinet/.*|arpa/inet\.h|netdb\.h|net/if\.h"

FORBIDDEN_HEADERS = {
    "regex": "costs half a second of compile time in each file",
    "iostream": "costs a third of a second in each file; use fmt or stdio",
    "format": "our compilers do not have it; use fmt",
    "expected": "our compilers do not have it; use base/result.h",
}

# One library, one door: which files may include a third-party header. A number is how many files may.
DOORS = {
    r"spdlog/.*": ["src/base/log.cc"],
    r"fmt/.*": ["src/base/text.h", "src/base/log.h", "src/base/log.cc"],
    r"absl/container/btree_.*": ["src/base/ordered_map.h"],
    r"absl/.*": ["src/base/hash_map.h"],
    r"openssl/.*": 6,
    r"argon2\.h": 1,
    r"isa-l.*": ["src/journal/checksum.cc"],
    r"mimalloc.*": 1,
    r"boost/.*": 1,
    r"sqlite3\.h": 2,
    r"libpq.*": 1,
    r"nats.*": 1,
    r"nlohmann/.*": 3,
    r"simdjson.*": 1,
    r"zlib\.h": ["src/telemetry/unpack.cc"],
}

FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}

LINES_MAX = 600
# Tables and generated text.
MAY_BE_LONG = set()

# (files that declare, what they declare, the file that must have a row for it)
REGISTERED = [
    (r"src/cli/\w+\.h", r"int (\w+_main)\(int argc, char\*\* argv\);", "src/cli/commands.cc"),
    (r"src/config/keys\.h", r"std::span<const Key> (\w+_keys)\(\);", "src/config/keys.cc"),
]
