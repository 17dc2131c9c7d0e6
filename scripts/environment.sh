# shellcheck shell=bash
# Sourced by the scripts beside it: puts what is missing on this machine, says what it does, and leaves `$python`.
# Everything Python goes to .venv; system packages come through apt, and only those that are missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$root/.venv/bin/python"

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# Installs the Debian packages that are not there yet.
system_packages() {
    command -v dpkg-query >/dev/null || return 0 # not Debian or Ubuntu: `python -m bot doctor` says what is missing
    local missing=() package
    for package in "$@"; do
        [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == *" installed" ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    local root_command=()
    if [[ $EUID -ne 0 ]]; then
        { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; } ||
            stop "System packages are missing; install them as root: apt-get install ${missing[*]}"
        root_command=(sudo)
    fi
    say "Installing system packages: ${missing[*]}"
    local install=("${root_command[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y
        -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}")
    # A machine's package lists may be old or missing; they are fetched when the first try fails.
    "${install[@]}" >/dev/null 2>&1 ||
        { "${root_command[@]}" apt-get -qq update >/dev/null && "${install[@]}" >/dev/null; } ||
        stop "apt-get could not install them; try: apt-get install ${missing[*]}"
}

# A Python that is new enough, or a sentence.
find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer is needed: apt-get install python3.11 python3.11-venv"
}

# Makes .venv, unless it is there.
make_environment() {
    [[ -x $python ]] && return
    local base
    base=$(find_python)
    say "Making .venv with $("$base" --version)"
    if ! "$base" -c 'import ensurepip' 2>/dev/null; then
        system_packages "$("$base" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    "$base" -m venv "$root/.venv" || stop "$base could not make .venv"
}

# --no-deps: the files are complete, and hold a newer brotli than one of their packages asks for.
pip_install() { # requirements, further arguments
    local requirements=$1
    shift
    "$python" -m pip install --disable-pip-version-check --no-deps --require-hashes "$@" -r "$requirements"
}

# Brings .venv to what requirements/NAME.txt pins; nothing to do once it is there.
python_packages() { # name, further arguments for pip
    local name=$1
    local wanted="$root/requirements/$name.txt" installed="$root/.venv/installed-$name.txt"
    shift
    cmp -s "$wanted" "$installed" && [[ -x $python ]] && return
    make_environment
    say "Installing Python packages into .venv (requirements/$name.txt)"
    pip_install "$wanted" --quiet "$@" || stop "The Python packages could not be installed; is there a network?"
    cp "$wanted" "$installed"
}

export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
[[ -n ${BOT_CONFIG:-} || -e config.toml ]] || export BOT_CONFIG="$root/config.toml"
