#!/bin/sh
# layers.sh [ROOT] - each folder under src/ is a layer; checks that its files include only what the
# table allows (docs and README draw it). bench/ and tests/ may include anything.
set -u
cd "${1:-.}" || exit 1

# shellcheck disable=SC2016 # the dollars are awk's
find src include -name '*.[ch]' | sort | xargs awk '
BEGIN {
    may["base"]   = ""
    may["kernel"] = "base"
    may["gemm"]   = "base kernel"
    may["net"]    = "base kernel gemm"
    may["data"]   = "base kernel"
    may["train"]  = "base kernel net data"
    may["io"]     = "base"
    may["draw"]   = "base"
    may["cli"]    = "base train io draw data"
}
function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    failed = 1
}
/^[ \t]*#[ \t]*include[ \t]+"/ {
    split($0, quoted, "\"")
    if (split(FILENAME, path, "/") < 3 || path[1] != "src") {
        complain("the public header includes nothing of ours: " quoted[2])
        next
    }
    here = path[2]
    if (!(here in may)) {
        complain("src/" here "/ is not in the table of .make/layers.sh")
        next
    }
    if (quoted[2] == "mlp.h")
        next
    parts = split(quoted[2], target, "/")
    if (target[1] == ".." && path[4] != "") # from a subfolder of the same layer
        next
    if (parts < 2) {
        if (target[1] ~ /^font_atlas\.h$/) # made by the build
            next
        complain("name the layer: \"" here "/" quoted[2] "\"")
        next
    }
    if (target[1] != here && index(" " may[here] " ", " " target[1] " ") == 0)
        complain(here " may not include " quoted[2])
}
# Only the command line prints or exits; a pragma in one place only.
/(^|[^a-z_])(printf|puts|putchar|perror|exit|abort)\(/ {
    if (FILENAME !~ /^src\/cli\// && FILENAME !~ /^src\/draw\/bake\// && $0 !~ /^[ \t]*(\/?\*|\/\/)/)
        complain("only src/cli/ prints or exits")
}
/^[ \t]*#[ \t]*pragma[ \t]+omp/ {
    if (FILENAME != "src/base/team.c")
        complain("the only OpenMP pragmas are in src/base/team.c")
}
END { exit failed }
' || exit 1
echo "layers: every include is allowed"
