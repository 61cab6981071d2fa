#include "palette.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 32, CODE_MAX = 24 };

static const struct {
	const char *name, *words;
} slots[COLOR_SLOTS] = {
	[COLOR_QUOTED] = { "quoted", "blue" },
	[COLOR_HEADER] = { "hdrdefault", "cyan" },
	[COLOR_STATUS] = { "status", "bright_cyan" },
	[COLOR_ATTACHMENT] = { "attachment", "bright_red" },
	[COLOR_NEW] = { "new", "green" },
	[COLOR_OLD] = { "old", "red" },
	[COLOR_META] = { "meta", "bold" },
	[COLOR_FRAG] = { "frag", "cyan" },
	[COLOR_FUNC] = { "func", "" },
	[COLOR_CONTEXT] = { "context", "" },
};

const char *color_slot_name(enum color_slot slot)
{
	return slots[slot].name;
}

/* ---- words ---- */

static int find(const char *const *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && strcasecmp(names[i], word) == 0)
			return (int)i;
	return -1;
}

/* "bold", "nobold", "no-bold"; the code of the attribute, -1 for none. */
static int attribute(const char *word)
{
	static const char *const names[] = {
		[0] = "reset", [1] = "bold",    [2] = "dim",     [3] = "italic", [4] = "ul",
		[5] = "blink", [7] = "reverse", [8] = "conceal", [9] = "strike"
	};
	static const char *const others[] = { [2] = "faint", [4] = "underline", [8] = "concealed" };
	enum { NAMES = sizeof(names) / sizeof(*names), OTHERS = sizeof(others) / sizeof(*others) };
	bool no = strncasecmp(word, "no", 2) == 0 && strcasecmp(word, "normal") != 0;
	word += no ? 2 + (word[2] == '-') : 0;
	int code = find(names, NAMES, word);
	if (code < 0)
		code = find(others, OTHERS, word);
	if (code <= 0 || !no)
		return no && code == 0 ? -1 : code;
	return 20 + (code == 1 ? 2 : code); /* what ends bold ends dim */
}

static bool hex(const char *p, size_t digits, unsigned *ret)
{
	char part[3] = { p[0], p[digits - 1], '\0' };
	if (strspn(part, "0123456789abcdefABCDEF") != 2)
		return false;
	*ret = (unsigned)strtoul(part, NULL, 16);
	return true;
}

/* "#rrggbb" or "#rgb" */
static bool rgb(const char *word, unsigned base, char code[CODE_MAX])
{
	size_t len = strlen(word), digits = (len - 1) / 3;
	unsigned r, g, b;
	if (word[0] != '#' || (len != 7 && len != 4) || !hex(word + 1, digits, &r) ||
	    !hex(word + 1 + digits, digits, &g) || !hex(word + 1 + 2 * digits, digits, &b))
		return false;
	snprintf(code, CODE_MAX, "%u;2;%u;%u;%u", base + 38, r, g, b);
	return true;
}

/* The code of a colour, "" for normal; base 10 for the background. */
static bool color(const char *word, unsigned base, char code[CODE_MAX])
{
	static const char *const names[] = { "black",   "red",  "green", "yellow", "blue",
		                             "magenta", "cyan", "white", NULL,     "default" };
	bool bright = strncasecmp(word, "bright", 6) == 0;
	const char *name = bright ? word + 6 + (word[6] == '_') : word;
	int at = find(names, sizeof(names) / sizeof(*names), name);
	char *end;
	code[0] = '\0';
	if (at >= 0 && !(bright && at > 7)) {
		snprintf(code, CODE_MAX, "%u", base + (unsigned)at + (bright ? 90 : 30));
		return true;
	}
	if (strcasecmp(word, "normal") == 0 || strcmp(word, "-1") == 0)
		return true;
	unsigned long n = strtoul(word, &end, 10);
	if (*word >= '0' && *word <= '9' && *end == '\0' && n < 256) {
		snprintf(code, CODE_MAX, "%u;5;%lu", base + 38, n);
		return true;
	}
	return rgb(word, base, code);
}

static bool add_code(char *codes, const char *code)
{
	size_t len = strlen(codes);
	int n = snprintf(codes + len, COLOR_TEXT_MAX - len, "%s%s", len && *code ? ";" : "", code);
	return (size_t)n < COLOR_TEXT_MAX - len;
}

/* One word; *colors counts those that were colours: the second is the background. */
static bool add_word(char *codes, const char *word, unsigned *colors)
{
	char code[CODE_MAX];
	int a = attribute(word);
	if (a >= 0) {
		snprintf(code, sizeof(code), "%d", a);
		return add_code(codes, code);
	}
	bool on = strncasecmp(word, "on_", 3) == 0;
	if (on)
		*colors = 1;
	if (*colors > 1 || !color(on ? word + 3 : word, *colors == 0 ? 0 : 10, code))
		return false;
	++*colors;
	return add_code(codes, code);
}

int palette_set(struct palette *p, enum color_slot slot, const char *words)
{
	char codes[COLOR_TEXT_MAX] = "", word[WORD_MAX];
	unsigned colors = 0;
	for (const char *w = words; *(w += strspn(w, " \t")) != '\0';) {
		size_t len = strcspn(w, " \t");
		if (len >= sizeof(word))
			return -EINVAL;
		snprintf(word, sizeof(word), "%.*s", (int)len, w);
		if (!add_word(codes, word, &colors))
			return -EINVAL;
		w += len;
	}
	char *on = p->on[slot];
	if (strlen(codes) + sizeof("\033[m") > COLOR_TEXT_MAX)
		return -EINVAL;
	on[0] = '\0';
	if (codes[0] != '\0')
		snprintf(on, COLOR_TEXT_MAX, "\033[%.*sm", COLOR_TEXT_MAX - 4, codes);
	return 0;
}

void palette_init(struct palette *p)
{
	for (enum color_slot s = 0; s < COLOR_SLOTS; s++)
		palette_set(p, s, slots[s].words);
}
