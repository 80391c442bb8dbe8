#!/bin/sh
# precision.sh [--seeds N] [--data DIR] [OPTION]... - does bf16 learn as f32 does? Trains the default
# recipe (or what the options of `mlp train` say) from N seeds (40) in both, and prints the mean
# difference of test accuracy with its 95 % interval, and how far the mean training losses are apart,
# epoch by epoch, with theirs. Paired by seed: both see the same batches and begin with the same weights.
set -eu
usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit "$1"
}
[ "${1:-}" != --help ] || usage 0
seeds=40 data=${MNIST_DIR:-data}
mlp=${MLP:-build/mlp}
while [ $# -gt 1 ]; do
    case $1 in
    --seeds) seeds=$2 ;;
    --data) data=$2 ;;
    *) break ;;
    esac
    shift 2
done
case $seeds in
'' | *[!0-9]* | 0*) echo "precision.sh: --seeds $seeds; wanted a number from 1" >&2 && exit 2 ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# Lines "loss PRECISION SEED EPOCH VALUE" and "test PRECISION SEED PERCENT".
train() {
    precision=$1 seed=$2
    shift 2
    "$mlp" train --data "$data" --seed "$seed" --precision "$precision" --eval-every 0 \
        --model "$scratch/model.npz" "$@" > "$scratch/log"
    awk -v p="$precision" -v s="$seed" '
        $1 ~ /^[0-9]+\/[0-9]+$/ { split($1, e, "/"); print "loss", p, s, e[1], $2 }
        /^Final Test Accuracy/ { sub(/%/, "", $5); print "test", p, s, $5 }' "$scratch/log"
}

for seed in $(seq 1 "$seeds"); do
    for precision in f32 bf16; do
        train "$precision" "$seed" "$@"
    done
    [ -t 2 ] && printf '\rseed %s of %s' "$seed" "$seeds" >&2
done > "$scratch/lines"
[ -t 2 ] && printf '\r' >&2

awk -v n="$seeds" '
    # The 97.5 % quantile of Student'"'"'s t for v degrees of freedom, to 2 % from 2 on and 0.1 % from 5
    # on: Abramowitz and Stegun 1964, 26.7.5, to the third order.
    function student(v,   z) {
        z = 1.959964
        return v < 1 ? 0 : z + (z^3 + z) / (4 * v) + (5 * z^5 + 16 * z^3 + 3 * z) / (96 * v^2) + \
            (3 * z^7 + 19 * z^5 + 17 * z^3 - 15 * z) / (384 * v^3)
    }
    $1 == "test" { test[$2, $3] = $4 }
    $1 == "loss" { loss[$2, $3, $4] = $5; if ($4 > epochs) epochs = $4 }
    # The sums of f32 and bf16, the mean of their differences, and half of its interval.
    function pair(f32_value, bf16_value,   d) {
        f32 += f32_value; bf16 += bf16_value
        d = bf16_value - f32_value
        sum += d; squares += d * d
    }
    function conclude(   variance) {
        mean = sum / n
        variance = n > 1 ? (squares - n * mean * mean) / (n - 1) : 0
        half = student(n - 1) * sqrt(variance > 0 ? variance : 0) / sqrt(n)
    }
    function begin() { f32 = bf16 = sum = squares = 0 }
    END {
        for (s = 1; s <= n; s++)
            pair(test["f32", s], test["bf16", s])
        conclude()
        printf "test accuracy over %d seeds: f32 %.3f %%, bf16 %.3f %%\n", n, f32 / n, bf16 / n
        printf "bf16 - f32: %+.3f points", mean
        if (n > 2)
            printf ", 95 %% interval %+.3f to %+.3f", mean - half, mean + half
        printf "\n"
        for (e = 1; e <= epochs; e++) {
            begin()
            for (s = 1; s <= n; s++)
                pair(loss["f32", s, e], loss["bf16", s, e])
            conclude()
            printf "epoch %d: mean training loss f32 %.5f, bf16 %.5f, %+.2f %%", e, f32 / n, bf16 / n, \
                100 * mean / (f32 / n)
            if (n > 2)
                printf " (%+.2f to %+.2f)", 100 * (mean - half) / (f32 / n), \
                    100 * (mean + half) / (f32 / n)
            printf "\n"
        }
    }' "$scratch/lines"
