/* The watches of a home, from a config and the folders of mail_sync; and which of them are meant. */
#include "command_fixture.h"

#include "command/watch_choice.h"

#include <errno.h>

/* The paths do not exist, so each is what it says. */
#define IN "maildir:/nowhere/in"
#define OUT "maildir:/nowhere/out"
#define TOP "maildir:/nowhere/top"

/* Newlines stand for the end of a setting, '=' for the newline before its value. */
static void add_config(struct watches *w, const char *text)
{
	struct err e = { .text = "" };
	char *data = strdup(text);
	size_t len = strlen(text);
	bool value = false;
	for (size_t i = 0; i < len; i++) {
		char c = data[i];
		data[i] = c == '\n' ? '\0' : c == '=' && !value ? '\n' : c;
		value = c == '\n' ? false : value || c == '=';
	}
	assert_int_equal(watches_add_config(w, data, len, &e), 0);
	free(data);
}

static void add_folder(struct watches *w, const char *url, bool wrote)
{
	struct sync_folder f = { .url = url, .wrote = wrote, .files = 7 };
	struct err e = { .text = "" };
	assert_int_equal(watches_add_folder(w, &f, &e), 0);
}

/* One line for each: "URL STATE configured known covered recursive kw labels backend: trouble". */
static void expect(const struct watches *w, const char *want)
{
	struct buf got = { 0 };
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_entry *we = &w->v[i];
		buf_addf(&got, "%s %s%s%s%s%s", we->url, watch_state_name(we->state),
		         we->configured ? " configured" : "", we->known ? " known" : "",
		         we->covered ? " covered" : "", we->recursive ? " recursive" : "");
		if (we->kw != 0)
			buf_addf(&got, " kw=%x", we->kw);
		for (const char *l = we->labels.data; *l != '\0'; l += strlen(l) + 1)
			buf_addf(&got, " L:%s", l);
		if (we->backend != NULL)
			buf_addf(&got, " %s", we->backend);
		if (we->trouble != NULL)
			buf_addf(&got, ": %s", we->trouble);
		buf_addc(&got, '\n');
	}
	assert_string_equal(buf_cstr(&got), want);
	buf_free(&got);
}

static void served(const struct watches *w, const char *want)
{
	struct watch_folder *folders = NULL;
	struct err e = { .text = "" };
	struct buf got = { 0 };
	size_t n = 0;
	assert_int_equal(watches_served(w, &folders, &n, &e), 0);
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s %s\n", folders[i].url, watch_state_name(folders[i].state));
	assert_string_equal(buf_cstr(&got), want);
	buf_free(&got);
	free(folders);
}

static void settings(void **state)
{
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." OUT ".state=tag-ro\n"
	               "watch." IN ".vmd=kw:seen\n"
	               "watch." IN ".state=pause\n"
	               "watch." IN ".vmd=L:inbox\n"
	               "watch." IN ".recursive\n"
	               "watch." IN ".state=import-rw\n"
	               "watch." IN ".backend=poll\n"
	               "watch." IN ".other=thing\n"
	               "watch." OUT ".recursive=off\n"
	               "watch.alone=1\n"
	               "watch.maildir:/nowhere/idle.vmd=kw:seen\n");
	watches_settle(&w);
	expect(&w,
	       IN " import-rw configured recursive kw=1 L:inbox poll\n" OUT " tag-ro configured\n");
	served(&w, IN " import-rw\n" OUT " tag-ro\n");
	watches_free(&w);
}

static void one_that_is_wrong_does_not_harm_others(void **state)
{
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." IN ".state=import\n"
	               "watch.imaps://h/b.state=import-rw\n"
	               "watch.maildir:x.state=import-rw\n"
	               "watch.maildir:/nowhere/kw.state=import-rw\n"
	               "watch.maildir:/nowhere/kw.vmd=kw:sen\n"
	               "watch.maildir:/nowhere/odd.state=import-rw\n"
	               "watch.maildir:/nowhere/odd.vmd=odd\n"
	               "watch.maildir:/nowhere/way.state=import-rw\n"
	               "watch.maildir:/nowhere/way.backend=telepathy\n"
	               "watch." OUT ".state=index-ro\n"
	               "watch." OUT "/.state=import-rw\n");
	watches_settle(&w);
	served(&w, OUT " index-ro\n");
	assert_int_equal(w.n, 8);
	assert_string_equal(watches_find(&w, IN)->trouble,
	                    "state = import is none of import-rw, import-ro, index-rw, index-ro, "
	                    "tag-rw, tag-ro, pause");
	assert_string_equal(watches_find(&w, "imaps://h/b")->trouble,
	                    "folders of this kind are not implemented yet");
	assert_string_equal(watches_find(&w, "maildir:x")->trouble, "the path must start with /");
	assert_non_null(
	    strstr(watches_find(&w, "maildir:/nowhere/kw")->trouble, "vmd: keyword `sen'"));
	assert_string_equal(watches_find(&w, "maildir:/nowhere/odd")->trouble,
	                    "vmd = odd: it must be kw:KEYWORD or L:LABEL");
	assert_non_null(strstr(watches_find(&w, "maildir:/nowhere/way")->trouble, "telepathy"));
	watches_free(&w);
}

static void folders_are_watched_unasked(void **state)
{
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." OUT ".state=pause\nwatch." TOP ".state=import-ro\n"
	               "watch." TOP ".recursive=true\n");
	add_folder(&w, IN, false);
	add_folder(&w, OUT, true);
	add_folder(&w, "maildir:/nowhere/results", true);
	add_folder(&w, TOP "/a", true);
	watches_settle(&w);
	expect(&w, IN " tag-ro known\n" OUT " pause configured known\n"
	              "maildir:/nowhere/results tag-rw known\n" TOP
	              " import-ro configured recursive\n" TOP "/a import-ro known covered\n");
	served(&w, IN " tag-ro\nmaildir:/nowhere/results tag-rw\n" TOP " import-ro\n");
	watches_free(&w);
}

/* The nearest decides. */
static void recursive_within_recursive(void **state)
{
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." TOP ".state=import-ro\nwatch." TOP ".recursive=true\n"
	               "watch." TOP "/a.state=pause\nwatch." TOP "/a.recursive=true\n"
	               "watch." TOP "/b.state=pause\n");
	add_folder(&w, TOP "/a/x", false);
	add_folder(&w, TOP "/b/x", false);
	watches_settle(&w);
	assert_string_equal(watch_state_name(watches_find(&w, TOP "/a/x")->state), "pause");
	assert_string_equal(watch_state_name(watches_find(&w, TOP "/b/x")->state), "import-ro");
	served(&w, TOP " import-ro\n" TOP "/a pause\n" TOP "/b pause\n");
	watches_free(&w);
}

static void pausing_alone_is_nothing_to_do(void **state)
{
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." IN ".state=pause\n");
	watches_settle(&w);
	served(&w, "");
	watches_free(&w);
	watches_settle(&w);
	served(&w, "");
	watches_free(&w);
}

static void choice(void **state)
{
	static const struct {
		const char *arg;
		unsigned flags;
		const char *chosen; /* a digit for each; NULL: -ENOENT */
	} table[] = {
		{ "1", 0, "100" },
		{ "3", CHOICE_EXACT, "001" },
		{ "0", 0, NULL },
		{ "4", 0, NULL },
		{ "99999999999999999999999", 0, NULL },
		{ OUT, CHOICE_EXACT, "010" },
		{ "/nowhere//out/", CHOICE_EXACT, "010" },
		{ "imap://h/box", 0, "100" },
		{ "nowhere", CHOICE_EXACT, NULL },
		{ "nowhere", 0, "011" },
		{ "*", 0, "111" },
		{ "o?t", 0, "010" },
		{ "nothing", 0, NULL },
		{ "", CHOICE_EXACT, NULL },
	};
	struct watches w = { 0 };
	(void)state;
	add_config(&w, "watch." OUT ".state=tag-ro\nwatch." TOP ".state=tag-ro\n"
	               "watch.imap://h/box.state=tag-ro\n");
	watches_settle(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct watch_choice wc;
		struct err e = { .text = "" };
		char seen[4] = "";
		assert_int_equal(watch_choice_init(&wc, &w, &e), 0);
		int rc = watch_choice_add(&wc, table[i].arg, table[i].flags, &e);
		for (size_t k = 0; k < w.n; k++)
			seen[k] = wc.chosen[k] ? '1' : '0';
		if (rc != (table[i].chosen != NULL ? 0 : -ENOENT) ||
		    strcmp(seen, table[i].chosen != NULL ? table[i].chosen : "000") != 0)
			fail_msg("`%s': %d, %s, %s", table[i].arg, rc, seen, e.text);
		watch_choice_free(&wc);
	}
	watches_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings),
		cmocka_unit_test(one_that_is_wrong_does_not_harm_others),
		cmocka_unit_test(folders_are_watched_unasked),
		cmocka_unit_test(recursive_within_recursive),
		cmocka_unit_test(pausing_alone_is_nothing_to_do),
		cmocka_unit_test(choice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
