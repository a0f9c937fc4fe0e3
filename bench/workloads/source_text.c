/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the C programs that macro/tcc and macro/untar_build compile, and computes what they print.
 */
#include "source_text.h"

#include <stdio.h>

size_t source_text_function(char *text, size_t length, unsigned number)
{
    return length + (size_t)snprintf(text + length, SOURCE_TEXT_FUNCTION_BYTES,
                                     "/* Function %u of a program that is made to be compiled. */\n"
                                     "int function%u(int x)\n"
                                     "{\n"
                                     "    static const int weights[] = {%u, %u, %u, %u};\n"
                                     "    int sum = %u;\n"
                                     "    for (int i = 0; i < 16; i++) {\n"
                                     "        if ((x + i) %% 3 == 0)\n"
                                     "            sum += weights[i %% 4] * x;\n"
                                     "        else\n"
                                     "            sum ^= weights[(i + x) %% 4] << i %% 7;\n"
                                     "    }\n"
                                     "    return sum & 0xffff;\n"
                                     "}\n",
                                     number, number, number % 7 + 1, number % 11 + 2, number % 13 + 3, number % 17 + 4,
                                     number);
}

/* The same function, as this compiler understands it. */
static int source_text_value(unsigned number, int x)
{
    const int weights[] = {(int)(number % 7 + 1), (int)(number % 11 + 2), (int)(number % 13 + 3),
                           (int)(number % 17 + 4)};
    int sum = (int)number;

    for (int i = 0; i < 16; i++) {
        if ((x + i) % 3 == 0)
            sum += weights[i % 4] * x;
        else
            sum ^= weights[(i + x) % 4] << i % 7;
    }
    return sum & 0xffff;
}

size_t source_text_main(char *text, size_t length, unsigned count)
{
    length += (size_t)snprintf(text + length, SOURCE_TEXT_FRAME_BYTES, "#include <stdio.h>\n#include <stdlib.h>\n");
    for (unsigned number = 0; number < count; number++)
        length += (size_t)snprintf(text + length, SOURCE_TEXT_FUNCTION_BYTES, "int function%u(int);\n", number);
    length += (size_t)snprintf(text + length, SOURCE_TEXT_FRAME_BYTES, "int main(void)\n{\n    unsigned sum = 0;\n");
    for (unsigned number = 0; number < count; number++)
        length += (size_t)snprintf(text + length, SOURCE_TEXT_FUNCTION_BYTES, "    sum += function%u(%u);\n", number,
                                   number % 100);
    return length + (size_t)snprintf(text + length, SOURCE_TEXT_FRAME_BYTES,
                                     "    printf(\"sum %%u\\n\", sum);\n    return EXIT_SUCCESS;\n}\n");
}

const char *source_text_output(unsigned count)
{
    static char line[32];
    unsigned sum = 0;

    for (unsigned number = 0; number < count; number++)
        sum += (unsigned)source_text_value(number, (int)(number % 100));
    snprintf(line, sizeof(line), "sum %u\n", sum);
    return line;
}
