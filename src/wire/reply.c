#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char x_it[] = "x_it ";
static const char child_error[] = "child_error ";
static const char exec_word[] = "exec ";

static bool is(const char *data, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(data, word, len);
}

static bool starts(const char *data, size_t len, const char *word)
{
	return len >= strlen(word) && !memcmp(data, word, strlen(word));
}

static bool parse_status(const char *data, size_t len, const char *word, uint64_t *ret)
{
	size_t skip = strlen(word);
	return starts(data, len, word) && wire_dec_get(data + skip, len - skip, ret);
}

static int parse_exec(const char *data, size_t len, struct wire_reply *r)
{
	r->kind = WIRE_EXEC;
	enum wire_fault f = wire_words_parse(data, len, &r->exec);
	if (f == WIRE_NO_MEMORY)
		return -ENOMEM;
	if (f == WIRE_OK && r->exec.argc)
		return 0;
	wire_reply_done(r);
	return -EBADMSG;
}

int wire_reply_parse(const char *data, size_t len, struct wire_reply *ret)
{
	struct wire_reply r = { .kind = WIRE_TEXT };
	if (starts(data, len, exec_word)) {
		size_t skip = strlen(exec_word);
		int rc = parse_exec(data + skip, len - skip, &r);
		if (rc)
			return rc;
	} else if (parse_status(data, len, x_it, &r.status)) {
		r.kind = WIRE_X_IT;
	} else if (parse_status(data, len, child_error, &r.status)) {
		r.kind = WIRE_CHILD_ERROR;
	} else if (is(data, len, "-WINCH")) {
		r.kind = WIRE_WINCH;
	} else if (is(data, len, "umask")) {
		r.kind = WIRE_UMASK;
	} else if (is(data, len, "wait")) {
		r.kind = WIRE_WAIT;
	}
	*ret = r;
	return 0;
}

void wire_reply_done(struct wire_reply *r)
{
	if (r)
		wire_request_free(&r->exec);
}

static int send_status(int sock, const char *word, int wait_status, int flags)
{
	char msg[sizeof(child_error) + WORDS_DEC_MAX];
	size_t n = strlen(word);
	memcpy(msg, word, n);
	n += wire_dec_put(msg + n, (unsigned)wait_status);
	return wire_send(sock, msg, n, NULL, 0, flags);
}

int wire_send_x_it(int sock, int wait_status, int flags)
{
	return send_status(sock, x_it, wait_status, flags);
}

int wire_send_child_error(int sock, int wait_status, int flags)
{
	return send_status(sock, child_error, wait_status, flags);
}

/* Append NUL WORD for each word while it fits below `end`; NULL when one does not. */
static char *put_words(char *to, const char *end, char *const *words)
{
	for (; to && words && *words; words++) {
		size_t n = strlen(*words) + 1;
		if (n > (size_t)(end - to))
			return NULL;
		*to = '\0';
		memcpy(to + 1, *words, n - 1);
		to += n;
	}
	return to;
}

int wire_send_exec(int sock, char *const *argv, char *const *envp, const int *fds, size_t nfds,
                   int flags)
{
	size_t argc = 0;
	while (argv[argc])
		argc++;
	if (!argc)
		return -EINVAL;
	char *msg = malloc(WIRE_REPLY_MAX);
	if (!msg)
		return -ENOMEM;

	size_t n = strlen(exec_word);
	memcpy(msg, exec_word, n);
	n += wire_dec_put(msg + n, argc);
	const char *end = msg + WIRE_REPLY_MAX;
	char *to = put_words(put_words(msg + n, end, argv), end, envp);
	int rc = to ? wire_send(sock, msg, (size_t)(to - msg), fds, nfds, flags) : -E2BIG;
	free(msg);
	return rc;
}
