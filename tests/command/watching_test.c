/* Which requests have a home that is watched, and a watcher that has nothing to do. */
#include "command_fixture.h"

#include "base/buf.h"

#include <sys/socket.h>
#include <unistd.h>

#define KEY "/nonexistent/.config/lei/config\n/nonexistent/.local/share/lei/cstore"

static void homes(void **state)
{
	static char home[] = "HOME=/nonexistent", relative[] = "HOME=here", none[] = "TERM=dumb";
	static const struct {
		const char *line;
		char *env;
		const char *key; /* NULL: none */
	} table[] = {
		{ "q a", home, KEY },
		{ "-C / daemon-pid", home, KEY },
		{ "_complete lei export-kw x", home, KEY },
		{ "daemon-pid", home, NULL },
		{ "q --help", home, NULL },
		{ "nonsense", home, NULL },
		{ "q a", relative, NULL },
		{ "q a", none, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct asked a;
		struct buf key = { 0 };
		ask(&a, table[i].line);
		a.envp[0] = table[i].env;
		bool has = command_dispatcher.home(command_dispatcher.rock, &a.req, &key);
		if (has != (table[i].key != NULL) ||
		    (has && strcmp(buf_cstr(&key), table[i].key) != 0))
			fail_msg("`%s' %s: %s", table[i].line, table[i].env, buf_cstr(&key));
		buf_free(&key);
		ask_done(&a);
	}
}

/* It neither asks for a store nor waits at the door. */
static void nothing_to_watch(void **state)
{
	struct asked a;
	int door[2];
	(void)state;
	ask(&a, "");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door), 0);
	struct call call = {
		.req = &a.req, .out = stderr, .err = stderr, .client = -1, .control = -1
	};
	assert_int_equal(command_dispatcher.watch(command_dispatcher.rock, &call, door[1]), 0);
	close(door[0]);
	close(door[1]);
	ask_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(homes),
		cmocka_unit_test(nothing_to_watch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
