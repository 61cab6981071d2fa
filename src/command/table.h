/* The one table of commands and options.
 *
 * Option parsing, help, `_complete`, the man pages and the shell completions are all drawn from
 * it.  Pure data: what runs a command is in dispatch.c. */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG, /* --name */
	OPTION_BOOL, /* --name, --no-name, --noname */
	OPTION_TEXT, /* --name=VALUE; the last one counts */
	OPTION_LIST, /* --name=VALUE; each one counts */
	OPTION_NUMBER, /* --name=INTEGER */
	OPTION_MAYBE, /* --name, --name=VALUE, --name VALUE if that is one of the values */
};

enum option_id {
	OPT_HELP,
	OPT_CONFIG,
	OPT_CHDIR,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_STDIN,
	OPT_IN_FORMAT,
	OPT_OUT_FORMAT,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_KW,
	OPT_JOBS,
	OPT_Q_JOBS,
	OPT_LIMIT,
	OPT_OFFSET,
	OPT_SORT,
	OPT_REVERSE,
	OPT_PRETTY,
	OPT_AUGMENT,
	OPT_MUA,
	OPT_ALERT,
	OPT_THREADS,
	OPT_DEDUPE,
	OPT_SAVE,
	OPT_IMPORT_BEFORE,
	OPT_IMPORT_REMOTE,
	OPT_MAIL_SYNC,
	OPT_SHARED,
	OPT_RSYNCABLE,
	OPT_COLOR,
	OPT_LOCK,
	OPT_REMOTE,
	OPT_LOCAL,
	OPT_EXTERNAL,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_ONLY,
	OPT_GLOBOFF,
	OPT_TORSOCKS,
	OPT_NO_TORSOCKS,
	OPT_PROXY,
	OPT_INCREMENTAL,
	OPT_NEW_ONLY,
	OPT_RECURSIVE,
	OPT_MAIL,
	OPT_CWD,
	OPT_GIT_DIR,
	OPT_OID_A,
	OPT_PATH_A,
	OPT_PATH_B,
	OPT_EDIT,
	OPT_CONFIG_FILE,
	OPT_SIGNAL,
	OPT_STATE,
	OPT_WATCH_RECURSIVE,
	OPT_POLL_INTERVAL,
	OPT_LONG,
	OPT_NUL,
	OPT_LIST_GLOBOFF,
	OPT_INVERT_MATCH,
	OPT_ONLY_LOCAL,
	OPT_ONLY_REMOTE,
	OPT_ALL_SEARCHES,
	OPT_UP_JOBS,
	OPT_FUDGE_TIME,
	OPT_LIST_FORMAT,
	OPT_LIST_LONG,
	OPT_PRUNE_SEARCHES,
	OPT_ALL_WATCHES,
	OPT_ALL_FOLDERS,
	OPT_PRUNE,
	OPT_MODE,
	OPT_INPUT,
	OPT_OID,
	OPT_MID,
	OPT_DRQ,
	OPT_DEQUOTE_ONLY,
	OPT_DIFF_COLOR,
	OPT_NO_DIFF_COLOR,
	OPT_RAW_HEADER,
	OPT_DIFF_UNIFIED,
	OPT_DIFF_OUTPUT_INDICATOR_NEW,
	OPT_DIFF_OUTPUT_INDICATOR_OLD,
	OPT_DIFF_OUTPUT_INDICATOR_CONTEXT,
	OPT_DIFF_INDENT_HEURISTIC,
	OPT_DIFF_MINIMAL,
	OPT_DIFF_PATIENCE,
	OPT_DIFF_HISTOGRAM,
	OPT_DIFF_ANCHORED,
	OPT_DIFF_DIFF_ALGORITHM,
	OPT_DIFF_COLOR_MOVED,
	OPT_DIFF_COLOR_MOVED_WS,
	OPT_DIFF_NO_COLOR_MOVED,
	OPT_DIFF_NO_COLOR_MOVED_WS,
	OPT_DIFF_WORD_DIFF,
	OPT_DIFF_WORD_DIFF_REGEX,
	OPT_DIFF_COLOR_WORDS,
	OPT_DIFF_NO_RENAMES,
	OPT_DIFF_RENAME_EMPTY,
	OPT_DIFF_CHECK,
	OPT_DIFF_WS_ERROR_HIGHLIGHT,
	OPT_DIFF_FULL_INDEX,
	OPT_DIFF_BINARY,
	OPT_DIFF_ABBREV,
	OPT_DIFF_BREAK_REWRITES,
	OPT_DIFF_FIND_RENAMES,
	OPT_DIFF_FIND_COPIES,
	OPT_DIFF_FIND_COPIES_HARDER,
	OPT_DIFF_IRREVERSIBLE_DELETE,
	OPT_DIFF_LIMIT,
	OPT_DIFF_DIFF_FILTER,
	OPT_DIFF_STRING,
	OPT_DIFF_GREP,
	OPT_DIFF_FIND_OBJECT,
	OPT_DIFF_PICKAXE_ALL,
	OPT_DIFF_PICKAXE_REGEX,
	OPT_DIFF_ORDER,
	OPT_DIFF_REVERSE,
	OPT_DIFF_RELATIVE,
	OPT_DIFF_TEXT,
	OPT_DIFF_IGNORE_CR_AT_EOL,
	OPT_DIFF_IGNORE_SPACE_AT_EOL,
	OPT_DIFF_IGNORE_SPACE_CHANGE,
	OPT_DIFF_IGNORE_ALL_SPACE,
	OPT_DIFF_IGNORE_BLANK_LINES,
	OPT_DIFF_INTER_HUNK_CONTEXT,
	OPT_DIFF_FUNCTION_CONTEXT,
	OPT_DIFF_EXIT_CODE,
	OPT_DIFF_EXT_DIFF,
	OPT_DIFF_NO_EXT_DIFF,
	OPT_DIFF_TEXTCONV,
	OPT_DIFF_SRC_PREFIX,
	OPT_DIFF_DST_PREFIX,
	OPT_DIFF_NO_PREFIX,
	OPT_DIFF_LINE_PREFIX,
	OPT_DIFF_FIRST = OPT_DIFF_UNIFIED, /* these go to git diff as they are */
	OPT_DIFF_LAST = OPT_DIFF_LINE_PREFIX,
	OPT_WANT,
	OPT_URI,
	OPT_DEBUG,
	OPT_ASCII,
	OPT_STATS,
	OPT_FSCK_FORMAT,
	OPT_REPAIR,
	OPT_FORCE,
	OPT_DIR,
	OPT_BOOST,
	OPT_MIRROR,
	OPT_MIRROR_FLAG,
	OPT_LS_FORMAT,
	OPT_IN_INCLUDE,
	OPT_IN_EXCLUDE,
	OPT_COUNT, /* also ends a command's list */
};

struct option_def {
	const char *names; /* "output|mfolder|o": the first is shown first */
	const char *arg; /* what help calls the value */
	const char *values; /* "a|b": the values there are, all completed; NULL: any */
	const char *also; /* other spellings of values, taken in silence */
	const char *instead; /* why an option is refused for good, and what to do */
	const char *later; /* values of the original that we refuse for now, likewise */
	const char *help;
	enum option_kind kind;
	bool on_later; /* giving it is refused: known, but not implemented yet */
	bool off_later; /* giving its --no- form is */
	bool shown_as_no; /* help shows the --no- form, the other is the default */
	bool unlisted; /* left out of help and completion */
	bool judged; /* other values than those may be fine: the command judges */
};

enum command_id {
	CMD_Q,
	CMD_LCAT,
	CMD_UP,
	CMD_LS_SEARCH,
	CMD_EDIT_SEARCH,
	CMD_FORGET_SEARCH,
	CMD_BLOB,
	CMD_P2Q,
	CMD_MAIL_DIFF,
	CMD_REDIFF,
	CMD_IMPORT,
	CMD_INDEX,
	CMD_TAG,
	CMD_RM,
	CMD_LS_LABEL,
	CMD_FSCK,
	CMD_REINDEX,
	CMD_BACKUP,
	CMD_INSPECT,
	CMD_CONVERT,
	CMD_ADD_WATCH,
	CMD_RM_WATCH,
	CMD_LS_WATCH,
	CMD_PAUSE_WATCH,
	CMD_RESUME_WATCH,
	CMD_FORGET_WATCH,
	CMD_EXPORT_KW,
	CMD_LS_MAIL_SYNC,
	CMD_REFRESH_MAIL_SYNC,
	CMD_FORGET_MAIL_SYNC,
	CMD_NOTE_EVENT,
	CMD_ADD_EXTERNAL,
	CMD_LS_EXTERNAL,
	CMD_FORGET_EXTERNAL,
	CMD_CONFIG,
	CMD_INIT,
	CMD_DAEMON_KILL,
	CMD_DAEMON_PID,
	CMD_HELP,
	CMD_VERSION,
	CMD_SUCKS,
	CMD_COMPLETE,
	CMD_COUNT,
};

enum dash_kind { /* what a bare "-SOMETHING" may stand for */
	         DASH_NOTHING,
	         DASH_NUMBER, /* -10: --limit=10 */
	         DASH_MARK, /* -kw:seen, -L:inbox: arguments */
	         DASH_SIGNAL, /* -HUP, -9: --signal */
};

struct command_def {
	const char *name;
	const char *args; /* for the usage line */
	size_t args_min, args_max; /* SIZE_MAX: any number; with OPT_STDIN 0 is checked later */
	const char *help;
	enum option_id options[88]; /* in order of help; ended by OPT_COUNT */
	enum dash_kind dash;
	bool passes_options; /* unknown options are arguments (git config's) */
	bool is_inline; /* runs in the daemon: never blocks, reads no stdin, touches no file */
	bool hidden;
};

extern const struct option_def option_table[OPT_COUNT];
extern const struct command_def command_table[CMD_COUNT];

/* By name, '-' and '_' being the same; NULL when there is no such command. */
const struct command_def *command_find(const char *name);
enum command_id command_id(const struct command_def *def);
bool command_has(const struct command_def *def, enum option_id id);
/* Is `word` (of length len) one of the '|'-separated `words`?  NULL has none. */
bool words_have(const char *words, const char *word, size_t len);
/* Walk '|'-separated words: the next one's length, its start in *ret; 0 at the end. */
size_t words_next(const char **at, const char **ret);

/* Of a command of the original that we shall not have: why, and what to do; NULL for others. */
const char *command_never(const char *name);

#endif
