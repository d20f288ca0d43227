#!/usr/bin/env bash
# Runs the tests that open sockets, and the readers of what strangers send, under AddressSanitizer and ThreadSanitizer.
#
# On two cores that nothing else uses a build takes about 5 minutes the first time and the tests of one sanitizer about
# 10; each build takes 1 GB of disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'EOT'
Usage: deploy/sanitize.sh [address|thread|both [SUITES...]]

Builds the tests with the sanitizer into .build-address or .build-thread and runs SUITES, regular expressions of targets,
suites and tests, one after the other; by default those that open sockets, and the readers of what strangers send.

For each it prints a line: "clean", or how many reports there are and in which log. It ends with 1 if there is a report,
a crash, or no test ran. Tests whose own time is over are named, and decide nothing: everything takes several times as
long here. Whether they pass is for deploy/test.sh to say.
EOT
}

fail() {
    printf 'sanitize.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

[[ "${1:-}" != -h && "${1:-}" != --help ]] || { usage && exit; }
case "${1:-both}" in
address | thread) sanitizers=("$1") ;;
both) sanitizers=(address thread) ;;
*) fail "'$1' is no sanitizer; allowed: address, thread, both" 64 ;;
esac
suites=("${@:2}")
[[ ${#suites[@]} -gt 0 ]] ||
    suites=(AccessTokensTests AllowedDocumentsTests FuzzTests WireTests FanoutTests EventLogTests WebSocketsTests NATSLinkTests GraphQLSessionTests FanoutRelayTests GraphQLTransportTests EndToEndTests)
export no_proxy="${no_proxy:-${NO_PROXY:-}},127.0.0.1,localhost,::1"
# The sanitizer tells of a crash itself, at once.
export SWIFT_BACKTRACE=enable=no
report='ERROR: AddressSanitizer|WARNING: ThreadSanitizer|(Address|Thread)Sanitizer:DEADLYSIGNAL|runtime error:'

status=0
for sanitizer in "${sanitizers[@]}"; do
    scratch=.build-$sanitizer
    printf 'building the tests with the %s sanitizer\n' "$sanitizer" >&2
    output=$(swift build --build-tests --traits Cluster --sanitize "$sanitizer" --scratch-path "$scratch" 2>&1) ||
        fail "the build: $(tail -40 <<<"$output")"
    program=$(find "$scratch/debug/" -maxdepth 1 -name '*PackageTests.xctest' | head -1)
    environment=()
    if [[ "$sanitizer" == thread ]]; then
        # Of a contended Mutex ThreadSanitizer sees nothing without it.
        clang -shared -fPIC -o "$scratch/tsan-mutex.so" deploy/tsan-mutex.c
        environment+=("LD_PRELOAD=$PWD/$scratch/tsan-mutex.so" 'TSAN_OPTIONS=halt_on_error=0')
    else
        # What libwebsockets leaves behind when a loop is given up is no leak of a running relay.
        environment+=('ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:detect_stack_use_after_return=1')
    fi
    for suite in "${suites[@]}"; do
        log=$scratch/${suite//[^A-Za-z0-9]/_}.log
        ended=0
        env "${environment[@]}" "$program" --testing-library swift-testing --no-parallel --filter "$suite" \
            >"$log" 2>&1 || ended=$?
        reports=$(grep -cE "$report" "$log" || true)
        tests=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*/\1/p' "$log" | tail -1)
        verdict=clean
        [[ "$reports" -eq 0 ]] || verdict="$reports reports"
        [[ "${tests:-0}" -gt 0 ]] || verdict="$verdict, and it ended early with $ended"
        [[ "$verdict" == clean ]] || status=1
        printf '%s sanitizer: %s: %s tests, %s; see %s\n' "$sanitizer" "$suite" "${tests:-0}" "$verdict" "$log"
        sed -n 's/^[^A-Za-z]*Test \("[^"]*"\).* failed after.*/    failed, for its time perhaps: \1/p' "$log"
    done
done
exit "$status"
