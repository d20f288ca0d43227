#!/usr/bin/env bash
# Installs, with apt, what the build needs and this machine lacks. `install.sh cluster` adds what a build with the trait
# Cluster needs, `install.sh cluster-demo` also the servers of a group, and `install.sh tests` all that the tests need.
# Does nothing, and asks for no rights, when nothing is missing.
set -euo pipefail

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    exit 1
}

installed() {
    [[ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# Any Python that can make virtual environments will do, the distribution's or another.
python_is_fit() {
    python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

purpose=${1:-build}
case "$purpose" in
build | cluster | cluster-demo | tests) ;;
*) fail "unknown argument '$1'; allowed: cluster, cluster-demo, tests" ;;
esac
swift=$(command -v swift) || fail "no 'swift' in PATH; install a Swift 6.2 toolchain or later first"
# It may lack a library, be of another architecture, or be OpenStack's: what it says itself is what helps.
words=$(swift --version 2>&1) && ended=0 || ended=$?
[[ "$words" =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] ||
    fail "$swift is no Swift compiler that runs: 'swift --version' ends with $ended${words:+ and says
$words}"
((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= 602)) ||
    fail "'swift' in PATH is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}; install a Swift 6.2 toolchain or later first"

# Tests run them as processes of their own; as services of the machine they are neither started nor enabled.
servers=(haproxy nats-server nginx prometheus)

# git and certificates fetch the Swift packages; curl is what the README's demo is tried with.
wanted=(git ca-certificates curl pkg-config)
wanted+=(libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libcurl4-openssl-dev libssl-dev libcap-dev libedit-dev
    libyaml-dev)
[[ "$purpose" == build ]] || wanted+=(libnats-dev)
if [[ "$purpose" == cluster-demo ]] && ! PATH=$PATH:/usr/sbin command -v nats-server >/dev/null; then
    wanted+=(nats-server)
fi
if [[ "$purpose" == tests ]]; then
    # It makes the certificates of the tests.
    wanted+=(openssl)
    # What stands in front of a relay, watches it or restrains it; and linters of what deploy/ has for other machines.
    wanted+=("${servers[@]}" bubblewrap shellcheck yamllint)
    python_is_fit || wanted+=(python3 python3-venv python3-pip)
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    libraries=(libwebsockets libuv libcurl openssl libcap libedit yaml-0.1)
    [[ "$purpose" == build ]] || libraries+=(libnats)
    if command -v git >/dev/null && pkg-config --exists "${libraries[@]}" 2>/dev/null; then
        exit 0
    fi
    fail "no apt on this machine; install by hand: ${wanted[*]}"
fi

missing=()
for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ "$(id -u)" -ne 0 ]]; then
    command -v sudo >/dev/null || fail "needs root or sudo to install: ${missing[*]}"
    as_root=(sudo)
fi

printf 'installing %s\n' "${missing[*]}" >&2
apt() {
    local output
    if ! output=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" 2>&1); then
        printf '%s\n' "$output" >&2
        fail "apt-get $1 failed; wanted: ${missing[*]}"
    fi
}
apt update
new_servers=()
for package in "${servers[@]}"; do
    [[ " ${missing[*]} " != *" $package "* ]] || new_servers+=("$package")
done
policy=/usr/sbin/policy-rc.d
if ((${#new_servers[@]})) && [[ ! -e "$policy" ]]; then
    # Packages ask it before they start a service: 101 forbids that (invoke-rc.d(8)).
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
apt install --no-install-recommends "${missing[@]}"
if ((${#new_servers[@]})) && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl disable --quiet "${new_servers[@]}" 2>/dev/null || true
fi
