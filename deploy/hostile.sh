#!/usr/bin/env bash
# Attacks the relay for half an hour in every way it must bear, with 256 MiB and bystanders that must notice nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/environment.sh

usage() {
    cat <<'EOF'
Usage: deploy/hostile.sh [MINUTES] [--calm SECONDS] [--share SHARE] [--without ATTACK] [--no-latency] [-- RELAY FLAGS]

Builds fanout-relay and fanout-load for release, unless FANOUT_RELAY_BINARY and FANOUT_LOAD_BINARY name them. The relay
runs with --max-memory 256MiB and a key for tokens. 20 bystanders with good tokens check and time every event, first a
minute (--calm) in peace, then so many minutes (30 by default, fractions too) under all attacks at once:

  wrong tokens    1,000 a second: expired, tampered, by a foreign key, unsigned, cut, garbage, none; at each door
  churn           500 clients a second that connect, subscribe and leave
  floods          messages as fast as they are read, until the client is closed
  control floods  pings, pongs and fragments without content, likewise
  giants          announced lengths and fragments over what is allowed, frames against the rules
  unfinished      messages that never end, more than may be held of them
  slow heads      a byte a second, or nothing at all
  bodies          of POST, a byte a second, or of 10 GB
  readers         that read nothing, of three protocols, with small buffers
  storms          of operations that are unknown or broken, or whose id is taken
  broken off      connections that are reset or half closed

--share takes a part of these rates and numbers, such as 0.1; --without leaves out an attack and may be repeated. The
attackers run with a lower priority (nice 10) than the relay and the bystanders: what is judged is the relay, not how
the system shares its processors. They check what they get: none may be let in that mustn't, and each is closed or
refused with the code that is due.

It prints where it stands each minute, and tables at the end. "0.70 processors, 0.60 waited for" is how many seconds
the relay's threads ran in a second, and how many they were ready to run and had to wait: on a busy machine that wait is
most of the latency, whatever the relay does. It ends with 0 if all this held, and with 1 otherwise:
- no bystander missed an event, got one twice or out of order, or was closed or refused;
- their p99 of latency is at most twice that of the calm, or under 5 ms (--no-latency doesn't judge it);
- memory is under 256 MiB all along, and in the last quarter at most 10 % and 8 MiB over the first one's after warm-up;
- when the attackers are gone descriptors are as many as before, but for 3;
- /healthz answers all along, and the relay drains and ends with 0;
- the attackers get what is theirs.
It ends with 64 for bad arguments, and with 130 when it is interrupted. Everything stays on the loopback interface.

What follows -- goes to the relay: deploy/hostile.sh 1 -- --jwt-leeway 10m shows how a failure looks, since tokens that
expired two minutes ago then get in.
EOF
}

fail() {
    printf 'hostile.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

minutes=30
case "${1:-}" in
-h | --help)
    usage
    exit
    ;;
'' | --*) ;;
*)
    minutes=$1
    shift
    [[ "$minutes" =~ ^([0-9]{1,4}|[0-9]{0,4}\.[0-9]{1,3})$ && ! "$minutes" =~ ^[0.]*$ ]] ||
        fail "'$minutes' are no minutes; allowed: a number over 0, such as 30 or 0.5" 64
    ;;
esac

# What is attacked, and what watches, may be named instead of built.
relay=${FANOUT_RELAY_BINARY:-}
load=${FANOUT_LOAD_BINARY:-}
if [[ -z "$relay" || -z "$load" ]]; then
    deploy/install.sh tests
    for product in fanout-relay fanout-load; do
        printf 'building %s\n' "$product" >&2
        output=$(swift build --configuration release --product "$product" 2>&1) || fail "$output"
    done
fi
prepare_environment
FANOUT_RELAY_BINARY=${relay:-$PWD/.build/release/fanout-relay} \
    FANOUT_LOAD_BINARY=${load:-$PWD/.build/release/fanout-load} \
    exec "$environment/bin/python" deploy/hostile.py "$minutes" "$@"
