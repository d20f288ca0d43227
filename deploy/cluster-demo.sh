#!/usr/bin/env bash
# Runs a group on this machine: three NATS servers, three relays, a GraphQL server behind them; says what to try.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'EOF'
Usage: deploy/cluster-demo.sh [--hot] [--ports FIRST]

Starts three NATS servers, three relays a, b and c that are a group, and a demo GraphQL server that makes up an event a
second. It prints what to paste and what to kill. What is killed is started again after 10 s, so that there is always
something to lose. Ctrl-C ends all.

--hot    relays stand by (--cluster-standby hot): killing the leader costs the lease, 2 s, and no event. Without it
         clients are told a gap then.
--ports  the first of ten ports of the loopback interface that are used (8081): three for relays' clients, three for
         NATS servers, three for those among themselves, and one for the GraphQL server.

It builds fanout-relay with the trait Cluster, in .build-cluster, unless FANOUT_RELAY_BINARY names it, and installs
nats-server where there is none. It ends with 64 for bad arguments, and with 1 if something doesn't start.
EOF
}

fail() {
    printf 'cluster-demo.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

standby=cold
first=8081
while [[ $# -gt 0 ]]; do
    case "$1" in
    -h | --help) usage && exit ;;
    --hot) standby=hot ;;
    --ports)
        first=${2:-}
        if [[ ! "$first" =~ ^[1-9][0-9]{3,4}$ ]] || ((first < 1024 || first > 65526)); then
            fail "--ports '$first': allowed: a port, 1024 to 65526" 64
        fi
        shift
        ;;
    *) fail "unknown argument '$1'; allowed: --hot, --ports FIRST" 64 ;;
    esac
    shift
done

search=$PATH:/usr/sbin
relay=${FANOUT_RELAY_BINARY:-}
if [[ -z "$relay" ]]; then
    deploy/install.sh cluster-demo
    relay=$PWD/.build-cluster/release/fanout-relay
    [[ -x "$relay" ]] || echo 'building fanout-relay; the first build takes some minutes' >&2
    build=(swift build --configuration release --traits Cluster --scratch-path .build-cluster --product fanout-relay)
    output=$("${build[@]}" 2>&1) || fail "$output"
fi
server=$(PATH=$search command -v nats-server) || fail "no 'nats-server' in PATH; on Debian: apt install nats-server"

directory=$(mktemp --directory)
declare -A names=()
group_url=
routes=
for number in 0 1 2; do
    group_url+=${group_url:+,}nats://127.0.0.1:$((first + 3 + number))
    routes+=${routes:+,}nats://127.0.0.1:$((first + 6 + number))
done
export FANOUT_GROUP_RELAY_PASSWORD=demo-relay FANOUT_GROUP_EDGE_PASSWORD=demo-edge
export FANOUT_GROUP_OPERATOR_PASSWORD=demo-operator
printf %s "$FANOUT_GROUP_RELAY_PASSWORD" >"$directory/relay-password"
printf %s "$FANOUT_GROUP_OPERATOR_PASSWORD" >"$directory/operator-password"

start() {
    local name=$1 command
    case "$name" in
    upstream)
        command=("$relay" demo --listen 127.0.0.1:0 --upstream-listen "127.0.0.1:$((first + 9))")
        ;;
    server-*)
        local number=$((${name#server-} - 1))
        command=("$server" --config deploy/cluster/nats.conf --name "$name" --addr 127.0.0.1
            --port $((first + 3 + number)) --store_dir "$directory/$name"
            --cluster "nats://127.0.0.1:$((first + 6 + number))" --routes "$routes")
        ;;
    *)
        local letters=abc
        local before=${letters%%"$name"*}
        command=("$relay" serve --listen "127.0.0.1:$((first + ${#before}))"
            --upstream "ws://127.0.0.1:$((first + 9))/graphql" --topic 'tick=subscription { tick { n at } }'
            --cluster "$group_url" --cluster-node "$name" --cluster-replicas 3 --cluster-standby "$standby"
            --cluster-user relay --cluster-password-file "$directory/relay-password")
        ;;
    esac
    "${command[@]}" >>"$directory/$name.log" 2>&1 &
    names[$!]=$name
    started=$!
}

ending() {
    trap - EXIT
    local children
    mapfile -t children < <(jobs -p)
    ((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
    wait
    rm -rf "$directory"
}
trap ending EXIT
trap 'exit 0' INT TERM

# Waits until something holds, or something has ended.
eventually() {
    local what=$1 name process
    shift
    for _ in {1..300}; do
        ! "$@" >/dev/null 2>&1 || return 0
        for process in "${!names[@]}"; do
            name=${names[$process]}
            kill -0 "$process" 2>/dev/null || fail "$name has ended: $(tail -3 "$directory/$name.log")"
        done
        sleep 0.1
    done
    for name in "${names[@]}"; do printf '%s: %s\n' "$name" "$(tail -1 "$directory/$name.log")" >&2; done
    fail "$what: not within 30 s"
}

status=("$relay" cluster status --cluster "$group_url" --cluster-user operator --cluster-password-file
    "$directory/operator-password")

for name in server-1 server-2 server-3 upstream a b c; do start "$name"; done
is_whole() {
    local words
    # It ends with 69 while nobody leads.
    words=$("${status[@]}") && [[ "$words" == *', 3 relays, '* ]]
}
eventually 'a relay that leads, of three' is_whole

list() {
    local process
    for process in "${!names[@]}"; do
        [[ "${names[$process]}" == upstream ]] || printf '  kill -9 %-8s # %s\n' "$process" "${names[$process]}"
    done | sort -k 5
}

costs='2 s, the lease, and a gap that clients are told; with --hot no gap'
[[ "$standby" == cold ]] || costs='2 s, the lease, and no event'
printf '\n%s\n' "$("${status[@]}")"
cat <<EOF

Watch events, of whichever relay: each has all, with the same numbers.
  curl -N -H 'Accept: text/event-stream' http://127.0.0.1:$first/topics/tick
  http://127.0.0.1:$first/   http://127.0.0.1:$((first + 1))/   http://127.0.0.1:$((first + 2))/

See who leads, and have another one lead, which costs nothing:
  ${status[*]}
  ${status[0]} cluster hand-over ${status[*]:3}

Kill what you like. The leader costs $costs. The server that leads the log, SERVER above, costs
4 to 10 s, in which the servers choose another one, and no event.
$(list)

Their logs are in $directory. Ctrl-C ends all.
EOF

while :; do
    ended=
    # The shell would tell of signals, too.
    { wait -n -p ended "${!names[@]}" || true; } 2>/dev/null
    [[ -n "$ended" ]] || continue
    name=${names[$ended]}
    unset "names[$ended]"
    printf '%s has ended; it is started again in 10 s\n' "$name"
    sleep 10 &
    wait $! || true
    start "$name"
    printf '%s runs again: kill -9 %s\n' "$name" "$started"
done
