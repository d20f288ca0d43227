#!/usr/bin/env bash
# Measures the relay: `deploy/measure.sh SCENARIO…`, each with the bars that it must hold; `--list` names them.
#
#   --list          the scenarios, what they show, and their bars
#   --runs N        rounds of each, 5 by default; medians count
#   --duration D    how long a run receives, like 2s; each scenario has its own default
#   --no-build      take .build/release as it is
#   -- ARGUMENT…    further arguments of fanout-load compare, such as --html FILE, --json or --connections 100; for
#                   the scenario parts, those of swift package benchmark, such as --filter 'Message.*'
#
# The relay has one core and everything else another: nothing else should run meanwhile. Ends with 0 when every bar
# held, 1 when one didn't. A scenario is cut off after 15 minutes, and then says what it has.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
relay=$top/.build/release/fanout-relay
load=$top/.build/release/fanout-load
limit=15m

scenarios=(plain-1000 plain-10000 graphql-1000 memory connect never-read inflow two-shards c-floor parts)
declare -A shows=(
    [plain-1000]='1,000 plain clients: CPU a delivery, saturation and p99 against the floor'
    [plain-10000]='10,000 plain clients: CPU a delivery and saturation against the floor'
    [graphql-1000]='1,000 graphql-transport-ws clients with ids of their own: CPU a delivery against the floor'
    [memory]='10,000 idle GraphQL subscribers: resident bytes each'
    [connect]='10,000 clients that connect all at once: served, and CPU each'
    [never-read]='1,000 clients of which 100 never read: p99 of the rest against a run without them, and memory'
    [inflow]='20,000 events/s into the relay, 10 clients: nothing lost, upstream never throttled'
    [two-shards]='two shards against one, on two cores that the tool shares: CPU a delivery and saturation'
    [parts]='machines, scanner, documents, history, splice and a sweep, each by itself (Sources/Benchmarks)'
    [c-floor]="fanout-load's floor against the same server in C: CPU a send"
)
# What each must hold, a bar a line.
declare -A requires=(
    [plain-1000]=$'cost/base <= 1.05\nsaturated/base >= 16\np99-base <= 1ms'
    [plain-10000]=$'cost/base <= 1.15\nsaturated/base >= 2.1'
    [graphql-1000]='cost/base <= 1.15'
    [memory]='memory <= 2500'
    [connect]='handshake <= 50us'
    [never-read]=$'p99/base <= 1.1\ngrowth-base <= 1000000'
    [inflow]='throttled == 0'
)
runs=5
duration=
build=1
chosen=()
further=()

fail() {
    printf 'measure.sh: %s\n' "$1" >&2
    exit 64
}

list() {
    local name
    for name in "${scenarios[@]}"; do
        printf '%-14s%s\n' "$name" "${shows[$name]}"
        [[ -z "${requires[$name]:-}" ]] || printf '%-14s%s\n' '' "${requires[$name]//$'\n'/, }"
    done
}

while [[ $# -gt 0 ]]; do
    case "$1" in
    --list) list && exit 0 ;;
    --help | -h) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" && exit 0 ;;
    --runs)
        [[ "${2:-}" =~ ^[1-9][0-9]?$ ]] || fail "--runs '${2:-}': allowed: 1 to 99"
        runs=$2 && shift 2
        ;;
    --duration)
        [[ "${2:-}" =~ ^[0-9.]+(ms|s|m)$ ]] || fail "--duration '${2:-}': allowed: like 500ms, 3s or 1m"
        duration=$2 && shift 2
        ;;
    --no-build) build=0 && shift ;;
    all) chosen+=("${scenarios[@]}") && shift ;;
    --) shift && further=("$@") && break ;;
    *)
        [[ -n "$1" && -n "${shows[$1]:-}" ]] || fail "no scenario is called '$1'; allowed: all ${scenarios[*]}"
        chosen+=("$1") && shift
        ;;
    esac
done
[[ ${#chosen[@]} -gt 0 ]] || fail "name a scenario; allowed: all ${scenarios[*]}; --list says what they show"

if [[ "$build" == 1 ]]; then
    for product in fanout-relay fanout-load; do
        swift build --package-path "$top" --configuration release --product "$product" >&2
    done
fi
[[ -x "$relay" && -x "$load" ]] || fail "no $relay or no $load: leave out --no-build"

# LIMIT COMMAND…: interrupts the command after that time, and kills it when it goes on for a minute more.
limited() {
    local time=$1
    shift
    timeout --signal=INT --kill-after=1m "$time" "$@"
}

# DURATION ARGUMENT…: rounds of base and relay in turn, the relay on one shard.
compare() {
    local usual=$1 own=() gives_way=false word
    shift
    # A flag that takes one value may be given once, so ours give way to further ones.
    for word in --runs "$runs" --duration "${duration:-$usual}" --size 200 \
        --source-addresses 127.0.0.2-127.0.0.9 "$@"; do
        case $word in
            --require | --relay-argument*) gives_way=false ;;
            --*) [[ " ${further[*]} " == *" $word "* ]] && gives_way=true || gives_way=false ;;
        esac
        $gives_way || own+=("$word")
    done
    limited "$limit" "$load" compare --relay "$relay" "${own[@]}" "${further[@]}"
}

# PROGRAM ARGUMENT…: a floor's CPU seconds for a million deliveries to 1,000 clients, 50 events/s.
floor_cost() {
    local server summary
    taskset --cpu-list 0 "$@" >/dev/null 2>&1 &
    server=$!
    # shellcheck disable=SC2064
    trap "kill $server 2>/dev/null || true" EXIT
    for _ in {1..100}; do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.05
    done
    summary=$(limited "$limit" taskset --cpu-list 1 "$load" run "ws://127.0.0.1:$port/topics/tick" --connections 1000 --acknowledge \
        --duration "${duration:-3s}" --server-pid "$server" --no-ceiling --json 2>/dev/null) || true
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    trap - EXIT
    sed -n 's/.*"cpuSecondsPerMillionDeliveries":\([0-9.]*\).*/\1/p' <<<"$summary"
}

# Reads numbers, a line each; writes their median and, in brackets, the least and the most.
spread() {
    sort -g | awk '{ v[NR] = $1 } END {
        if (NR == 0) { print "not measured"; exit }
        m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
        printf "%.2f (%.2f to %.2f)\n", m, v[1], v[NR]
    }'
}

c_floor() {
    local folder ours=() theirs=() ratios=() round our their
    command -v cc >/dev/null || fail "c-floor needs a C compiler, cc"
    folder=$(mktemp -d)
    if ! cc -O2 -o "$folder/floor" "$top/Tests/FanoutLoadTests/Fixtures/floor.c"; then
        rm -r "$folder"
        printf 'c-floor: floor.c was not compiled\n' >&2
        return 1
    fi
    for ((round = 1; round <= runs; round++)); do
        port=$((21000 + RANDOM % 8000))
        our=$(floor_cost "$load" floor --listen "127.0.0.1:$port" --rate 50 --size 200 --hold)
        port=$((port + 1))
        their=$(floor_cost "$folder/floor" "$port" 50 200 600)
        printf 'round %d: fanout-load floor %s; floor.c %s\n' "$round" "${our:-failed}" "${their:-failed}" >&2
        [[ "$our" =~ [1-9] && "$their" =~ [1-9] ]] || continue
        ours+=("$our") && theirs+=("$their")
        ratios+=("$(awk "BEGIN { print $our / $their }")")
    done
    rm -r "$folder"
    if [[ ${#ratios[@]} -eq 0 ]]; then
        printf 'c-floor: no round was measured\n' >&2
        return 1
    fi
    printf 'CPU s / million sends: fanout-load floor %s, floor.c %s, ratio %s\n' \
        "$(printf '%s\n' "${ours[@]}" | spread)" "$(printf '%s\n' "${theirs[@]}" | spread)" \
        "$(printf '%s\n' "${ratios[@]}" | spread)"
}

# SCENARIO: runs it, with the bars that it must hold.
measure() {
    local bar bars=()
    while IFS= read -r bar; do [[ -z "$bar" ]] || bars+=(--require "$bar"); done <<<"${requires[$1]:-}"
    case "$1" in
    plain-1000) compare 3s --connections 1000 --rate 50 "${bars[@]}" ;;
    plain-10000) compare 3s --connections 10000 --rate 5 "${bars[@]}" ;;
    graphql-1000) compare 3s --connections 1000 --rate 50 --protocol graphql "${bars[@]}" ;;
    memory)
        compare 1s --base none --connections 10000 --rate 1 --in-flight 0 --protocol graphql "${bars[@]}"
        ;;
    connect)
        compare 1s --connections 10000 --connect-burst 10000 --rate 1 --in-flight 0 "${bars[@]}"
        ;;
    never-read)
        # 4 KiB there and 64 KiB here are full after some seconds; what the relay holds itself may not grow with them.
        compare 20s --base "$relay" --connections 1000 --rate 100 --in-flight 0 --never-read 100 "${bars[@]}"
        ;;
    inflow) compare 5s --base none --connections 10 --rate 20000 --in-flight 0 "${bars[@]}" ;;
    two-shards)
        compare 3s --base "$relay" --no-pin --connections 1000 --rate 50 \
            --relay-argument=--shards --relay-argument=2
        ;;
    c-floor) c_floor ;;
    parts)
        # Into a folder of their own, since they are built with what lets them look inside the modules.
        FANOUT_BENCHMARKS=1 limited "$limit" swift package --package-path "$top" \
            --scratch-path "$top/.build-benchmarks" benchmark "${further[@]}"
        ;;
    esac
}

status=0
for name in "${chosen[@]}"; do
    printf '\n== %s: %s\n' "$name" "${shows[$name]}"
    measure "$name" || status=1
done
exit "$status"
