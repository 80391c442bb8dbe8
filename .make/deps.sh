#!/bin/sh
# deps.sh install|tell GROUP STAMP - finds out, by compiling, what GROUP (build, check, download,
# dev, arm, bench, peers) lacks. install: installs it where that can be done without asking, else as tell: says which
# line to type, and fails. STAMP is made when nothing is missing, and spares all this the next time.
set -u
mode=$1 group=$2 stamp=$3
[ -e "$stamp" ] && exit 0
CC=${CC:-gcc}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# compiles CODE [FLAG]... - whether a program can be built.
compiles() {
    printf '%s\nint main(void) { return 0; }\n' "$1" > "$scratch/probe.c"
    shift
    $CC -o "$scratch/probe" "$scratch/probe.c" "$@" > /dev/null 2>&1
}

has() { command -v "$1" > /dev/null 2>&1; }

font() {
    for folder in ${FONT_DIR:-} /usr/share/fonts/truetype/dejavu /usr/share/fonts/dejavu \
        /usr/share/fonts/dejavu-sans-fonts /usr/share/fonts/TTF /usr/local/share/fonts/dejavu \
        "${HOME:-/}/Library/Fonts"; do
        [ -e "$folder/DejaVuSans.ttf" ] && return 0
    done
    return 1
}

stb() {
    # shellcheck disable=SC2046 # several words
    compiles '#include <stb_truetype.h>' $(pkg-config --cflags stb 2> /dev/null) ||
        compiles '#include <stb_truetype.h>' -I/usr/include/stb
}

libcheck() {
    # shellcheck disable=SC2046
    compiles '#include <check.h>' $(pkg-config --libs check 2> /dev/null || echo -lcheck)
}

# What is missing, in Debian's names.
missing() {
    case $group in
    build)
        has "${CC%% *}" || echo gcc
        compiles '#include <stdio.h>' || echo libc6-dev
        compiles '#include <omp.h>' -fopenmp || case $CC in *clang*) echo libomp-dev ;; esac
        compiles '#include <zlib.h>' -lz || echo zlib1g-dev
        compiles '#include <zip.h>' -lzip || echo libzip-dev
        stb || echo libstb-dev
        font || echo fonts-dejavu-core
        ;;
    check) libcheck || echo check ;;
    bench) compiles '#include <cjson/cJSON.h>' -lcjson || echo libcjson-dev ;;
    peers)
        for numbers in numpy torch; do
            /usr/bin/python3 -c "import $numbers" 2> /dev/null || echo "python3-$numbers"
        done
        compiles '#include <dnnl.h>' -ldnnl || echo libdnnl-dev
        for blas in openblas blis; do # the OpenMP builds
            ls -d /usr/lib/*/$blas-openmp/lib$blas.so > /dev/null 2>&1 || echo lib$blas-openmp-dev
        done
        ;;
    arm)
        has aarch64-linux-gnu-gcc || echo gcc-aarch64-linux-gnu
        CC=aarch64-linux-gnu-gcc compiles '#include <stdio.h>' || echo libc6-dev-arm64-cross
        has qemu-aarch64 || echo qemu-user
        ;;
    download)
        has curl || echo curl
        [ -e /etc/ssl/certs/ca-certificates.crt ] || [ ! -e /etc/debian_version ] ||
            echo ca-certificates
        ;;
    dev)
        for tool in clang clang-format clang-tidy shellcheck; do has $tool || echo $tool; done
        CC=clang compiles '#include <omp.h>' -fopenmp || echo libomp-dev
        CC=clang compiles '' -fsanitize=thread || echo libclang-rt-dev
        compiles '' -fsanitize=address,undefined || echo gcc
        compiles '#include <cjson/cJSON.h>' -lcjson || echo libcjson-dev
        ;;
    esac
}

apt() {
    DEBIAN_FRONTEND=noninteractive $become apt-get -qq -o DPkg::Lock::Timeout=60 "$@" \
        > "$scratch/apt.log" 2>&1
}

# Fresh containers have no package lists, old ones have stale lists. Where only a download is at
# stake, being offline must not cost much: no second try.
install_packages() {
    if [ "$group" = download ]; then
        set -- -o Acquire::Retries=0 -o Acquire::http::Timeout=4 "$@"
    fi
    if ! find /var/lib/apt/lists -name '*_Packages*' 2> /dev/null | grep -q .; then
        apt update
    fi
    # shellcheck disable=SC2086
    apt install -y --no-install-recommends "$@" && return 0
    [ "$group" != download ] && apt update && apt install -y --no-install-recommends "$@" && return 0
    cat "$scratch/apt.log" >&2
    return 1
}

finish() {
    mkdir -p "$(dirname "$stamp")" && : > "$stamp"
    exit 0
}

packages=$(missing | sort -u | tr '\n' ' ')
packages=${packages% }
[ -z "$packages" ] && finish

if [ -e /etc/debian_version ] && has apt-get; then
    become=
    [ "$(id -u)" -eq 0 ] || become='sudo -n'
    if [ "$mode" = install ] && { [ -z "$become" ] || sudo -n true 2> /dev/null; }; then
        echo "Installing $packages${become:+, with sudo} (apt-get)"
        # shellcheck disable=SC2086
        install_packages $packages
        packages=$(missing | sort -u | tr '\n' ' ')
        [ -z "$packages" ] && finish
    fi
    root=sudo
    [ "$(id -u)" -ne 0 ] || root=
    or=
    [ "$mode" = install ] || or=", or \`make deps\`"
    echo "Missing: ${packages% }. Please type$or:" >&2
    echo "    ${root:+sudo }apt-get update && ${root:+sudo }apt-get install $packages" >&2
    exit 1
fi

echo "Missing (as Debian calls it): $packages. The names elsewhere:" >&2
case $group in
build)
    echo "    Fedora    sudo dnf install gcc make zlib-devel libzip-devel stb-devel dejavu-sans-fonts" >&2
    echo "    Arch      sudo pacman -S gcc make zlib libzip stb ttf-dejavu" >&2
    echo "    Homebrew  brew install gcc libzip stb && brew install --cask font-dejavu" >&2
    ;;
check) echo "    Fedora: check-devel   Arch: check   Homebrew: check" >&2 ;;
download) echo "    Fedora, Arch, Homebrew: curl" >&2 ;;
dev)
    echo "    Fedora    clang clang-tools-extra libomp-devel ShellCheck cjson-devel" >&2
    echo "    Arch      clang openmp shellcheck cjson" >&2
    echo "    Homebrew  llvm libomp shellcheck cjson" >&2
    ;;
bench) echo "    Fedora: cjson-devel   Arch: cjson   Homebrew: cjson" >&2 ;;
esac
exit 1
