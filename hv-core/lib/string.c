/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and string functions of the freestanding builds, and the reading of `key=value` words
 * from command lines. Large moves use the string instructions, as everything that is measured does.
 */
#include <coopvirt/string.h>

#if !__STDC_HOSTED__
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    void *start = to;
    size_t words = bytes / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    bytes &= 7;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    if ((uintptr_t)target - (uintptr_t)source >= bytes)
        return memcpy(to, from, bytes);
    while (bytes--)
        target[bytes] = source[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    void *start = to;
    size_t words = bytes / 8;
    uint64_t pattern = 0x0101010101010101ul * (uint8_t)value;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    bytes &= 7;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a, *right = b;

    for (size_t i = 0; i < bytes; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

size_t strlen(const char *s)
{
    size_t length = 0;
    while (s[length])
        length++;
    return length;
}

size_t strnlen(const char *s, size_t limit)
{
    size_t length = 0;
    while (length < limit && s[length])
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit; a++, b++, limit--)
        if (*a != *b || !*a)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;
    do {
        if (*s == (char)c)
            found = s;
    } while (*s++);
    return (char *)(uintptr_t)found;
}
#endif

size_t string_copy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (size) {
        size_t bytes = length < size ? length : size - 1;
        memcpy(to, from, bytes);
        to[bytes] = '\0';
    }
    return length;
}

/* The value behind `key=` in the list of words, and its length. */
static const char *option_find(const char *words, const char *key, size_t *length)
{
    size_t key_length = strlen(key);

    while (*words) {
        while (*words == ' ')
            words++;
        size_t word = 0;
        while (words[word] && words[word] != ' ')
            word++;
        if (word > key_length && words[key_length] == '=' && memcmp(words, key, key_length) == 0) {
            *length = word - key_length - 1;
            return words + key_length + 1;
        }
        words += word;
    }
    return NULL;
}

int string_option(const char *words, const char *key, char *value, size_t size)
{
    size_t length = 0;
    const char *found = option_find(words, key, &length);

    if (!found)
        return -1;
    if (size) {
        size_t bytes = length < size ? length : size - 1;
        memcpy(value, found, bytes);
        value[bytes] = '\0';
    }
    return (int)length;
}

static bool option_is_number(const char *text, unsigned long *number)
{
    bool is_hexadecimal = text[0] == '0' && text[1] == 'x';
    unsigned base = is_hexadecimal ? 16 : 10;
    const char *digit = is_hexadecimal ? text + 2 : text;

    *number = 0;
    if (!*digit)
        return false;
    for (; *digit; digit++) {
        unsigned value = *digit >= '0' && *digit <= '9'   ? (unsigned)(*digit - '0')
                         : *digit >= 'a' && *digit <= 'f' ? (unsigned)(*digit - 'a') + 10
                                                          : 99;
        if (value >= base || *number > (~0ul - value) / base)
            return false;
        *number = *number * base + value;
    }
    return true;
}

bool string_option_read_number(const char *words, const char *key, unsigned long *number)
{
    char text[32];
    unsigned long value;
    int length = string_option(words, key, text, sizeof text);

    if (length < 0)
        return true;
    if (length >= (int)sizeof text || !option_is_number(text, &value))
        return false;
    *number = value;
    return true;
}

unsigned long string_option_number(const char *words, const char *key, unsigned long fallback)
{
    unsigned long number = fallback;
    (void)string_option_read_number(words, key, &number);
    return number;
}
