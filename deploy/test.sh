#!/usr/bin/env bash
# Runs every test: build, format, unit and loopback tests, then Tests/Interop against foreign servers and clients.
# The interop tests take the release build, as users do; it also starts ten times as fast as the debug one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source deploy/environment.sh

fail() {
    printf 'test.sh: %s\n' "$1" >&2
    exit 1
}

step() {
    printf '\n== %s\n' "$1"
}

# Runs some of the Swift tests, for ten minutes at most: a test that hangs isn't ended by its time limit.
#
# SwiftPM's own command has the build for itself, so that no two could run at a time.
swift_tests() {
    timeout --signal INT --kill-after 10 600 .build/debug/fanout-relayPackageTests.xctest \
        --testing-library swift-testing "$@" 2>&1
}

# Judges a turn by its log and its status. One that failed runs once more, alone: a machine that stands still for
# seconds fails tests that time nothing but their own patience. What failed the first time is told at the end. A crash
# counts at once.
unsteady=()
judge() {
    local log=$1 status=$2 failed
    shift 2
    ((status)) || return 0
    # What a shell tells of a program that a signal ended, other than the limit's.
    [[ $status =~ ^13[2-69]$ ]] && fail 'the tests crashed'
    mapfile -t failed < <(grep -E '^✘ Test .* (failed|recorded an issue)' "$log" | sort -u)
    step 'failed; this turn runs once more'
    swift_tests "$@"
    unsteady+=("${failed[@]}")
}

# The pages must name what exists.
check_documentation() {
    local output module modules=.build/debug/Modules
    output=$(mktemp -d)
    for module in Backoffs GraphQLSession GraphQLSessionCodable; do
        mkdir -p "$output/$module/symbols"
        swift-symbolgraph-extract -module-name "$module" -minimum-access-level public -skip-synthesized-members \
            -experimental-allowed-reexported-modules=GraphQLTransport \
            -target "$(dirname "$(readlink .build/debug)")" -output-dir "$output/$module/symbols" \
            -I "$modules" -I Sources/CLibwebsockets -I Sources/CLibuv -I Sources/CCurl -I Sources/CEpoll \
                -I Sources/COpenSSL
        docc convert "Sources/$module/$module.docc" --warnings-as-errors --fallback-display-name "$module" \
            --additional-symbol-graph-dir "$output/$module/symbols" --output-path "$output/$module/pages" >"$output/log" ||
            { cat "$output/log" && rm -rf "$output" && fail "the documentation of $module"; }
    done
    rm -rf "$output"
}

(($# == 0)) || fail "unknown argument '$1'; allowed: none"

step 'packages'
deploy/install.sh tests

step 'build'
# The benchmarks are compiled, so that they go on to fit what they measure.
export FANOUT_BENCHMARKS=1
# All is tested in one build; the release build below is without the trait, as users have it by default.
traits=(--traits Cluster)
swift build --build-tests "${traits[@]}" --explicit-target-dependency-import-check error

# The release build takes what the tests leave of the machine, which wait most of the time: what runs as idle gives way
# at once.
idle=(nice -n 19)
! command -v chrt >/dev/null || idle=(chrt --idle 0)
release_log=$(mktemp)
# In a process group of its own, so that it can be ended whole.
set -m
(
    unset FANOUT_BENCHMARKS
    for product in fanout-relay fanout-load; do
        "${idle[@]}" swift build --configuration release --explicit-target-dependency-import-check error \
            --product "$product"
    done
) >"$release_log" 2>&1 &
release=$!
set +m
trap 'kill -- "-$release" 2>/dev/null || true' EXIT

step 'format'
swift format lint --strict --parallel --recursive Sources Tests Package.swift

if command -v docc >/dev/null && command -v swift-symbolgraph-extract >/dev/null; then
    step 'documentation'
    check_documentation
fi
# Servers and clients of the tests are on this machine.
export no_proxy="${no_proxy:-${NO_PROXY:-}},127.0.0.1,localhost,::1"

step 'Python environment'
prepare_environment
prepare_promtool
# What the group of relays runs on, in Debian's version and in a current one.
FANOUT_NATS_SERVERS=$(PATH=$PATH:/usr/sbin command -v nats-server || true):$PWD/$environment/bin/nats-server
export FANOUT_NATS_SERVERS

step 'unit and loopback tests'
# Suites whose peers block threads take turns: all at once they would keep each other waiting beyond their timeouts. In
# WebSocketsTests most do, and all wait most of the time, so that they have the machine together with those of whole
# relays. What waits there for timers does so at the same time, and then groups of relays for each other.
groups='/(Finding|Group[A-Za-z]*)Tests/'
logs=$(mktemp -d)
(
    swift_tests --filter '^WebSocketsTests\.TimerTests' >"$logs/timers" || exit
    swift_tests --no-parallel --filter '^WebSocketsTests\.' --skip '^WebSocketsTests\.TimerTests' >"$logs/sockets" ||
        exit
    swift_tests --filter '^NATSLinkTests\.' >"$logs/servers" || exit
    swift_tests --no-parallel --filter "$groups" >"$logs/groups"
) &
sockets=$!
for suites in '^GraphQLSessionTests\.' '^EndToEndTests\.'; do
    status=0
    swift_tests --filter "$suites" --skip "$groups" | tee "$logs/relays" || status=$?
    judge "$logs/relays" "$status" --filter "$suites" --skip "$groups"
done
status=0
wait "$sockets" || status=$?
cat "$logs"/{timers,sockets,servers,groups} 2>/dev/null | tee "$logs/all" || true
judge "$logs/all" "$status" --no-parallel --filter "^(WebSockets|NATSLink)Tests\.|$groups"
status=0
rest=(--skip=GraphQLSessionTests --skip=EndToEndTests --skip=NATSLinkTests --skip=WebSocketsTests)
swift_tests "${rest[@]}" | tee "$logs/rest" || status=$?
judge "$logs/rest" "$status" "${rest[@]}"
rm -rf "$logs"

step 'release build'
status=0
wait "$release" || status=$?
trap - EXIT
cat "$release_log"
rm -f "$release_log"
((status == 0)) || fail 'the release build'
unset FANOUT_BENCHMARKS

step 'interop tests'
export FANOUT_RELAY_BINARY=$PWD/.build/release/fanout-relay
# Groups of relays need the trait, with which the tests were built.
export TESTED_GROUP_BINARY=$PWD/.build/debug/fanout-relay
# Most of them wait most of the time, so that three at once keep two cores busy.
if ! "$environment/bin/python" -m pytest "$interop" --numprocesses 3 --dist loadfile; then
    step 'failed; what failed runs once more'
    "$environment/bin/python" -m pytest "$interop" --last-failed --last-failed-no-failures none
    unsteady+=('interop tests, see above')
fi

if ((${#unsteady[@]})); then
    step 'passed, but only the second time'
    printf '%s\n' "${unsteady[@]}"
fi
