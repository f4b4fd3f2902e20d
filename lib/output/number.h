#ifndef OUTPUT_NUMBER_H
#define OUTPUT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writers for the values of a row.  They write at p without a check and
 * return the position behind; the caller has made room.  NUMBER_ROOM covers
 * every one of them whose width is at most NUMBER_WIDTH_MAX.  A value that is
 * longer than its width is written in full.
 */

#define NUMBER_WIDTH_MAX 64
#define NUMBER_ROOM 80

/* Decimal: as it is, right-aligned, left-aligned. */
char *number_put(char *p, uint64_t v);
char *number_right(char *p, uint64_t v, unsigned width);
char *number_left(char *p, uint64_t v, unsigned width);

/* Hexadecimal, lower case, with leading zeroes up to so many digits. */
char *number_hex(char *p, uint64_t v, unsigned digits);

/* Thousandths: 1234 as "1.234", right-aligned. */
char *number_milli(char *p, uint64_t v, unsigned width);

/*
 * Below a million as it is, else with one decimal and M, G or T for 10^6,
 * 10^9, 10^12: "%.1f" of the quotient as a double.  Right-aligned.
 */
char *number_scaled(char *p, uint64_t v, unsigned width);

/* "%.1f" of 100.0 * v / total, right-aligned; "0.0" when total is 0. */
char *number_percent(char *p, uint64_t v, uint64_t total, unsigned width);

/* Milliseconds as "HH:MM:SS.mmm" or "Dd HH:MM:SS.mmm", right-aligned in 16. */
char *number_duration(char *p, uint64_t ms);

/* Six bytes, "02:00:00:00:00:01". */
char *number_mac(char *p, uint64_t mac);

/* Text of len bytes, aligned. */
char *number_text_right(char *p, const char *text, size_t len, unsigned width);
char *number_text_left(char *p, const char *text, size_t len, unsigned width);

#endif
