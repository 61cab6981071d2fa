#include "message_address.h"

#include "message.h"
#include "message_decode.h"

#include <string.h>

/* ---- tokens ---- */

static bool is_atom(char c)
{
	unsigned char u = (unsigned char)c;
	return u > ' ' && u != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

static bool at(const struct slice *s, char c)
{
	return s->len > 0 && *s->p == c;
}

static void step(struct slice *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* From an opening "(" past its end; the text inside replaces *out. */
static void skip_comment(struct slice *s, struct buf *out)
{
	size_t level = 0;
	buf_reset(out);
	do {
		char c = *s->p;
		size_t n = c == '\\' && s->len > 1 ? 2 : 1;
		if (c == ')')
			level--;
		if (level > 0)
			buf_addc(out, s->p[n - 1]);
		if (c == '(')
			level++;
		step(s, n);
	} while (s->len > 0 && level > 0);
	if (level > 0)
		buf_reset(out);
}

static void skip_space(struct slice *s, struct buf *comment)
{
	while (s->len > 0 && (is_blank(*s->p) || *s->p == '(')) {
		if (*s->p == '(')
			skip_comment(s, comment);
		else
			step(s, 1);
	}
}

static bool take_quoted(struct slice *s, struct buf *out)
{
	step(s, 1);
	while (s->len > 0 && *s->p != '"') {
		size_t n = *s->p == '\\' && s->len > 1 ? 2 : 1;
		buf_addc(out, s->p[n - 1]);
		step(s, n);
	}
	if (s->len == 0)
		return false;
	step(s, 1);
	return true;
}

static void take_word(struct slice *s, struct buf *out) /* with dots */
{
	size_t n = 0;
	while (n < s->len && (is_atom(s->p[n]) || s->p[n] == '.'))
		n++;
	buf_add(out, s->p, n);
	step(s, n);
}

/* Words and quoted strings up to something else, joined by blanks; false for an open quote. */
static bool take_phrase(struct slice *s, struct buf *out, struct buf *comment)
{
	buf_reset(out);
	for (bool more = false; s->len > 0; more = true) {
		if (!is_atom(*s->p) && *s->p != '.' && *s->p != '"')
			break;
		if (more)
			buf_addc(out, ' ');
		if (*s->p == '"') {
			if (!take_quoted(s, out))
				return false;
		} else {
			take_word(s, out);
		}
		skip_space(s, comment);
	}
	return true;
}

static void take_dotted(struct slice *s, struct buf *out, struct buf *comment)
{
	buf_reset(out);
	while (s->len > 0 && (is_atom(*s->p) || *s->p == '.' || (*s->p == '"' && !out->len))) {
		if (*s->p == '"' && !take_quoted(s, out)) {
			buf_reset(out);
			return;
		}
		take_word(s, out);
		skip_space(s, comment);
		/* A blank ends it, unless a dot stands beside. */
		if (!at(s, '.') && out->len > 0 && out->data[out->len - 1] != '.')
			return;
	}
}

static void take_domain(struct slice *s, struct buf *out, struct buf *comment)
{
	skip_space(s, comment);
	if (!at(s, '[')) {
		take_dotted(s, out, comment);
		return;
	}
	buf_reset(out);
	const char *close = memchr(s->p, ']', s->len);
	size_t n = close ? (size_t)(close - s->p) + 1 : s->len;
	buf_add(out, s->p, n);
	step(s, n);
	skip_space(s, comment);
}

/* ---- mailboxes ---- */

static bool plain_user(const struct buf *user)
{
	if (user->data[0] == '.' || user->data[user->len - 1] == '.')
		return false;
	for (size_t i = 0; i < user->len; i++)
		if (!is_atom(user->data[i]) && user->data[i] != '.')
			return false;
	return true;
}

static void add_quoted(struct buf *out, const char *p, size_t len)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '"' || p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, p[i]);
	}
	buf_addc(out, '"');
}

/* user "@" domain; l->now.address stays empty unless both are there.  False without any "@". */
static bool take_address(struct address_list *l)
{
	struct slice *s = &l->left;
	take_dotted(s, &l->user, &l->now.comment);
	if (!at(s, '@'))
		return false;
	step(s, 1);
	take_domain(s, &l->host, &l->now.comment);
	if (l->user.len == 0 || l->host.len == 0)
		return true;
	if (plain_user(&l->user))
		buf_add(&l->now.address, l->user.data, l->user.len);
	else
		add_quoted(&l->now.address, l->user.data, l->user.len);
	buf_addc(&l->now.address, '@');
	buf_add(&l->now.address, l->host.data, l->host.len);
	return true;
}

/* "<" has been seen; an obsolete route before the address is skipped. */
static void take_angle(struct address_list *l)
{
	struct slice *s = &l->left;
	step(s, 1);
	buf_reset(&l->now.comment);
	skip_space(s, &l->now.comment);
	while (at(s, '@') || at(s, ',')) {
		step(s, 1);
		take_domain(s, &l->host, &l->now.comment);
	}
	if (at(s, ':')) {
		step(s, 1);
		skip_space(s, &l->now.comment);
	}
	take_address(l);
	if (at(s, '>')) {
		step(s, 1);
		buf_reset(&l->now.comment);
	} else if (s->len > 0) {
		buf_reset(&l->now.address);
	}
	skip_space(s, &l->now.comment);
}

/* At a mailbox, or at a group's name, which is then taken. */
static void take_mailbox(struct address_list *l)
{
	struct slice *s = &l->left, start = *s;
	bool phrase = take_phrase(s, &l->now.phrase, &l->now.comment);
	if (phrase && !l->in_group && at(s, ':')) {
		step(s, 1);
		l->in_group = true;
		skip_space(s, &l->now.comment);
		start = *s;
		phrase = take_phrase(s, &l->now.phrase, &l->now.comment);
	}
	if (phrase && at(s, '<')) {
		take_angle(l);
		return;
	}
	*s = start;
	buf_reset(&l->now.phrase);
	/* One word alone at the end is a name: "Undisclosed". */
	if (!take_address(l) && s->len == 0)
		buf_add(&l->now.phrase, l->user.data, l->user.len);
}

/* What stands between a mailbox and the next is dropped. */
static void skip_rest(struct address_list *l)
{
	struct slice *s = &l->left;
	while (s->len > 0 && *s->p != ',') {
		if (*s->p == ';')
			l->in_group = false;
		step(s, 1);
	}
}

static bool next_any(struct address_list *l, bool *ret_nobody)
{
	struct slice *s = &l->left;
	buf_reset(&l->now.phrase);
	buf_reset(&l->now.comment);
	buf_reset(&l->now.address);
	if (l->started && at(s, ','))
		step(s, 1);
	l->started = true;
	skip_space(s, &l->now.comment);
	if (s->len == 0)
		return false;
	take_mailbox(l);
	*ret_nobody = l->in_group && at(s, ';') && l->now.address.len + l->now.phrase.len == 0;
	skip_rest(l);
	return true;
}

bool address_next(struct address_list *l)
{
	bool nobody = false; /* the end of a group, as in "undisclosed-recipients:;" */
	do {
		if (!next_any(l, &nobody))
			return false;
	} while (nobody);
	return true;
}

void address_list_done(struct address_list *l)
{
	buf_free(&l->now.phrase);
	buf_free(&l->now.comment);
	buf_free(&l->now.address);
	buf_free(&l->user);
	buf_free(&l->host);
}
