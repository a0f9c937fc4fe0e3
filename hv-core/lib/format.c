/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text formatting for both kernels' logs and records: the few conversions that they use, each a small
 * function over one output cursor.
 */
#include <coopvirt/format.h>
#include <coopvirt/string.h>
#include <stdbool.h>
#include <stdint.h>

struct output {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, also beyond size */
};

struct conversion {
    bool left, zero;
    int width;
    int precision; /* -1 = none */
    int longs;     /* 0 int, 1 long, 2 long long; z counts as 1 */
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->buffer[out->length] = c;
    out->length++;
}

static void put_padded(struct output *out, const char *text, size_t length, const struct conversion *how, bool zero)
{
    size_t width = how->width > 0 ? (size_t)how->width : 0;
    size_t fill = width > length ? width - length : 0;

    if (zero && length && *text == '-') {
        put(out, *text++);
        length--;
    }
    for (size_t i = 0; !how->left && i < fill; i++)
        put(out, zero ? '0' : ' ');
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    for (size_t i = 0; how->left && i < fill; i++)
        put(out, ' ');
}

static void put_number(struct output *out, uint64_t value, bool negative, unsigned base, bool upper,
                       const struct conversion *how)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof text;

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    if (negative)
        text[--at] = '-';
    put_padded(out, text + at, sizeof text - at, how, how->zero && !how->left);
}

static void put_string(struct output *out, const char *text, const struct conversion *how)
{
    if (!text)
        text = "(null)";
    size_t length = how->precision >= 0 ? strnlen(text, (size_t)how->precision) : strlen(text);
    put_padded(out, text, length, how, false);
}

static const char *parse_number(const char *format, int *number)
{
    *number = 0;
    while (*format >= '0' && *format <= '9')
        *number = *number * 10 + (*format++ - '0');
    return format;
}

static const char *parse_conversion(const char *format, struct conversion *how)
{
    *how = (struct conversion){.precision = -1};
    for (; *format == '-' || *format == '0'; format++) {
        how->left |= *format == '-';
        how->zero |= *format == '0';
    }
    format = parse_number(format, &how->width);
    if (*format == '.')
        format = parse_number(format + 1, &how->precision);
    for (; *format == 'l' || *format == 'z'; format++)
        how->longs++;
    return format;
}

int format_string_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output out = {buffer, size, 0};
    struct conversion how;

    for (; *format; format++) {
        if (*format != '%') {
            put(&out, *format);
            continue;
        }
        format = parse_conversion(format + 1, &how);
        switch (*format) {
        case 'd':
        case 'i': {
            int64_t value = how.longs ? va_arg(arguments, long) : va_arg(arguments, int);
            put_number(&out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 10, false, &how);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            uint64_t value = how.longs ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            put_number(&out, value, false, *format == 'u' ? 10 : 16, *format == 'X', &how);
            break;
        }
        case 'p':
            put(&out, '0');
            put(&out, 'x');
            put_number(&out, (uintptr_t)va_arg(arguments, void *), false, 16, false, &how);
            break;
        case 's':
            put_string(&out, va_arg(arguments, const char *), &how);
            break;
        case 'c':
            put(&out, (char)va_arg(arguments, int));
            break;
        case '%':
            put(&out, '%');
            break;
        default: /* an unknown conversion shows itself; the text ends here */
            put(&out, '%');
            if (!*format)
                format--;
            break;
        }
    }
    if (size)
        buffer[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

int format_string(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = format_string_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
