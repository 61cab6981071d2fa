/* A request and a call, made of words. */
#ifndef TESTS_COMMAND_FIXTURE_H
#define TESTS_COMMAND_FIXTURE_H

#include "command/cmd.h"
#include "command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 32 };

struct asked {
	char *line; /* the words, cut at blanks; owned */
	char *argv[WORDS_MAX + 1], *envp[2];
	struct wire_request req;
};

/* "q -f json a": words cut at single blanks, so that "a  b" has an empty one. */
static inline void ask(struct asked *a, const char *line)
{
	static char home[] = "HOME=/nonexistent";
	*a = (struct asked){ .line = strdup(line) };
	assert_non_null(a->line);
	char *rest = a->line;
	while (*line != '\0' && rest != NULL) {
		assert_true(a->req.argc < WORDS_MAX);
		a->argv[a->req.argc++] = strsep(&rest, " ");
	}
	a->envp[0] = home;
	a->req.argv = a->argv;
	a->req.envp = a->envp;
	a->req.envc = 1;
}

static inline void ask_done(struct asked *a)
{
	free(a->line);
}

struct said { /* what an inline command said */
	char *out, *err;
	int status;
	bool raise_after;
	int raise_signo;
};

static inline struct said say(const char *line)
{
	struct asked a;
	struct said s = { .status = -1 };
	size_t nout, nerr;
	ask(&a, line);
	struct call call = { .req = &a.req, .is_inline = true, .client = -1, .control = -1 };
	call.out = open_memstream(&s.out, &nout);
	call.err = open_memstream(&s.err, &nerr);
	s.status = command_dispatcher.run(command_dispatcher.rock, &call);
	s.raise_after = call.raise_after;
	s.raise_signo = call.raise_signo;
	fclose(call.out);
	fclose(call.err);
	ask_done(&a);
	return s;
}

static inline void said_done(struct said *s)
{
	free(s->out);
	free(s->err);
}

#endif
