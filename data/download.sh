#!/bin/sh
# download.sh [--try] - downloads the four MNIST files into the folder of this script: checks their
# SHA-256 sums, then puts all of them in place at once. --try, for `make run`: only if no data are
# here, not again within a day of a failure, with little patience, and never an error.
set -u
cd "$(dirname "$0")" || exit 1

# MNIST_URLS overrides the hosts; they are tried in this order.
urls=${MNIST_URLS:-https://ossci-datasets.s3.amazonaws.com/mnist/ https://storage.googleapis.com/cvdf-datasets/mnist/}
failed=.download-failed # a stamp: when the last --try went wrong

sums='440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  t10k-labels-idx1-ubyte.gz'

sha256() {
    if command -v sha256sum > /dev/null; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

# wanted FILE - its sum; right FILE - whether it has it.
wanted() { echo "$sums" | awk -v file="$1" '$2 == file { print $1 }'; }
right() { [ -f "$1" ] && [ "$(sha256 "$1")" = "$(wanted "$(basename "$1")")" ]; }

# fetch URL TARGET; a stalled transfer is given up, a slow one is not.
fetch() {
    curl --fail --location --silent --show-error $patience --speed-limit 1000 --output "$2" "$1" ||
        return 1
    right "$2" && return 0
    echo "  $1: not the MNIST file (its SHA-256 differs)" >&2
    return 1
}

fetch_all() {
    for file in $files; do
        if right "$file"; then
            cp "$file" "$scratch/$file" || return 1
            continue
        fi
        echo "  $1$file"
        fetch "$1$file" "$scratch/$file" || return 1
    done
}

files=$(echo "$sums" | awk '{ print $2 }')
patience='--connect-timeout 15 --speed-time 20 --retry 2'
try=
if [ "${1:-}" = --try ]; then
    try=yes
    # Two hosts that do not answer cost 6 s, two that fall silent 12 at the worst.
    patience='--connect-timeout 3 --speed-time 3'
    # Whatever is here, the program shall judge it.
    [ -n "$(find . -maxdepth 3 -path './.download-*' -prune -o \( -name 't10k*' -o -name 'train-*' -o -name '*.zip' \) -print | head -n 1)" ] && exit 0
    if [ -n "$(find . -maxdepth 1 -name $failed -mmin -1440)" ]; then
        echo "No MNIST in data/; the last download failed within a day (\`make data\` tries again)."
        exit 0
    fi
fi

give_up() {
    echo "$1" >&2
    [ -z "$try" ] && exit 1
    : > $failed
    exit 0
}

command -v curl > /dev/null ||
    give_up "MNIST is not downloaded: curl is missing (\`make data\` installs it)."

scratch=$(mktemp -d ./.download-XXXXXX) || give_up "MNIST is not downloaded: data/ is not writable."
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

echo "Downloading MNIST into data/ (11 MB)"
for url in $urls; do
    if fetch_all "$url"; then
        for file in $files; do
            mv -f "$scratch/$file" "$file" || give_up "MNIST is not in place: data/ is not writable."
        done
        rm -f $failed
        echo "  done"
        exit 0
    fi
done
give_up "MNIST could not be downloaded; data/ is as it was."
