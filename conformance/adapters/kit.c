/* kit: from the beginning of a script to its end, and the trace. */
#include "kit_internal.h"

#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { GUARD = 10000, EX_MALFORMED = 64 };

/* ---- the trace ---- */

void say(struct kit *k, const char *fmt, ...)
{
	char now[32];
	va_list ap;
	if (!k->trace || k->over)
		return;
	show_time(k->now[KIT_MONO], now);
	fprintf(k->trace, "%s ", now);
	va_start(ap, fmt);
	vfprintf(k->trace, fmt, ap);
	va_end(ap);
	fputc('\n', k->trace);
}

void finish(struct kit *k, enum kit_end end)
{
	if (k->over)
		return;
	k->over = true;
	k->end = end;
	if (!k->leave)
		return;
	fflush(k->trace);
	/* Whatever the implementation is in the midst of. */
	_exit(end == KIT_MALFORMED ? EX_MALFORMED : 0);
}

bool kit_over(const struct kit *k)
{
	return k->over;
}

void malformed(struct kit *k, const char *what, struct word where)
{
	if (k->leave && !k->over)
		fprintf(stderr, "%s: line %u is malformed: expected %s, not `%.*s'\n",
		        k->impl->name, k->line_no, what, (int)(where.len < 80 ? where.len : 80),
		        where.at);
	finish(k, KIT_MALFORMED);
}

void kit_unsupported(struct kit *k, const char *word)
{
	if (k->trace && !k->over)
		fprintf(k->trace, "unsupported %s\n", word);
	finish(k, KIT_UNSUPPORTED);
}

void unsupported(struct kit *k, struct word w)
{
	char text[KIT_NAME_MAX + 1];
	snprintf(text, sizeof(text), "%.*s", (int)(w.len < KIT_NAME_MAX ? w.len : KIT_NAME_MAX),
	         w.at);
	kit_unsupported(k, text);
}

void kit_error(struct kit *k, const void *s, const char *words)
{
	say(k, "error %s %s", kit_stream_name(k, s), words);
}

bool lacks(struct kit *k, bool has, const char *word)
{
	if (!has)
		kit_unsupported(k, word);
	return k->over;
}

/* ---- running ---- */

static void clean(struct kit *k)
{
	k->over = true; /* nothing is told any more */
	for (size_t i = 0; i < k->nstreams; i++) {
		stream_drop(k->streams[i]);
		free(k->streams[i]);
	}
	if (k->impl->end)
		k->impl->end(k->all);
	clock_forget(k);
	while (k->events) {
		struct kit_event *ev = k->events;
		k->events = ev->next;
		free(ev);
	}
	for (size_t i = 0; i < k->nplans; i++)
		plan_free(k->plans[i]);
	free(k->plans);
	tdestroy(k->names, free);
}

static enum kit_end run(struct kit *k, const char *script, size_t len)
{
	k->now[KIT_WALL] = k->now[KIT_MONO] = 1000 * KIT_SECOND;
	if (k->trace)
		fprintf(k->trace, "adapter %s 1\n", k->impl->name);
	if (k->impl->begin)
		k->all = k->impl->begin(k);
	while (len && !k->over) {
		const char *newline = memchr(script, '\n', len);
		size_t n = newline ? (size_t)(newline - script) : len;
		command_run(k, script, script + n);
		n += newline != NULL;
		script += n;
		len -= n;
	}
	clean(k);
	return k->end;
}

enum kit_end kit_run(const struct kit_impl *impl, const char *script, size_t len, unsigned guard,
                     FILE *trace, const struct kit_watch *watch)
{
	struct kit k = { .impl = impl, .trace = trace, .watch = watch, .guard = guard };
	return run(&k, script, len);
}

static char *read_all(FILE *f, size_t *ret_len)
{
	char *script = malloc(KIT_SCRIPT_MAX);
	if (!script)
		return NULL;
	*ret_len = fread(script, 1, KIT_SCRIPT_MAX, f);
	if (!ferror(f) && feof(f))
		return script;
	free(script);
	return NULL;
}

int kit_main(const struct kit_impl *impl)
{
	struct kit k = { .impl = impl, .trace = stdout, .leave = true, .guard = GUARD };
	struct rlimit files;
	size_t len;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	char *script = read_all(stdin, &len);
	if (!script) {
		fprintf(stderr, "%s: the script cannot be read, or is longer than %d bytes\n",
		        impl->name, KIT_SCRIPT_MAX);
		return EX_MALFORMED;
	}
	setlinebuf(stdout); /* what came before a crash is told */
	run(&k, script, len);
	free(script);
	return fflush(stdout) ? 1 : 0;
}
