#!/usr/bin/env bash
# Soaks the relay: 50 clients of every protocol it serves, with and without TLS on either side, on the demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/environment.sh

usage() {
    cat <<'EOF'
Usage: deploy/soak.sh [MINUTES] [-- DEMO FLAGS]

Builds fanout-relay for release and runs its demo twice, with TLS on both sides and on neither. 50 clients of every
protocol stay for so many minutes (30 by default, fractions too), and visitors come and go beside them.
It ends with 1 at the first event that is lost, repeated or out of order, the first gap, unexpected end of a client or
second connect upstream, and when memory, descriptors or threads grow; with 0 when all held. It prints a line each
minute and a table at the end. Everything stays on the loopback interface. Ctrl-C ends it.

What follows -- goes to both demos: deploy/soak.sh 1 -- --drop-links-every 20s shows how a failure looks.
EOF
}

fail() {
    printf 'soak.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

minutes=30
case "${1:-}" in
-h | --help)
    usage
    exit
    ;;
'' | --) ;;
*)
    minutes=$1
    shift
    [[ "$minutes" =~ ^([0-9]{1,4}|[0-9]{0,4}\.[0-9]{1,3})$ && ! "$minutes" =~ ^[0.]*$ ]] ||
        fail "'$minutes' are no minutes; allowed: a number over 0, such as 30 or 0.5" 64
    ;;
esac
[[ "${1:-}" != -- ]] || shift

# What is measured may be named instead of built.
binary=${FANOUT_RELAY_BINARY:-}
if [[ -z "$binary" ]]; then
    deploy/install.sh tests
    printf 'building fanout-relay\n' >&2
    output=$(swift build --configuration release --product fanout-relay 2>&1) || fail "$output"
    binary=$PWD/.build/release/fanout-relay
fi
prepare_environment
FANOUT_RELAY_BINARY=$binary exec "$environment/bin/python" deploy/soak.py "$minutes" "$@"
