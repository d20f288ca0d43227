# Sourced by deploy/package.sh: what the archives have in common.
# shellcheck shell=bash disable=SC2154

# Makes the programs as they are shipped, and what they tell of themselves.
make_programs() {
    local to=$1 program shell
    mkdir -p "$to"/{bin,man,bash,zsh,fish}
    for program in fanout-relay fanout-load; do
        strip --strip-all --remove-section=.comment -o "$to/bin/$program" "$binaries/$program"
        python3 deploy/packaging/manual.py "$to/bin/$program" "$date" "$version" "$to/man"
        for shell in bash zsh fish; do
            # They are read by a shell, not run: what bash's begins with names an interpreter.
            "$to/bin/$program" --generate-completion-script "$shell" | sed '1{/^#!/d}' >"$to/$shell/$program"
        done
    done
    "$to/bin/fanout-relay" config --defaults >"$to/relay.yaml"
}

# Copies the licences of what is in the programs, and of the libraries that they need.
copy_licences() {
    local to=$1 kind name file
    mkdir -p "$to"
    while read -r kind name; do
        if [[ "$kind" == swift ]]; then
            for file in "$scratch/checkouts/$name"/{LICENSE,NOTICE}*; do
                [[ ! -e "$file" ]] || cp "$file" "$to/$name-$(basename "$file")"
            done
            compgen -G "$to/$name-LICENSE*" >/dev/null || fail "$name has no licence"
        else
            cp "/usr/share/doc/$name/copyright" "$to/debian-$name-copyright"
        fi
    done < <(python3 deploy/packaging/bill_of_materials.py --packages "$binaries" fanout-relay fanout-load)
    file=$(dirname "$(realpath "$(command -v swift)")")/../share/swift/LICENSE.txt
    [[ -e "$file" ]] || fail "the toolchain has no $file: where is the licence of Swift's runtime?"
    cp "$file" "$to/swift-runtime-LICENSE.txt"
}

# The parts of deploy/ that are of use without the sources.
copy_examples() {
    mkdir -p "$1"
    cp -R deploy/systemd deploy/monitoring deploy/proxies deploy/kubernetes deploy/helm deploy/cluster "$1"
    find "$1" -name "*_test.yaml" -delete
}

# Makes the tree of the .tar.gz, whose share/ may be copied to /usr/local/share as it is.
make_tree() {
    local to=$1 programs=$stage/programs program
    mkdir -p "$to"/share/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
    cp -R "$programs/bin" "$to"
    cp "$programs"/man/*.1 "$to/share/man/man1"
    for program in fanout-relay fanout-load; do
        cp "$programs/bash/$program" "$to/share/bash-completion/completions/$program"
        cp "$programs/zsh/$program" "$to/share/zsh/site-functions/_$program"
        cp "$programs/fish/$program" "$to/share/fish/vendor_completions.d/$program.fish"
    done
    cp "$programs/relay.yaml" README.md deploy/CHANGELOG.md "$to"
    cp "dist/$bill" "$to/bill-of-materials.cdx.json"
    mkdir "$to/documentation"
    cp Sources/FanoutRelay/FanoutRelay.docc/*.md "$to/documentation"
    copy_examples "$to/deploy"
    copy_licences "$to/licences"
    # Made for installing by hand, where /usr/bin is the distribution's.
    sed -i 's|/usr/bin/fanout-relay|/usr/local/bin/fanout-relay|' "$to/deploy/systemd/fanout-relay.service"
}
