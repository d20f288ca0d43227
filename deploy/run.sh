#!/usr/bin/env bash
# Builds fanout-relay and runs its demo, or whatever the arguments say: `deploy/run.sh serve --upstream …`.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$top/deploy/install.sh"

build=(swift build --package-path "$top" --configuration release --product fanout-relay)
if [[ ! -x "$top/.build/release/fanout-relay" ]]; then
    echo 'building fanout-relay; the first build takes some minutes' >&2
fi
if ! output=$("${build[@]}" 2>&1); then
    printf '%s\n' "$output" >&2
    exit 1
fi

[[ $# -gt 0 ]] || set -- demo
exec "$top/.build/release/fanout-relay" "$@"
