#!/usr/bin/env bash
# Installs the Debian packages that are missing, and nothing else: scripts/packages.sh run|test
# Quiet and quick when all is there. Needs root or sudo only when something is missing.
set -u

# make: with it g++ links on all cores.
run_packages=(
    g++ make cmake ninja-build mold
    libfmt-dev libspdlog-dev libabsl-dev libssl-dev libargon2-dev libmimalloc-dev nlohmann-json3-dev libisal-dev
    libprotobuf-dev protobuf-compiler libsimdjson-dev libsqlite3-dev libpq-dev zlib1g-dev libboost1.81-dev
)
test_packages=(
    "${run_packages[@]}"
    ccache curl git clang clang-format clang-tidy libclang-rt-14-dev llvm
    libgtest-dev libbenchmark-dev
    python3 python3-paho-mqtt mosquitto mosquitto-clients libpaho-mqtt-dev
    postgresql sqlite3 haproxy chromium
)

missing_of() {
    local have package
    have=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "$@" 2>/dev/null)"
    for package in "$@"; do
        [[ $have == *" $package:installed "* ]] || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

install() {
    as_root apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install "$@" </dev/null >"$log" 2>&1
}

case "${1:-}" in
    run) packages=("${run_packages[@]}") ;;
    test)
        packages=("${test_packages[@]}")
        command -v node >/dev/null || packages+=(nodejs)
        command -v npm >/dev/null || packages+=(npm)
        ;;
    *)
        echo "usage: scripts/packages.sh run|test" >&2
        exit 2
        ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu: nothing is installed. Needed: ${packages[*]}" >&2
    exit 0
fi

mapfile -t missing < <(missing_of "${packages[@]}")
[ "${#missing[@]}" = 0 ] && exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]}" >&2
    echo "Become root and type: apt-get install ${missing[*]}" >&2
    exit 1
fi

echo "Installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lists of a fresh machine may be absent or too old: fetched only when the first try fails.
if ! install "${missing[@]}"; then
    as_root apt-get -o DPkg::Lock::Timeout=300 -qq update </dev/null >"$log" 2>&1
    if ! install "${missing[@]}"; then
        tail -n 15 "$log" >&2
        echo "These packages could not be installed: ${missing[*]}" >&2
        exit 1
    fi
fi

# The tests want the programs; their packages would also take ports from now on.
for service in mosquitto postgresql; do
    if [[ " ${missing[*]} " == *" $service "* ]] && [ -d /run/systemd/system ]; then
        as_root systemctl disable --now "$service" >/dev/null 2>&1
        echo "$service was not there before, so its service is switched off again (systemctl enable --now $service)."
    fi
done
exit 0
