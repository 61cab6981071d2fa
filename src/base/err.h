/* Error text that travels with a return code, up to the person who can act on it.
 *
 * Convention of every room above base/: a function that can fail returns 0 (or a count) on
 * success and a negative errno on failure, and says what it attempted in `struct err`.
 * Outputs (`ret_*`) stay untouched on failure.  Nothing here allocates. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX 1024 /* bytes, terminator included; longer text is cut */

struct err {
	char text[ERR_TEXT_MAX]; /* "" while nothing went wrong; no newline at its end */
};

/* Store the formatted text and return `rc` (a negative errno) so that callers can
 * `return err_set(e, -EINVAL, "%s: not an mbox", name);`.  `e` may be NULL. */
int err_set(struct err *e, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and strerror(errnum) added; returns -errnum. */
int err_sys(struct err *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put formatted text and ": " before what is there ("import: " + text). */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
