#!/bin/sh
# Makes .venv hold exactly what a lock file says, and the system hold the libraries that Qt opens.
# usage: requirements/setup.sh run|dev|lab
# A stamp of the lock file's checksum makes the second call free. PYTHON=... chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}
lock=requirements/$want.txt
stamp=.venv/.stamp-$want
sum=$(cat "$lock" pyproject.toml requirements/setup.sh | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && exit 0

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }

# A library that must load, and the Debian package that brings it. The second group draws windows under X11;
# without a display nothing needs it, so its absence is a warning only.
qt_needs='libEGL.so.1=libegl1 libGL.so.1=libgl1 libxkbcommon.so.0=libxkbcommon0 libdbus-1.so.3=libdbus-1-3
    libfontconfig.so.1=libfontconfig1 libglib-2.0.so.0=libglib2.0-0'
x11_needs='libxcb-cursor.so.0=libxcb-cursor0 libxkbcommon-x11.so.0=libxkbcommon-x11-0
    libxcb-icccm.so.4=libxcb-icccm4 libxcb-image.so.0=libxcb-image0 libxcb-keysyms.so.1=libxcb-keysyms1
    libxcb-randr.so.0=libxcb-randr0 libxcb-render-util.so.0=libxcb-render-util0
    libxcb-shape.so.0=libxcb-shape0 libxcb-xinerama.so.0=libxcb-xinerama0 libxcb-xkb.so.1=libxcb-xkb1
    libX11-xcb.so.1=libx11-xcb1'

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

# Prints the packages whose library does not load.
missing_for() {
    # shellcheck disable=SC2086 # the words of the list are the arguments
    "$python" -c '
import ctypes, sys
for need in sys.argv[1:]:
    library, package = need.split("=")
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
' $1 | tr '\n' ' '
}

# Installs Debian packages as root or through sudo without a question; otherwise fails without trying.
apt_install() {
    if [ "$(id -u)" = 0 ]; then root=''; elif sudo -n true 2>/dev/null; then root='sudo -n'; else return 1; fi
    command -v apt-get >/dev/null || return 1
    say "installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    $root apt-get -q update >/dev/null && $root apt-get -q install -y --no-install-recommends "$@" >/dev/null
}

system_packages() {
    needed='' wished=''
    "$python" -c 'import ensurepip, venv' 2>/dev/null || needed='python3-venv '
    if [ "$(uname -s)" = Linux ]; then
        needed="$needed$(missing_for "$qt_needs")"
        wished=$(missing_for "$x11_needs")
        if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
                \( -name '*.ttf' -o -name '*.otf' \) 2>/dev/null | head -n 1)" ]; then
            needed="${needed}fonts-dejavu-core "
        fi
    fi
    [ -n "$needed$wished" ] || return 0
    # shellcheck disable=SC2086 # one word per package
    if apt_install $needed $wished; then return 0; fi
    [ -z "$needed" ] || fail "the system lacks something. On Debian or Ubuntu type:" \
        "    sudo apt-get install $needed$wished" "then run make again."
    say "windows under X11 also need: $wished(sudo apt-get install $wished)"
}

python=$(find_python)
[ -n "$python" ] || fail "Python 3.11 or newer is needed; set PYTHON=/path/to/it if it has another name."
system_packages
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
say "installing $lock (the first time takes a minute)"
pip='.venv/bin/python -m pip --disable-pip-version-check --quiet'
$pip install --require-hashes -r "$lock"
$pip install --no-deps --no-build-isolation --no-index -e .
# pip compiles what it copies, but not what it links to: the first start would be half a second longer.
.venv/bin/python -m compileall -q app backends proto || true
printf '%s' "$sum" >"$stamp"
# What dev or lab installed covers run as well; a stamp of run saves its own pass.
if [ "$want" != run ]; then
    sum=$(cat requirements/run.txt pyproject.toml requirements/setup.sh | cksum)
    printf '%s' "$sum" >.venv/.stamp-run
fi
