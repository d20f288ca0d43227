# Sourced by deploy/package.sh: the package for Debian 12. It is made without debhelper, which would want to build too.
# shellcheck shell=bash disable=SC2154

# Prints what the relay needs, by the symbols that it uses of each library.
debian_dependencies() {
    local work=$stage/dependencies
    mkdir -p "$work/debian"
    printf 'Source: fanout-relay\n\nPackage: fanout-relay\nArchitecture: any\n' >"$work/debian/control"
    (cd "$work" && dpkg-shlibdeps -O -e"$stage/programs/bin/fanout-relay" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

# Makes the package from the programs in $stage/programs, in a directory.
make_debian_package() {
    local root=$1 directory=$2 programs=$stage/programs needed file
    local documentation=$root/usr/share/doc/fanout-relay
    local maintainer="${DEBFULLNAME:-fanout-relay} <${DEBEMAIL:-root@localhost}>"
    # A tilde sorts before the version itself, as a pre-release must.
    local debian_version=${version/-/\~}-1
    mkdir -p "$root"/{DEBIAN,usr/bin,lib/systemd/system,etc/fanout-relay} "$documentation" \
        "$root"/usr/share/{man/man1,lintian/overrides,bash-completion/completions} \
        "$root"/usr/share/{zsh/vendor-completions,fish/vendor_completions.d}
    cp "$programs/bin/fanout-relay" "$root/usr/bin"
    cp deploy/systemd/fanout-relay.{service,socket} "$root/lib/systemd/system"
    cp "$programs/relay.yaml" "$root/etc/fanout-relay"
    cp "$programs"/man/fanout-relay*.1 "$root/usr/share/man/man1"
    cp "$programs/bash/fanout-relay" "$root/usr/share/bash-completion/completions/fanout-relay"
    cp "$programs/zsh/fanout-relay" "$root/usr/share/zsh/vendor-completions/_fanout-relay"
    cp "$programs/fish/fanout-relay" "$root/usr/share/fish/vendor_completions.d/fanout-relay.fish"
    cp deploy/packaging/debian/copyright Sources/FanoutRelay/FanoutRelay.docc/*.md "$documentation"
    cp "dist/$bill" "$documentation/bill-of-materials.cdx.json"
    copy_examples "$documentation/examples"
    cp deploy/CHANGELOG.md "$documentation/changelog"
    cat >"$documentation/changelog.Debian" <<EOF
fanout-relay ($debian_version) stable; urgency=medium

  * Version $version.

 -- $maintainer  $(LC_ALL=C date --utc --date "@$SOURCE_DATE_EPOCH" --rfc-email)
EOF
    gzip --best --no-name "$documentation"/changelog "$documentation"/changelog.Debian "$root"/usr/share/man/man1/*.1
    cp deploy/packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/fanout-relay"
    cp deploy/packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN"
    chmod 755 "$root"/DEBIAN/p*
    echo /etc/fanout-relay/relay.yaml >"$root/DEBIAN/conffiles"
    needed=$(debian_dependencies)
    [[ "$needed" == *libwebsockets* ]] || fail 'dpkg-shlibdeps names no libwebsockets'
    cat >"$root/DEBIAN/control" <<EOF
Package: fanout-relay
Version: $debian_version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du --summarize --apparent-size --block-size=1K --exclude=DEBIAN "$root" | cut -f1)
Depends: $needed, libwebsockets-evlib-uv, adduser, ca-certificates
Section: net
Priority: optional
Description: relay of a GraphQL server's subscriptions to WebSocket clients
 It holds one reconnecting session to a GraphQL server and passes the events of
 its subscriptions on to any number of clients: over graphql-transport-ws, plain
 WebSockets and server-sent events.
 .
 The service isn't started before you name your server: set upstream and topics
 in /etc/fanout-relay/relay.yaml, then systemctl enable --now fanout-relay.
EOF
    (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort --zero-terminated |
        xargs --null md5sum >DEBIAN/md5sums)
    find "$root" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
    file=$directory/fanout-relay_${debian_version}_$architecture.deb
    dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
}
