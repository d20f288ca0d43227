#!/usr/bin/env bash
# Makes what is installed elsewhere: programs with the Swift runtime inside, as a .tar.gz and a .deb.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'EOF'
Usage: deploy/package.sh [--built] [--scratch-path DIR]

Builds fanout-relay and fanout-load for release with the Swift runtime inside, in .build-package, and makes in dist/

  fanout-relay-VERSION-linux-ARCHITECTURE.tar.gz   programs, manual pages, completions, units, licences, documentation
  fanout-relay_VERSION-1_ARCHITECTURE.deb          the relay for Debian 12, with a user and a settings file
  fanout-relay-VERSION.cdx.json                    what they contain and need, as CycloneDX
  SHA256SUMS

The programs need shared libraries of Debian 12, which the .deb depends on and deploy/Dockerfile installs. Times in the
archives are those of the last commit, or SOURCE_DATE_EPOCH, so that the same programs give the same archives.

--built takes the programs that are in --scratch-path (.build-package) as they are. DEBFULLNAME and DEBEMAIL name the
package's maintainer. The first build takes about 10 minutes on two cores. It ends with 64 for bad arguments.
EOF
}

fail() {
    printf 'package.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

scratch=.build-package
is_built=
while [[ $# -gt 0 ]]; do
    case "$1" in
    -h | --help) usage && exit ;;
    --built) is_built=1 ;;
    --scratch-path)
        scratch=${2:-}
        [[ -n "$scratch" ]] || fail "--scratch-path: allowed: a directory behind it" 64
        shift
        ;;
    *) fail "unknown argument '$1'; allowed: --built, --scratch-path DIR" 64 ;;
    esac
    shift
done

for tool in dpkg-deb dpkg-shlibdeps objdump strip python3; do
    command -v "$tool" >/dev/null || fail "no '$tool'; on Debian: apt install dpkg-dev binutils python3"
done

# Symbols are looked up at the start, and their tables are read-only then.
build=(swift build --configuration release --traits Cluster --static-swift-stdlib --disable-local-rpath
    -Xlinker -z -Xlinker now --scratch-path "$scratch")
if [[ -z "$is_built" ]]; then
    deploy/install.sh cluster
    for product in fanout-relay fanout-load; do
        printf 'building %s\n' "$product" >&2
        output=$("${build[@]}" --product "$product" 2>&1) || fail "$(tail -40 <<<"$output")"
    done
fi
binaries=$("${build[@]}" --show-bin-path)
[[ -x "$binaries/fanout-relay" && -x "$binaries/fanout-load" ]] || fail "no programs in $binaries"

version=$("$binaries/fanout-relay" --version)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
date=$(date --utc --date "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

stage=$(mktemp --directory)
trap 'rm -rf "$stage"' EXIT
umask 022

source deploy/packaging/contents.sh
source deploy/packaging/debian.sh

rm -rf dist
mkdir dist
bill=fanout-relay-$version.cdx.json
make_programs "$stage/programs"
python3 deploy/packaging/bill_of_materials.py "$version" "${date}T00:00:00Z" "$binaries" "$stage/programs/bin" \
    fanout-relay fanout-load >"dist/$bill"

name=fanout-relay-$version-linux-$(uname -m)
make_tree "$stage/$name"
find "$stage/$name" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
tar --create --directory "$stage" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu "$name" |
    gzip --best --no-name >"dist/$name.tar.gz"
make_debian_package "$stage/debian" dist
(cd dist && sha256sum -- *.tar.gz *.deb *.json >SHA256SUMS && cat SHA256SUMS)
