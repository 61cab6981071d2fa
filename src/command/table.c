/* The commands of table.h, and lookups in it. */
#include "table.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Whom the store is asked from: all accept what selects the local store. */
#define SOURCE_OPTS                                                                                \
	OPT_REMOTE, OPT_LOCAL, OPT_EXTERNAL, OPT_INCLUDE, OPT_EXCLUDE, OPT_ONLY, OPT_IMPORT_REMOTE
#define NET_OPTS OPT_NO_TORSOCKS, OPT_TORSOCKS, OPT_PROXY
#define DIFF_OPTS                                                                                  \
	OPT_DIFF_UNIFIED, OPT_DIFF_OUTPUT_INDICATOR_NEW, OPT_DIFF_OUTPUT_INDICATOR_OLD,            \
	    OPT_DIFF_OUTPUT_INDICATOR_CONTEXT, OPT_DIFF_INDENT_HEURISTIC, OPT_DIFF_MINIMAL,        \
	    OPT_DIFF_PATIENCE, OPT_DIFF_HISTOGRAM, OPT_DIFF_ANCHORED, OPT_DIFF_DIFF_ALGORITHM,     \
	    OPT_DIFF_COLOR_MOVED, OPT_DIFF_COLOR_MOVED_WS, OPT_DIFF_NO_COLOR_MOVED,                \
	    OPT_DIFF_NO_COLOR_MOVED_WS, OPT_DIFF_WORD_DIFF, OPT_DIFF_WORD_DIFF_REGEX,              \
	    OPT_DIFF_COLOR_WORDS, OPT_DIFF_NO_RENAMES, OPT_DIFF_RENAME_EMPTY, OPT_DIFF_CHECK,      \
	    OPT_DIFF_WS_ERROR_HIGHLIGHT, OPT_DIFF_FULL_INDEX, OPT_DIFF_BINARY, OPT_DIFF_ABBREV,    \
	    OPT_DIFF_BREAK_REWRITES, OPT_DIFF_FIND_RENAMES, OPT_DIFF_FIND_COPIES,                  \
	    OPT_DIFF_FIND_COPIES_HARDER, OPT_DIFF_IRREVERSIBLE_DELETE, OPT_DIFF_LIMIT,             \
	    OPT_DIFF_DIFF_FILTER, OPT_DIFF_STRING, OPT_DIFF_GREP, OPT_DIFF_FIND_OBJECT,            \
	    OPT_DIFF_PICKAXE_ALL, OPT_DIFF_PICKAXE_REGEX, OPT_DIFF_ORDER, OPT_DIFF_REVERSE,        \
	    OPT_DIFF_RELATIVE, OPT_DIFF_TEXT, OPT_DIFF_IGNORE_CR_AT_EOL,                           \
	    OPT_DIFF_IGNORE_SPACE_AT_EOL, OPT_DIFF_IGNORE_SPACE_CHANGE, OPT_DIFF_IGNORE_ALL_SPACE, \
	    OPT_DIFF_IGNORE_BLANK_LINES, OPT_DIFF_INTER_HUNK_CONTEXT, OPT_DIFF_FUNCTION_CONTEXT,   \
	    OPT_DIFF_EXIT_CODE, OPT_DIFF_EXT_DIFF, OPT_DIFF_NO_EXT_DIFF, OPT_DIFF_TEXTCONV,        \
	    OPT_DIFF_SRC_PREFIX, OPT_DIFF_DST_PREFIX, OPT_DIFF_NO_PREFIX, OPT_DIFF_LINE_PREFIX
#define COMMON_OPTS OPT_CONFIG, OPT_CHDIR, OPT_QUIET, OPT_HELP

const struct command_def command_table[CMD_COUNT] = {
	[CMD_Q] = { .name = "q",
	            .args = "--stdin|SEARCH_TERMS...",
	            .args_max = SIZE_MAX,
	            .help = "search for messages matching terms",
	            .options = { OPT_STDIN,         OPT_OUTPUT,    OPT_FORMAT,  OPT_LIMIT,
	                         OPT_OFFSET,        OPT_SORT,      OPT_REVERSE, OPT_PRETTY,
	                         OPT_AUGMENT,       OPT_MUA,       OPT_DEDUPE,  OPT_SAVE,
	                         OPT_IMPORT_BEFORE, OPT_COLOR,     OPT_LOCK,    OPT_VERBOSE,
	                         OPT_Q_JOBS,        OPT_ALERT,     OPT_THREADS, OPT_MAIL_SYNC,
	                         OPT_SHARED,        OPT_RSYNCABLE, OPT_GLOBOFF, SOURCE_OPTS,
	                         NET_OPTS,          COMMON_OPTS,   OPT_COUNT },
	            .dash = DASH_NUMBER },
	[CMD_LCAT] = { .name = "lcat",
	               .args = "--stdin|MSGID_OR_URL...",
	               .args_max = SIZE_MAX,
	               .help = "show messages by Message-ID, link or blob id",
	               .options = { OPT_STDIN,         OPT_OUTPUT,    OPT_FORMAT,  OPT_LIMIT,
	                            OPT_OFFSET,        OPT_SORT,      OPT_REVERSE, OPT_AUGMENT,
	                            OPT_MUA,           OPT_DEDUPE,    OPT_COLOR,   OPT_LOCK,
	                            OPT_IMPORT_BEFORE, OPT_VERBOSE,   OPT_Q_JOBS,  OPT_ALERT,
	                            OPT_THREADS,       OPT_RSYNCABLE, OPT_GLOBOFF, SOURCE_OPTS,
	                            NET_OPTS,          COMMON_OPTS,   OPT_COUNT },
	               .dash = DASH_NUMBER },
	[CMD_UP] = { .name = "up",
	             .args = "OUTPUT...|--all",
	             .args_max = SIZE_MAX,
	             .help = "repeat saved searches, and add what is new to their outputs",
	             .options = { OPT_ALL_SEARCHES, OPT_UP_JOBS, OPT_LOCK, OPT_ALERT, OPT_MUA,
	                          OPT_VERBOSE, OPT_EXCLUDE, OPT_FUDGE_TIME, OPT_REMOTE, OPT_LOCAL,
	                          OPT_EXTERNAL, NET_OPTS, COMMON_OPTS, OPT_COUNT } },
	[CMD_LS_SEARCH] = { .name = "ls-search",
	                    .args = "[PREFIX]",
	                    .args_max = 1,
	                    .help = "list saved searches",
	                    .options = { OPT_LIST_FORMAT, OPT_LIST_LONG, OPT_PRETTY, OPT_ASCII,
	                                 OPT_NUL, COMMON_OPTS, OPT_COUNT } },
	[CMD_EDIT_SEARCH] = { .name = "edit-search",
	                      .args = "OUTPUT",
	                      .args_min = 1,
	                      .args_max = 1,
	                      .help = "edit a saved search in your editor",
	                      .options = { COMMON_OPTS, OPT_COUNT } },
	[CMD_FORGET_SEARCH] = { .name = "forget-search",
	                        .args = "OUTPUT...|--prune",
	                        .args_max = SIZE_MAX,
	                        .help = "forget saved searches; their outputs stay",
	                        .options = { OPT_PRUNE_SEARCHES, OPT_VERBOSE, COMMON_OPTS,
	                                     OPT_COUNT } },
	[CMD_BLOB] = { .name = "blob",
	               .args = "OID[:PART]",
	               .args_min = 1,
	               .args_max = 1,
	               .help = "show a message, a part of it, or code by its git blob id",
	               .options = { OPT_VERBOSE, OPT_MAIL, OPT_CWD, OPT_GIT_DIR, OPT_OID_A,
	                            OPT_PATH_A, OPT_PATH_B, SOURCE_OPTS, NET_OPTS, COMMON_OPTS,
	                            OPT_COUNT } },
	[CMD_P2Q] = { .name = "p2q",
	              .args = "LOCATION_OR_COMMIT...|--stdin",
	              .args_max = SIZE_MAX,
	              .help = "turn a patch into a query for `lei q --stdin'",
	              .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_WANT, OPT_URI, OPT_DEBUG, NET_OPTS,
	                           COMMON_OPTS, OPT_COUNT } },
	[CMD_MAIL_DIFF] = { .name = "mail-diff",
	                    .args = "--stdin|LOCATION...",
	                    .args_max = SIZE_MAX,
	                    .help = "compare messages with the first, part by part",
	                    .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_RAW_HEADER, OPT_DIFF_COLOR,
	                                 OPT_NO_DIFF_COLOR, OPT_VERBOSE, DIFF_OPTS, NET_OPTS,
	                                 COMMON_OPTS, OPT_COUNT } },
	[CMD_REDIFF] = { .name = "rediff",
	                 .args = "--stdin|LOCATION...",
	                 .args_max = SIZE_MAX,
	                 .help = "make the patches of a mail again with other options",
	                 .options = { OPT_STDIN, OPT_GIT_DIR, OPT_CWD, OPT_DRQ, OPT_DEQUOTE_ONLY,
	                              OPT_DIFF_COLOR, OPT_NO_DIFF_COLOR, OPT_VERBOSE, DIFF_OPTS,
	                              OPT_REMOTE, OPT_LOCAL, OPT_EXTERNAL, OPT_INCLUDE, OPT_EXCLUDE,
	                              OPT_IMPORT_REMOTE, NET_OPTS, COMMON_OPTS, OPT_COUNT } },
	[CMD_IMPORT] = { .name = "import",
	                 .args = "LOCATION...|--stdin [+L:LABEL] [+kw:KEYWORD]",
	                 .args_max = SIZE_MAX,
	                 .help = "import mail into the local store, once",
	                 .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_KW, OPT_JOBS, OPT_LOCK,
	                              OPT_VERBOSE, OPT_RECURSIVE, OPT_IN_EXCLUDE, OPT_IN_INCLUDE,
	                              OPT_NEW_ONLY, OPT_INCREMENTAL, OPT_MAIL_SYNC, NET_OPTS,
	                              COMMON_OPTS, OPT_COUNT } },
	[CMD_INDEX] = { .name = "index",
	                .args = "MAILDIR... [+L:LABEL] [+kw:KEYWORD]",
	                .args_min = 1,
	                .args_max = SIZE_MAX,
	                .help = "make mail found where it is, without a copy in the store",
	                .options = { OPT_IN_FORMAT, OPT_KW, OPT_JOBS, OPT_VERBOSE, OPT_RECURSIVE,
	                             OPT_IN_EXCLUDE, OPT_IN_INCLUDE, OPT_INCREMENTAL, NET_OPTS,
	                             COMMON_OPTS, OPT_COUNT } },
	[CMD_TAG] = { .name = "tag",
	              .args = "LOCATION...|--stdin [+-]kw:KEYWORD [+-]L:LABEL",
	              .args_max = SIZE_MAX,
	              .help = "set and clear keywords and labels of stored messages",
	              .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_INPUT, OPT_OID, OPT_MID,
	                           OPT_VERBOSE, NET_OPTS, COMMON_OPTS, OPT_COUNT },
	              .dash = DASH_MARK },
	[CMD_RM] = { .name = "rm",
	             .args = "LOCATION...|--stdin",
	             .args_max = SIZE_MAX,
	             .help = "remove messages from the store, not from where they came from",
	             .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_LOCK, OPT_OID, OPT_MID, OPT_VERBOSE,
	                          NET_OPTS, COMMON_OPTS, OPT_COUNT } },
	[CMD_LS_LABEL] = { .name = "ls-label",
	                   .args = "",
	                   .help = "list labels",
	                   .options = { OPT_NUL, OPT_STATS, COMMON_OPTS, OPT_COUNT } },
	[CMD_FSCK] = { .name = "fsck",
	               .args = "",
	               .help = "look whether the store is whole, or mend it",
	               .options = { OPT_FSCK_FORMAT, OPT_REPAIR, COMMON_OPTS, OPT_COUNT } },
	[CMD_REINDEX] = { .name = "reindex",
	                  .args = "",
	                  .help = "make the index anew, while others go on",
	                  .options = { COMMON_OPTS, OPT_COUNT } },
	[CMD_BACKUP] = { .name = "backup",
	                 .args = "DIRNAME",
	                 .args_min = 1,
	                 .args_max = 1,
	                 .help = "copy the store, while others go on",
	                 .options = { OPT_FORCE, COMMON_OPTS, OPT_COUNT } },
	[CMD_INSPECT] = { .name = "inspect",
	                  .args = "ITEM...|--stdin",
	                  .args_max = SIZE_MAX,
	                  .help = "show what is known of a message or a folder, as JSON",
	                  .options = { OPT_STDIN, OPT_PRETTY, OPT_ASCII, OPT_DIR, COMMON_OPTS,
	                               OPT_COUNT } },
	[CMD_CONVERT] = { .name = "convert",
	                  .args = "LOCATION...|--stdin",
	                  .args_max = SIZE_MAX,
	                  .help = "convert mail from one format to another, without the store",
	                  .options = { OPT_STDIN, OPT_OUTPUT, OPT_OUT_FORMAT, OPT_IN_FORMAT, OPT_KW,
	                               OPT_LOCK, OPT_RSYNCABLE, NET_OPTS, COMMON_OPTS,
	                               OPT_COUNT } },
	[CMD_ADD_WATCH] = { .name = "add-watch",
	                    .args = "MAILDIR... [+L:LABEL] [+kw:KEYWORD]",
	                    .args_min = 1,
	                    .args_max = SIZE_MAX,
	                    .help = "watch for new messages and changed flags",
	                    .options = { OPT_STATE, OPT_WATCH_RECURSIVE, OPT_POLL_INTERVAL,
	                                 COMMON_OPTS, OPT_COUNT } },
	[CMD_RM_WATCH] = { .name = "rm-watch",
	                   .args = "MAILDIR...",
	                   .args_min = 1,
	                   .args_max = SIZE_MAX,
	                   .help = "end watches that were added",
	                   .options = { OPT_WATCH_RECURSIVE, COMMON_OPTS, OPT_COUNT } },
	[CMD_LS_WATCH] = { .name = "ls-watch",
	                   .args = "[FILTER...]",
	                   .args_max = SIZE_MAX,
	                   .help = "list watches",
	                   .options = { OPT_LONG, OPT_NUL, COMMON_OPTS, OPT_COUNT } },
	[CMD_PAUSE_WATCH] = { .name = "pause-watch",
	                      .args = "NUMBER|MAILDIR|FILTER...|--all",
	                      .args_max = SIZE_MAX,
	                      .help = "let what happens pass unnoticed for a while",
	                      .options = { OPT_ALL_WATCHES, OPT_ONLY_LOCAL, OPT_ONLY_REMOTE,
	                                   COMMON_OPTS, OPT_COUNT } },
	[CMD_RESUME_WATCH] = { .name = "resume-watch",
	                       .args = "NUMBER|MAILDIR|FILTER...|--all",
	                       .args_max = SIZE_MAX,
	                       .help = "watch again, and catch up",
	                       .options = { OPT_ALL_WATCHES, OPT_ONLY_LOCAL, OPT_ONLY_REMOTE,
	                                    COMMON_OPTS, OPT_COUNT } },
	[CMD_FORGET_WATCH] = { .name = "forget-watch",
	                       .args = "NUMBER|MAILDIR...|--prune",
	                       .args_max = SIZE_MAX,
	                       .help = "end watches, and forget which file is which message",
	                       .options = { OPT_PRUNE, COMMON_OPTS, OPT_COUNT } },
	[CMD_EXPORT_KW] = { .name = "export-kw",
	                    .args = "MAILDIR...|--all",
	                    .args_max = SIZE_MAX,
	                    .help = "write keywords to the names of files, once",
	                    .options = { OPT_ALL_FOLDERS, OPT_MODE, OPT_VERBOSE, NET_OPTS,
	                                 COMMON_OPTS, OPT_COUNT } },
	[CMD_LS_MAIL_SYNC] = { .name = "ls-mail-sync",
	                       .args = "[FILTER]",
	                       .args_max = 1,
	                       .help = "list folders whose files are known",
	                       .options = { OPT_NUL, OPT_LIST_GLOBOFF, OPT_INVERT_MATCH,
	                                    OPT_ONLY_LOCAL, OPT_ONLY_REMOTE, COMMON_OPTS,
	                                    OPT_COUNT } },
	[CMD_REFRESH_MAIL_SYNC] = { .name = "refresh-mail-sync",
	                            .args = "MAILDIR...|--all",
	                            .args_max = SIZE_MAX,
	                            .help = "look which file is which message, once",
	                            .options = { OPT_ALL_FOLDERS, OPT_VERBOSE, NET_OPTS,
	                                         COMMON_OPTS, OPT_COUNT } },
	[CMD_FORGET_MAIL_SYNC] = { .name = "forget-mail-sync",
	                           .args = "MAILDIR...",
	                           .args_min = 1,
	                           .args_max = SIZE_MAX,
	                           .help = "forget which file of a folder is which message",
	                           .options = { COMMON_OPTS, OPT_COUNT } },
	[CMD_NOTE_EVENT] = { .name = "note-event",
	                     .args = "done",
	                     .args_min = 1,
	                     .args_max = 1,
	                     .help = "wait until all that happened in watched folders is stored",
	                     .options = { COMMON_OPTS, OPT_COUNT } },
	[CMD_ADD_EXTERNAL] = { .name = "add-external",
	                       .args = "DIR",
	                       .args_min = 1,
	                       .args_max = 1,
	                       .help = "search another store, too, or change its priority",
	                       .options = { OPT_BOOST, OPT_VERBOSE, OPT_MIRROR, OPT_MIRROR_FLAG,
	                                    NET_OPTS, COMMON_OPTS, OPT_COUNT } },
	[CMD_LS_EXTERNAL] = { .name = "ls-external",
	                      .args = "[FILTER]",
	                      .args_max = 1,
	                      .help = "list other stores that are searched",
	                      .options = { OPT_LS_FORMAT, OPT_NUL, OPT_LIST_GLOBOFF,
	                                   OPT_INVERT_MATCH, OPT_ONLY_LOCAL, OPT_ONLY_REMOTE,
	                                   COMMON_OPTS, OPT_COUNT } },
	[CMD_FORGET_EXTERNAL] = { .name = "forget-external",
	                          .args = "LOCATION...|--prune",
	                          .args_max = SIZE_MAX,
	                          .help = "search another store no more",
	                          .options = { OPT_PRUNE, COMMON_OPTS, OPT_COUNT } },
	[CMD_CONFIG] = { .name = "config",
	                 .args = "[...]",
	                 .args_max = SIZE_MAX,
	                 .help = "run git config on lei's own config file",
	                 .options = { OPT_EDIT, OPT_CONFIG_FILE, OPT_CONFIG, OPT_CHDIR, OPT_HELP,
	                              OPT_COUNT },
	                 .passes_options = true },
	[CMD_INIT] = { .name = "init",
	               .args = "[DIRNAME]",
	               .args_max = 1,
	               .help = "make the store, in a place of your choice",
	               .options = { COMMON_OPTS, OPT_COUNT } },
	[CMD_DAEMON_KILL] = { .name = "daemon-kill",
	                      .args = "[-SIGNAL]",
	                      .help = "signal the lei-daemon",
	                      .options = { OPT_SIGNAL, OPT_HELP, OPT_COUNT },
	                      .dash = DASH_SIGNAL,
	                      .is_inline = true },
	[CMD_DAEMON_PID] = { .name = "daemon-pid",
	                     .args = "",
	                     .help = "show the process id of the lei-daemon",
	                     .options = { OPT_HELP, OPT_COUNT },
	                     .is_inline = true },
	[CMD_HELP] = { .name = "help",
	               .args = "[COMMAND]",
	               .args_max = 1,
	               .help = "show help",
	               .options = { COMMON_OPTS, OPT_COUNT },
	               .is_inline = true },
	[CMD_VERSION] = { .name = "version",
	                  .args = "",
	                  .help = "show the version of the lei-daemon",
	                  .options = { COMMON_OPTS, OPT_COUNT },
	                  .is_inline = true },
	[CMD_SUCKS] = { .name = "sucks",
	                .args = "",
	                .help = "show versions, for reports of problems",
	                .options = { COMMON_OPTS, OPT_COUNT },
	                .hidden = true },
	[CMD_COMPLETE] = { .name = "_complete",
	                   .args = "[...]",
	                   .args_max = SIZE_MAX,
	                   .help = "what a shell may complete",
	                   .options = { OPT_COUNT },
	                   .passes_options = true,
	                   .is_inline = true,
	                   .hidden = true },
};

/* Those that we shall not have: why, and what to do. */
static const struct {
	const char *name, *why;
} never_table[] = {
	{ "ls-mail-source", "nothing is fetched over a network; list folders with the program that "
	                    "fetches your mail, and `lei import' what it brings" },
	{ "plonk", "add NOT f:ADDRESS or NOT m:MESSAGE-ID to the query" },
	{ "purge-mailsource", "nothing is removed where mail comes from; do it with the mail "
	                      "program, and here with `lei rm'" },
};

static bool same_name(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
			return false;
	}
	return *a == *b;
}

const struct command_def *command_find(const char *name)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (same_name(command_table[i].name, name))
			return &command_table[i];
	}
	return NULL;
}

enum command_id command_id(const struct command_def *def)
{
	return (enum command_id)(def - command_table);
}

bool command_has(const struct command_def *def, enum option_id id)
{
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		if (*o == id)
			return true;
	}
	return false;
}

const char *command_never(const char *name)
{
	for (size_t i = 0; i < sizeof(never_table) / sizeof(never_table[0]); i++) {
		if (same_name(never_table[i].name, name))
			return never_table[i].why;
	}
	return NULL;
}

size_t words_next(const char **at, const char **ret)
{
	if (*at == NULL || **at == '\0')
		return 0;
	size_t len = strcspn(*at, "|");
	*ret = *at;
	*at += len + ((*at)[len] == '|');
	return len;
}

bool words_have(const char *words, const char *word, size_t len)
{
	const char *w;
	for (size_t n; (n = words_next(&words, &w)) > 0;) {
		if (n == len && strncasecmp(w, word, len) == 0)
			return true;
	}
	return false;
}
