# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes C of cases.list: -v make=header: the prototypes, -v make=table: the table.

function places(words,    names, count, i, bits)
{
    count = split(words, names, "|")
    for (i = 1; i <= count; i++)
        bits = bits (i > 1 ? " | " : "") "ON_" toupper(names[i])
    return bits
}

/^#/ || NF == 0 { next }
NF < 5 { print FILENAME ":" FNR ": a case has five parts" > "/dev/stderr"; exit 1 }
make == "header" { if (!seen[$4]++) prototypes = prototypes "long " $4 "(uint64_t argument);\n" }
make == "table" {
    split($3, expected, ":")
    value = expected[2]
    if (expected[1] == "raises" && value == "")
        value = -1
    if (expected[1] == "stops" || value == "")
        value = 0
    argument = $5
    for (i = 6; i <= NF; i++)
        argument = argument " " $i
    rows = rows sprintf("    {\"%s\", %s, EXPECT_%s, %s, %s, %s},\n", $1, places($2), toupper(expected[1]), value, $4, argument)
}
END {
    print "/* SPDX-License-Identifier: GPL-2.0-or-later */"
    print "/* Made from cases.list. */"
    if (make == "header")
        printf "#ifndef HOSTILE_CASES_H\n#define HOSTILE_CASES_H\n\n#include <stdint.h>\n\n%s\n#endif\n", prototypes
    else
        printf "#include \"cases.h\"\n#include \"hostile.h\"\n\nconst struct hostile_case hostile_cases[] = {\n%s};\n%s\n", rows, \
            "const unsigned hostile_case_count = sizeof(hostile_cases) / sizeof(hostile_cases[0]);"
}
