#!/usr/bin/env bash
# Who listens on a TCP port, from /proc alone: a bare machine has neither ss nor lsof. To be sourced.

# The sockets (inodes) that listen on port $1.
listeners_on() {
    local hex
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$hex" \
        '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }'
}

is_port_taken() { [ -n "$(listeners_on "$1")" ]; }

# The address at which this machine reaches a listener on $1.
reachable() {
    case "$1" in
        "" | localhost | 0.0.0.0 | ::) echo 127.0.0.1 ;;
        *) echo "$1" ;;
    esac
}

# The body that somebody answers to GET $3 on port $1 of address $2; false: nobody answers.
ask_http() {
    (exec 3<>"/dev/tcp/$(reachable "$2")/$1" && printf 'GET %s HTTP/1.0\r\n\r\n' "$3" >&3 &&
        timeout 5 cat <&3) 2>/dev/null
}

answers_http() { [ -n "$(ask_http "$1" "${2:-}" /healthz)" ]; }

# Whether there is no account yet.
needs_first_account() { ask_http "$1" "${2:-}" /api/v1/setup | grep -q '"is_needed":true'; }

# Whether another process holds the lock file $1.
is_locked() { [ -e "$1" ] && ! flock --nonblock --shared "$1" true 2>/dev/null; }

# "name (process 123)", or what can be said without the right to look.
who_listens_on() {
    local inode found pid
    for inode in $(listeners_on "$1"); do
        found=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null)
        if [ -n "$found" ]; then
            pid=${found#/proc/}
            pid=${pid%%/*}
            echo "$(cat "/proc/$pid/comm" 2>/dev/null) (process $pid)"
            return
        fi
    done
    echo "a process of another user (sudo ss -ltnp 'sport = :$1' names it)"
}

free_port_from() {
    local port=$1
    while is_port_taken "$port"; do port=$((port + 1)); done
    echo "$port"
}

# The values of key $1 in configuration file $2, one a line.
values_of() {
    awk -v key="$1" '{ sub(/\r$/, "") } $1 == key { $1 = ""; sub(/^ +/, ""); print }' "$2" 2>/dev/null
}

# "PORT ADDRESS PROTOCOL" of each listener in configuration file $1; "-" where it says nothing.
listeners_of() {
    awk '
        function tell() { if (port != "") print port, address, protocol }
        { sub(/\r$/, "") }
        $1 == "listener" || $1 == "port" { tell(); port = $2; address = $3 == "" ? "-" : $3; protocol = "-" }
        $1 == "protocol" { protocol = $2 }
        END { tell() }
    ' "$1" 2>/dev/null | grep -E '^[1-9][0-9]* '
}

# The ports on which configuration file $1 lets MQTT clients in.
mqtt_ports_of() { listeners_of "$1" | awk '$3 == "-" || $3 == "mqtt" { print $1 }'; }

# Port and address of the first listener for HTTP in configuration file $1.
http_listener_of() { listeners_of "$1" | awk '$3 == "http" { print $1, $2 == "-" ? "localhost" : $2; exit }'; }
