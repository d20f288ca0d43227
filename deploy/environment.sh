# Sourced by what runs Python here: makes the environment that Tests/Interop needs, in the working directory's .venv.
# shellcheck shell=bash

# Python's own virtual environments need no activation, and a foreign one must not leak in.
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
interop=Tests/Interop
environment=.venv

# The pinned packages live in one environment, made again when the list or the Python behind it changes.
prepare_environment() {
    if cmp -s "$interop/requirements.txt" "$environment/requirements.txt" && "$environment/bin/python" -c '' 2>/dev/null
    then
        return
    fi
    local python
    for python in python3 /usr/bin/python3; do
        rm -rf "$environment"
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
            "$python" -m venv "$environment" >/dev/null 2>&1 &&
            "$environment/bin/python" -m pip --version >/dev/null 2>&1
        then
            "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
                --requirement "$interop/requirements.txt"
            cp "$interop/requirements.txt" "$environment/requirements.txt"
            return
        fi
    done
    rm -rf "$environment"
    fail 'no Python 3.11 or later that can make virtual environments (Debian: python3-venv)'
}

# Puts promtool into the environment, which reads the metrics in the interop tests. Debian has it in the package of the
# whole server, which would be started if it were installed; where it can't be had its test is skipped.
prepare_promtool() {
    local scratch
    if command -v promtool >/dev/null || [[ -x "$environment/bin/promtool" ]] || ! command -v apt-get >/dev/null; then
        return
    fi
    scratch=$(mktemp -d)
    # apt fetches as a user of its own, if it may write there.
    chmod 755 "$scratch"
    if (cd "$scratch" && apt-get -q download prometheus >log 2>&1) &&
        dpkg-deb --fsys-tarfile "$scratch"/prometheus_*.deb | tar -x -C "$scratch" ./usr/bin/promtool
    then
        cp "$scratch/usr/bin/promtool" "$environment/bin/promtool"
    else
        printf 'no promtool here: its test is skipped\n' >&2
    fi
    rm -rf "$scratch"
}
