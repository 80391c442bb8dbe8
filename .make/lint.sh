#!/bin/sh
# lint.sh BUILD FLAG... - clang-tidy over all C files (.clang-tidy says what it looks for), on all
# cores, and shellcheck over the scripts. Any warning fails.
set -u
build=$1
shift
stb=$(pkg-config --cflags stb 2> /dev/null || echo -I/usr/include/stb)
flags="$* -I$build/gen $(echo "$stb" | sed 's/-I/-isystem /g')" # stb is not ours to mend

# Files of one instruction set want its flags, as the Makefile has them; elsewhere they are empty.
isa_flags() {
    case $1 in
    *_avx2.c) echo "$AVX2" ;;
    *_avx512.c) echo "$AVX512" ;;
    *_amx.c) echo "$AMX" ;;
    esac
}

# stb's code is compiled in there, and the analyzer ignores that it is a system header's.
checks() {
    case $1 in src/draw/png.c | src/draw/bake/*) echo '--checks=-clang-analyzer-*' ;; esac
}

# A peer of the bench needs the library that it measures.
peer_flags() {
    case $1 in bench/peers/gemm_blas.c) echo "-isystem $(dirname "$(ls -d /usr/include/*/openblas-openmp/cblas.h)")" ;; esac
}
can_lint() {
    # shellcheck disable=SC2046,SC2086
    case $1 in bench/peers/*) gcc $flags $(peer_flags "$1") -M "$1" > /dev/null 2>&1 ;; esac
}

# One line a file: the file, then its flags. No quotes: a blank at the end of a line would join it
# with the next one. On standard error clang-tidy only counts what it suppressed.
# shellcheck disable=SC2016,SC2046,SC2086
find src tests bench -name '*.c' 2> /dev/null | sort | while read -r file; do
    can_lint "$file" || continue
    echo "$file" $(checks "$file") -- $flags $(isa_flags "$file") $(peer_flags "$file")
done | xargs -P "$(nproc)" -L 1 sh -c '
    report=$(clang-tidy --quiet "$@" 2> /dev/null) && exit 0
    printf "%s\n" "$report"
    exit 1' clang-tidy
status=$?

shellcheck .make/*.sh bench/*.sh data/download.sh .ci/run || status=1
[ $status -ne 0 ] || echo "lint: nothing to complain about"
exit $status
