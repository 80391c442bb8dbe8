#!/bin/sh
# accuracy.sh - trains the recipes of accuracy.txt, appends each result to a CSV, and holds the
# results to their targets. What is in the CSV is not trained again. See --help.
set -u
here=$(dirname "$0")
mlp=${MLP:-$here/../build/mlp}
bench=${MLP_BENCH:-$here/../build/mlp-bench}
recipes=$here/accuracy.txt

usage() {
    cat << END
usage: bench/accuracy.sh [options]
  --quick       one seed of each recipe, and without those that take up to an hour
  --only A,B    recipes: $(awk -F '|' '$1 == "recipe" { printf "%s ", $2 }' "$recipes")
  --data DIR    folder of MNIST's four files (default: \$MNIST_DIR, data/)
  --out FILE    the results, one file for one data set (default: out/accuracy.csv); what is in
                there is not trained again; weights and the picture are put beside it
  --table       prints the table of what is there and draws its picture, trains nothing
  --help
The test set is looked at once a training, after its last epoch, and nothing is chosen by it.
END
}

# fail CODE TEXT...
fail() {
    code=$1
    shift
    printf 'accuracy.sh: %s\n' "$*" >&2
    exit "$code"
}

quick='' only='' data='' csv=out/accuracy.csv train=yes
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --table) train='' ;;
    --only | --data | --out)
        [ $# -gt 1 ] || fail 2 "$1 wants a value; see --help"
        case $1 in --only) only=$2 ;; --data) data=$2 ;; --out) csv=$2 ;; esac
        shift
        ;;
    --help)
        usage
        exit 0
        ;;
    *) fail 2 "no such option: $1; see --help" ;;
    esac
    shift
done
for name in $(echo "$only" | tr ',' ' '); do
    grep -q "^recipe|$name|" "$recipes" || fail 2 "--only: no recipe is called '$name'; see --help"
done
[ -x "$mlp" ] || fail 1 "$mlp is not there; \`make\` builds it"
stem=${csv%.csv}

# chosen NAME SHORT - whether this recipe's turn is now.
chosen() {
    if [ -n "$only" ]; then
        case ,$only, in *,"$1",*) return 0 ;; *) return 1 ;; esac
    fi
    [ -z "$quick" ] || [ "$2" = yes ]
}

now() {
    case $(date +%N) in *N*) date +%s ;; *) date +%s.%N ;; esac # not every date has nanoseconds
}

# figure TEXT N - the n-th number of a text.
figure() {
    printf '%s' "$1" | tr -cs '0-9.' '\n' | grep '[0-9]' | sed -n "$2p"
}

# measure NAME SEED COMMAND OPTION... - trains and appends a row.
measure() {
    name=$1 seed=$2 command=$3
    shift 3
    model=${stem}_${name}_$seed.npz
    printf '  %s, seed %s ... ' "$name" "$seed"
    start=$(now)
    said=$("$mlp" train "$@" --seed "$seed" --eval-every 0 --quiet --model "$model" 2> "$scratch/said") || {
        code=$?
        echo
        fail "$code" "$(cat "$scratch/said")"
    }
    reported=$(echo "$said" | grep -e '^Final Test' -e '^Interval')
    if [ "$name" = builtin ]; then # what it says of built-in test digits is not the question
        reported=$("$mlp" eval --data "$where" --quiet --model "$model" | grep -e '^Test' -e '^Interval') ||
            fail 4 "what built-in digits taught does not fit $where"
    fi
    seconds=$(echo "$start $(now)" | awk '{ printf "%.1f", $2 - $1 }')
    repeat=$("$mlp" info --model "$model" | grep '^  repeat')
    epochs=$(figure "${repeat#*--epochs}" 1)
    case $repeat in *"--precision bf16"*) precision=bf16 ;; *) precision=f32 ;; esac
    accuracy=$(figure "$(echo "$reported" | sed -n 1p)" 1)
    interval=$(echo "$reported" | sed -n 's/^Interval[^:]*: //p')
    printf '%s,%s,%s,%s,%s,%s,%s,%s,%s,"%s"\n' "$name" "$seed" "$epochs" "$precision" \
        "$(figure "$(echo "$said" | grep '^Final Train')" 1)" "$accuracy" "$(figure "$interval" 1)" \
        "$(figure "$interval" 2)" "$seconds" "$command" >> "$csv" || exit 6
    printf '%s %% of the test images, %s s\n' "$accuracy" "$seconds"
}

# project OPTION... - without AMX the record takes many hours: one epoch tells how many.
project() {
    all=$("$mlp" train --help | awk '$1 == "record" { found = 1 } found && /--epochs/ {
        sub(".*--epochs ", ""); print $1; exit }')
    start=$(now)
    "$mlp" train "$@" --epochs 1 --eval-every 0 --quiet --model "$scratch/epoch.npz" > /dev/null || exit $?
    echo "$start $(now) $all" | awk '{
        printf "  record: no AMX here; one epoch takes %.0f s, all %d about %.1f hours (--only record trains them)\n",
            $2 - $1, $3, ($2 - $1) * $3 / 3600 }'
}

# recipe NAME SEEDS OPTIONS - all its seeds that the CSV lacks.
recipe() {
    name=$1 seeds=$2
    # The command of a row repeats it anywhere, so `auto` is what it stands for here.
    options=$(echo "$3" | sed "s/--precision auto/--precision $auto/")
    case $options in
    *"--data "*)
        shown=$options
        set --
        ;;
    *)
        shown="${data:+--data $data }$options"
        set -- --data "$where"
        ;;
    esac
    # shellcheck disable=SC2086 # several words
    set -- "$@" $options
    if [ "$name" = record ] && [ "$auto" = f32 ] && [ -z "$only" ]; then
        project "$@"
        return
    fi
    [ -z "$quick" ] || seeds=1
    seed=0
    while [ $((seed += 1)) -le "$seeds" ]; do
        command="mlp train ${shown:+$shown }--seed $seed --eval-every 0"
        [ "$name" != builtin ] || command="$command && mlp eval${data:+ --data $data }"
        grep -qF ",\"$command\"" "$csv" || measure "$name" "$seed" "$command" "$@"
    done
}

train_all() {
    where=${data:-${MNIST_DIR:-data}}
    scratch=$(mktemp -d) || exit 1
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM HUP
    # Reads the data and says what is wrong with them; nothing is trained on others instead.
    "$mlp" augment --data "$where" --preview "$scratch/data.png" > /dev/null ||
        fail 3 "no data, nothing trained; name MNIST's folder with --data DIR, or \`make data\`"
    auto=f32
    "$mlp" info | grep -q '^  amx .* \(yes\|default\)  ' && auto=bf16
    mkdir -p "$(dirname "$csv")" || exit 6
    [ -s "$csv" ] || echo "$columns" > "$csv" || exit 6
    if tail -n +2 "$csv" | sed 's/--data builtin//' | grep -q ${data:+-v} -e "--data ${data:+$data }"; then
        fail 2 "$csv has results of other data; name another file with --out"
    fi
    while IFS='|' read -r kind name label seeds target least short options; do
        [ "$kind" = recipe ] && chosen "$name" "$short" &&
            recipe "$name" "$seeds" "$options" < /dev/null
    done < "$recipes"
    : "$label" "$target" "$least" # the table's
}

# The last row of a recipe and seed counts. One seed is as good as its interval, so that is shown.
table() {
    awk -F '|' '
    function show(name, seeds, mean, worst, target, verdict, time) {
        line = sprintf("  %-42s %6s %8s  %-15s %-15s %-6s %8s", name, seeds, mean, worst, target, verdict, time)
        sub(" *$", "", line)
        print line
    }
    function percent(x) { return sprintf("%.2f %%", x) }
    FILENAME == ARGV[1] {
        split($0, cell, ",")
        if (FNR == 1 || cell[1] == "")
            next
        key = cell[1] SUBSEP cell[2]
        if (!(key in accuracy))
            seed[cell[1], ++n[cell[1]]] = key
        accuracy[key] = cell[6]; interval[key] = cell[7] " to " cell[8]; seconds[key] = cell[9]
        next
    }
    $1 == "section" { printf "\n%s\n", $2 }
    $1 == "published" { show($2, "", percent(100 - $3), "", "", "", "") }
    $1 == "recipe" && !n[$2] { show($2, "0/" $4, "", "not yet run", $5, "", "") }
    $1 == "recipe" && n[$2] {
        sum = 0; worst = 101; count = n[$2]; time = ""
        for (i = 1; i <= count; i++) {
            key = seed[$2, i]
            sum += accuracy[key]
            worst = accuracy[key] < worst ? accuracy[key] : worst
            sorted[i] = seconds[key]
            for (j = i; j > 1 && sorted[j] + 0 < sorted[j - 1] + 0; j--) {
                swap = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = swap
            }
        }
        mean = sum / count
        verdict = $5 == "" ? "" : mean > $5 - 1e-9 && ($6 == "" || worst > $6 - 1e-9) ? "met" : "MISSED"
        show($2, count "/" $4, percent(mean), count == 1 ? interval[seed[$2, 1]] : percent(worst),
            $5 ($6 == "" ? "" : ", each " $6), verdict, sprintf("%.1f s", sorted[int((count + 1) / 2)]))
    }
    BEGIN { print ""; show("test accuracy", "seeds", "mean", "worst, or 95 %", "at least", "", "median") }
    ' "$csv" "$recipes"
}

columns=recipe,seed,epochs,precision,train_accuracy,test_accuracy,low,high,seconds,command
[ -z "$train" ] || train_all
[ -s "$csv" ] || fail 3 "$csv is not there; nothing has been trained"
table
if [ -x "$bench" ]; then
    echo
    "$bench" --accuracy "$recipes" "$csv" "$stem.png"
else
    echo "(no picture: $bench is not there; \`make bench-accuracy\` builds it)" >&2
fi
