/* The colours of text for a person: what each kind of line begins with on a terminal. */
#ifndef MAIL_PALETTE_H
#define MAIL_PALETTE_H

#include "../base/buf.h"

enum color_slot {
	COLOR_QUOTED,
	COLOR_HEADER,
	COLOR_STATUS, /* what the store knows */
	COLOR_ATTACHMENT,
	COLOR_NEW, /* of patches, as git has them */
	COLOR_OLD,
	COLOR_META,
	COLOR_FRAG,
	COLOR_FUNC,
	COLOR_CONTEXT,
	COLOR_SLOTS
};

enum { COLOR_TEXT_MAX = 64 };
struct palette {
	char on[COLOR_SLOTS][COLOR_TEXT_MAX]; /* the control sequence; "" for none */
};

/* "hdrdefault": what the configuration calls it. */
const char *color_slot_name(enum color_slot slot);
/* "bold red black", "bright_cyan", "208 nobold ul", "#ff8800": words as in git's configuration and
 * those of Perl's Term::ANSIColor.  -EINVAL for other words. */
int palette_set(struct palette *p, enum color_slot slot, const char *words);
void palette_init(struct palette *p); /* the original's */

/* Colour each line of what b holds from `from` on; p may be NULL. */
void palette_paint(const struct palette *p, enum color_slot slot, struct buf *b, size_t from);
/* The same for the text of a mail: quoted lines, and patches. */
void palette_paint_text(const struct palette *p, struct buf *b, size_t from);

#endif
