/* See q_words.h. */
#include "q_words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool has_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (isspace((unsigned char)s[i]))
			return true;
	}
	return false;
}

/* Where the text behind the first "prefix:" starts; 0 without one. */
static size_t after_prefix(const char *s, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (s[i] == ':' && is_word(s[i - 1]))
			return i + 1;
	}
	return 0;
}

/* "d:...", "dt:..." or "rt:..." as the last word. */
static bool ends_in_date(const char *s, size_t len)
{
	size_t start = len;
	while (start > 0 && !isspace((unsigned char)s[start - 1]))
		start--;
	const char *w = s + start;
	size_t n = len - start;
	return (n > 2 && strncmp(w, "d:", 2) == 0) ||
	       (n > 3 && (strncmp(w, "dt:", 3) == 0 || strncmp(w, "rt:", 3) == 0));
}

static void add_argument(struct buf *out, const char *s, size_t len)
{
	if (!has_blank(s, len) || memchr(s, '"', len) != NULL || ends_in_date(s, len)) {
		buf_add(out, s, len);
		return;
	}
	size_t cut = after_prefix(s, len);
	buf_add(out, s, cut);
	buf_addc(out, '"');
	buf_add(out, s + cut, len - cut);
	buf_addc(out, '"');
}

int query_join(const char *const *args, size_t n, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(args[i]);
		if (len > 0 && args[i][len - 1] == '\n')
			len--;
		if (i > 0)
			buf_addc(out, ' ');
		add_argument(out, args[i], len);
	}
	buf_cstr(out);
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

bool query_on_stdin(void)
{
	struct stat st;
	return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

int query_read(int fd, struct buf *out, struct err *e)
{
	for (;;) {
		char *room = buf_room(out, 4096);
		if (room == NULL)
			return err_set(e, -ENOMEM, "out of memory");
		ssize_t n = read(fd, room, 4096);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "read the query from standard input");
		out->len += (size_t)n;
		if (out->len > QUERY_MAX)
			return err_set(e, -E2BIG, "the query is longer than %d bytes", QUERY_MAX);
	}
	for (size_t i = 0; i < out->len; i++) {
		if (out->data[i] == '\0')
			out->data[i] = ' ';
	}
	buf_cstr(out);
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}
