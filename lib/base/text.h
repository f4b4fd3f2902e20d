#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* Text from outside. */

/* Longest form of UTF-8 (RFC 3629). */
#define TEXT_UTF8_MAX 4

/*
 * Length of the character that s begins with, 0 if it is no UTF-8 of more
 * than one byte: ASCII, too long a form, half of a pair, above U+10FFFF, or
 * cut off.
 */
size_t text_utf8_len(const unsigned char *s, size_t len);

/*
 * Replace what a terminal would obey: every byte of a control character, of
 * two bytes as well, and every byte that is no UTF-8.
 */
void text_clean(char *text, char with);

#endif
