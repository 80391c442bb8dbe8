#!/bin/sh
# lint.sh BUILD FLAG... - clang-tidy over all C files (.clang-tidy says what it looks for), on all
# cores, and shellcheck over the scripts. Any warning fails.
set -u
build=$1
shift
flags="$* -I$build/gen $(pkg-config --cflags stb 2> /dev/null || echo -I/usr/include/stb)"
case $(uname -m) in x86_64) # files of one instruction set
    isa_avx2='-mavx2 -mfma'
    isa_avx512='-mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma'
    ;;
esac

# tidy FLAGS FILE... - stb's headers are not ours to mend.
tidy() {
    with=$(echo "$flags $1" | sed 's|-I\([^ ]*stb\)|-isystem \1|g')
    shift
    # shellcheck disable=SC2016 # the inner shell expands it
    printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh -c '
        report=$(clang-tidy --quiet "$1" -- $0 2> /dev/null) && exit 0
        printf "%s\n" "$report"
        exit 1' "$with"
}

status=0
files=$(find src tests bench -name '*.c' 2> /dev/null | sort)
for isa in avx2 avx512; do
    eval "isa_flags=\${isa_$isa:-}"
    for file in $(echo "$files" | grep "_$isa\.c$"); do
        [ -z "$isa_flags" ] || tidy "$isa_flags" "$file" || status=1
    done
done
# shellcheck disable=SC2046 # one word a file
tidy '' $(echo "$files" | grep -v '_avx[0-9]*\.c$') || status=1

shellcheck .make/*.sh .ci/run data/download.sh || status=1
[ $status -ne 0 ] || echo "lint: nothing to complain about"
exit $status
