#!/usr/bin/env bash
# Gives every reader of what strangers send a million odd inputs, made from the corpora in Tests/FuzzTests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'EOT'
Usage: deploy/fuzz.sh [COUNT [SEED [TARGET...]]]

Builds the readers for release, with libFuzzer where the toolchain has it and else with a runner of our own, and gives
each so many inputs (1000000 by default). It prints a line for each: how many inputs it read, how many ways they went,
and the seed, with which the same inputs come again. It ends with 1 when something that must hold didn't, or a reader
trapped, hung or took too much memory; the input is then in .build-fuzz/findings.
EOT
}

fail() {
    printf 'fuzz.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

[[ "${1:-}" != -h && "${1:-}" != --help ]] || { usage && exit; }
count=${1:-1000000}
[[ "$count" =~ ^[1-9][0-9]{0,9}$ ]] || fail "'$count' is no count; allowed: 1 to 9999999999" 64
seed=${2:-$((RANDOM * 32768 + RANDOM + 1))}
[[ "$seed" =~ ^[1-9][0-9]{0,9}$ ]] || fail "'$seed' is no seed; allowed: 1 to 9999999999" 64
corpora=Tests/FuzzTests/Corpora
targets=("${@:3}")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(ls "$corpora")
for target in "${targets[@]}"; do
    [[ -d "$corpora/$target" ]] || fail "'$target' is no target; allowed: $(ls "$corpora" | tr '\n' ' ')" 64
done

# Swift's own handler would catch a trap before libFuzzer has written the input.
export SWIFT_BACKTRACE=enable=no
# The readers' insides are looked at, hence the testing.
export FANOUT_FUZZ=1
build=(swift build --configuration release --product fanout-fuzz --scratch-path .build-fuzz -Xswiftc -enable-testing)
runtimes=$(dirname "$(readlink -f "$(command -v swift)")")/../lib/clang
if compgen -G "$runtimes/*/lib/*/libclang_rt.fuzzer[-.]*a" >/dev/null; then
    engine=libFuzzer
    build+=(--sanitize fuzzer -Xswiftc -DLIBFUZZER -Xswiftc -parse-as-library)
else
    engine='the runner of our own'
fi
printf 'building %d targets with %s\n' "${#targets[@]}" "$engine" >&2
output=$("${build[@]}" 2>&1) || fail "$output"
binary=.build-fuzz/release/fanout-fuzz
findings=.build-fuzz/findings
mkdir -p "$findings"
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT

status=0
for target in "${targets[@]}"; do
    if [[ "$engine" != libFuzzer ]]; then
        "$binary" "$target" "$count" "$seed" || status=1
        continue
    fi
    mkdir "$found/$target"
    if FANOUT_FUZZ_TARGET=$target "$binary" -runs="$count" -seed="$seed" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$findings/$target-" \
        "$found/$target" "$corpora/$target" >"$found/log" 2>&1; then
        inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
        edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$found/log" | tail -1)
        printf '%s: %d inputs, %d edges, seed %d\n' "$target" "$inputs" "$edges" "$seed"
    else
        status=1
        tail -60 "$found/log"
        printf '%s: FAILED with seed %d; the input is in %s\n' "$target" "$seed" "$findings"
    fi
done
exit "$status"
