#!/usr/bin/env bash
# Tries what deploy/package.sh makes where nothing else is: the .deb in a bare Debian 12, and the rest as its tests do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/environment.sh

usage() {
    cat <<'EOF'
Usage: deploy/check.sh [--built]

Needs root. It makes the packages (--built: of the programs that are in .build-package), and then

- compares them with SHA256SUMS, makes them again, and compares: the same programs give the same archives;
- asks lintian, if it is installed;
- installs the .deb into a bare Debian 12 that debootstrap makes, from the archive that this machine's apt knows, runs the
  relay there as its user, reads events from it, ends it, and purges the package;
- runs the tests of units, alerts, proxies and manifests with the program of the .tar.gz.

It takes about 5 minutes with --built, and 10 more for the build. It ends with 0 if all this holds.
EOF
}

fail() {
    printf 'check.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

step() {
    printf '\n== %s\n' "$1"
}

packaging=(deploy/package.sh)
case "${1:-}" in
-h | --help) usage && exit ;;
--built) packaging+=(--built) ;;
'') ;;
*) fail "unknown argument '$1'; allowed: --built" 64 ;;
esac
[[ "$(id -u)" -eq 0 ]] || fail 'needs root: for chroot, and for debootstrap'
command -v debootstrap >/dev/null || fail 'no debootstrap; on Debian: apt install debootstrap'

step 'packages'
"${packaging[@]}"
(cd dist && sha256sum --check --quiet SHA256SUMS)
former=$(<dist/SHA256SUMS)
deploy/package.sh --built >/dev/null
[[ "$(<dist/SHA256SUMS)" == "$former" ]] || fail "made again, the archives differ: $(diff <(echo "$former") dist/SHA256SUMS)"
echo 'made again they are the same'
package=$(echo "$PWD"/dist/*.deb)

if command -v lintian >/dev/null; then
    step 'lintian'
    # Who maintains it, DEBEMAIL says.
    lintian --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,root-in-contact \
        "$package" 2>&1 | grep -v 'root privileges'
fi

step 'a bare Debian 12'
bare=$(mktemp --directory)
relay=
ending() {
    [[ -z "$relay" ]] || kill "$relay" 2>/dev/null || true
    rm -rf "$bare"
}
trap ending EXIT
# shellcheck disable=SC2016 # apt-get fills this in.
archive=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^bookworm //p' | head -1)
[[ -n "$archive" ]] || fail "this machine's apt knows no archive of Debian 12 (bookworm)"
debootstrap --variant=minbase bookworm "$bare" "$archive" >"$bare.log" 2>&1 ||
    fail "debootstrap: $(tail -3 "$bare.log")"
rm -f "$bare.log"

# Runs a command in it; what is mounted for it goes with it.
within() {
    unshare --mount bash -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$bare" "$@"
}
cp "$package" "$bare/relay.deb"
within env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends ./relay.deb >"$bare/apt.log" 2>&1 ||
    fail "apt-get install: $(tail -20 "$bare/apt.log")"
within dpkg --verify fanout-relay
[[ "$(within stat --format '%U:%G %a' /etc/fanout-relay/relay.yaml)" == 'root:fanout-relay 640' ]] ||
    fail 'others may read the settings'
# Nothing is named yet.
ended=0
complaint=$(within setpriv --reuid fanout-relay --regid fanout-relay --clear-groups \
    fanout-relay serve --config /etc/fanout-relay/relay.yaml 2>&1) || ended=$?
[[ "$ended" == 64 && "$complaint" == *--upstream* ]] || fail "without settings it ends with $ended: $complaint"

step 'the relay serves there'
within setpriv --reuid fanout-relay --regid fanout-relay --clear-groups --no-new-privs \
    fanout-relay demo --listen 127.0.0.1:0 --upstream-listen 127.0.0.1:0 >"$bare/relay.log" 2>&1 &
relay=$!
for _ in {1..100}; do
    address=$(grep --only-matching --max-count=1 'http://127.0.0.1:[0-9]*' "$bare/relay.log" || true)
    [[ -z "$address" ]] || break
    kill -0 "$relay" || fail "it ended: $(<"$bare/relay.log")"
    sleep 0.1
done
event=$(curl --silent --no-buffer --max-time 20 --noproxy '*' --header 'Accept: text/event-stream' "$address/topics/tick" |
    grep --max-count=1 '^data: {"type":"event"' || true)
[[ -n "$event" ]] || fail "no event came: $(<"$bare/relay.log")"
echo "$event"
kill "$relay"
wait "$relay" || fail "it didn't drain: $?"
relay=
within env DEBIAN_FRONTEND=noninteractive apt-get -q -y purge fanout-relay >"$bare/apt.log" 2>&1 ||
    fail "apt-get purge: $(tail -20 "$bare/apt.log")"
[[ ! -e "$bare/etc/fanout-relay" && ! -e "$bare/usr/bin/fanout-relay" ]] || fail 'purged, it leaves files behind'

step 'units, alerts, proxies, manifests'
prepare_environment
tar --extract --directory "$bare" --file "$(echo dist/*.tar.gz)"
FANOUT_RELAY_BINARY=$(echo "$bare"/fanout-relay-*/bin/fanout-relay) "$environment/bin/python" -m pytest -q \
    "$interop"/test_{units,monitoring,reverse_proxies,deployment}.py
