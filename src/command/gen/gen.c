/* Build-time filter: a template on stdin, the document on stdout.  A line that is only
 * @COMMANDS@, @SHELL@ or @FISH@ becomes what the table says; @VERSION@ is replaced anywhere. */
#include "../help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*part_for(const char *line))(struct buf *)
{
	if (strcmp(line, "@COMMANDS@\n") == 0)
		return roff_commands;
	if (strcmp(line, "@SHELL@\n") == 0)
		return completion_shell;
	if (strcmp(line, "@FISH@\n") == 0)
		return completion_fish;
	return NULL;
}

static void put_line(const char *line)
{
	static const char mark[] = "@VERSION@";
	for (const char *p; (p = strstr(line, mark)) != NULL; line = p + strlen(mark))
		printf("%.*s%s", (int)(p - line), line, LEI_VERSION);
	fputs(line, stdout);
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	bool ok = true;
	while (ok && getline(&line, &cap, stdin) > 0) {
		void (*part)(struct buf *) = part_for(line);
		struct buf text = { 0 };
		if (part == NULL) {
			put_line(line);
			continue;
		}
		part(&text);
		ok = buf_ok(&text);
		fwrite(text.data, 1, text.len, stdout);
		buf_free(&text);
	}
	free(line);
	return ok && fflush(stdout) == 0 && !ferror(stdout) && !ferror(stdin) ? 0 : 1;
}
