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

/* Store the formatted text; the value is `rc` (a negative errno), so that callers can
 * `return err_set(e, -EINVAL, "%s: not an mbox", name);`.  `e` may be NULL, errno is kept.
 * A macro, so that compilers and analysers see which value comes back. */
#define err_set(e, rc, ...) (err_put((e), __VA_ARGS__), (rc))

/* As err_set, with ": " and strerror(errnum) added; the value is -errnum. */
#define err_sys(e, errnum, ...) (err_put_sys((e), (errnum), __VA_ARGS__), -(errnum))

void err_put(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_put_sys(struct err *e, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put formatted text and ": " before what is there ("import: " + text). */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
