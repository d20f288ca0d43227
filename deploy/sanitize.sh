#!/usr/bin/env bash
# Runs the tests that open sockets, and the fuzz targets, under AddressSanitizer and ThreadSanitizer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'EOT'
Usage: deploy/sanitize.sh [address|thread|both [FILTER]]

Builds the tests with the sanitizer into .build-address or .build-thread and runs those of FILTER, a regular expression
of suites and tests; by default all that open sockets, and the readers of what strangers send. It prints how many tests
ran and how many reports there were, and ends with 1 if a test failed or there was one. The log is beside the build.
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
filter=${2:-'WebSocketsTests|GraphQLSessionTests|EndToEndTests|FanoutRelayTests|GraphQLTransportTests|FuzzTests'}
export no_proxy="${no_proxy:-${NO_PROXY:-}},127.0.0.1,localhost,::1"

status=0
for sanitizer in "${sanitizers[@]}"; do
    scratch=.build-$sanitizer
    log=$scratch/tests.log
    printf 'building the tests with the %s sanitizer\n' "$sanitizer" >&2
    output=$(swift build --build-tests --sanitize "$sanitizer" --scratch-path "$scratch" 2>&1) ||
        fail "the build: $(tail -40 <<<"$output")"
    program=$(find "$scratch/debug/" -maxdepth 1 -name '*PackageTests.xctest' | head -1)
    environment=()
    if [[ "$sanitizer" == thread ]]; then
        # Of a contended Mutex ThreadSanitizer sees nothing without it.
        clang -shared -fPIC -o "$scratch/tsan-mutex.so" deploy/tsan-mutex.c
        environment+=("LD_PRELOAD=$PWD/$scratch/tsan-mutex.so" 'TSAN_OPTIONS=halt_on_error=0 report_bugs=1')
    else
        # What libwebsockets leaves behind when a loop is given up is no leak of a running relay.
        environment+=('ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:detect_stack_use_after_return=1')
    fi
    printf 'running %s\n' "$filter" >&2
    ended=0
    env "${environment[@]}" "$program" --testing-library swift-testing --no-parallel --filter "$filter" \
        >"$log" 2>&1 || ended=$?
    reports=$(grep -cE 'ERROR: AddressSanitizer|WARNING: ThreadSanitizer|runtime error:' "$log" || true)
    tests=$(sed -n 's/.*Test run with \([0-9]*\) tests.*/\1/p' "$log" | tail -1)
    printf '%s sanitizer: %s tests, %d reports, ended with %d; see %s\n' \
        "$sanitizer" "${tests:-no}" "$reports" "$ended" "$log"
    [[ "$ended" -eq 0 && "$reports" -eq 0 && -n "$tests" ]] || status=1
done
exit "$status"
