#!/bin/sh
# download.sh [--try] - downloads the four MNIST files into the folder of this script: checks their
# SHA-256 sums, then puts all of them in place. --try, for `make run`: only if no data are
# here, not again within a day of a failure, with little patience, and never an error.
set -u
cd "$(dirname "$0")" || exit 1

# MNIST_URLS overrides the hosts; they are tried in this order.
urls=${MNIST_URLS:-https://ossci-datasets.s3.amazonaws.com/mnist/ https://storage.googleapis.com/cvdf-datasets/mnist/}
failed=.download-failed # a stamp: when the last --try went wrong

# SHA-256 as downloaded, unpacked, and the name.
sums='
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db train-images-idx3-ubyte
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 train-labels-idx1-ubyte
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 t10k-images-idx3-ubyte
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 t10k-labels-idx1-ubyte
'

sha256() {
    if command -v sha256sum > /dev/null; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

# right FILE NAME COLUMN - whether FILE is what the table says of NAME.
right() {
    [ -f "$1" ] && [ "$(sha256 "$1")" = "$(echo "$sums" | awk -v name="$2" -v column="$3" '$3 == name { print $column }')" ]
}

# fetch URL NAME - into the scratch folder; a stalled transfer is given up, a slow one is not.
fetch() {
    echo "  $1$2.gz"
    # shellcheck disable=SC2086 # several words
    curl --fail --location --silent --show-error $patience --speed-limit 1000 \
        --output "$scratch/$2.gz" "$1$2.gz" || return 1
    right "$scratch/$2.gz" "$2" 1 && return 0
    echo "  this is not the MNIST file: its SHA-256 differs" >&2
    return 1
}

# What is here and right, or came from another host, is not fetched again.
fetch_all() {
    for name in $names; do
        right "$name" "$name" 2 || right "$name.gz" "$name" 1 || right "$scratch/$name.gz" "$name" 1 ||
            fetch "$1" "$name" || return 1
    done
}

names=$(echo "$sums" | awk '{ print $3 }')
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

# An unpacked file is read before a packed one: a wrong one of that name would stay in the way.
for name in $names; do
    for unpacked in "$name" "$(echo "$name" | sed 's/-idx/.idx/')"; do
        if [ -e "$unpacked" ] && ! right "$unpacked" "$name" 2; then
            give_up "data/$unpacked is damaged, or not MNIST's: move it away first."
        fi
    done
done

../.make/deps.sh install download ../build/deps-download ||
    give_up "MNIST is not downloaded: curl and the certificates of the hosts are needed for that."
scratch=$(mktemp -d ./.download-XXXXXX) || give_up "MNIST is not downloaded: data/ is not writable."
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

echo "Downloading MNIST into data/ (11 MB)"
for url in $urls; do
    if fetch_all "$url"; then
        for file in "$scratch"/*.gz; do
            [ ! -e "$file" ] || mv -f "$file" . || give_up "MNIST is not in place: data/ is not writable."
        done
        rm -f $failed
        echo "MNIST is in data/."
        exit 0
    fi
done
give_up "MNIST could not be downloaded; data/ is as it was."
