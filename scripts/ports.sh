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

# Whether somebody answers HTTP on port $1 of this machine.
answers_http() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3 && read -r -t 5 <&3) 2>/dev/null
}

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
