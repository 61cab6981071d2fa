/* The data of table.h, and lookups in it. */
#include "table.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MBOXES "mboxrd|mboxcl2|mboxcl|mboxo"
#define NO_MIRROR                                                                                  \
	"no public-inboxes are mirrored; fetch the mail and `lei import' it, or `lei "             \
	"add-external' "                                                                           \
	"a store of this program"

const struct option_def option_table[OPT_COUNT] = {
	[OPT_HELP] = { "help|h", .kind = OPTION_FLAG, .help = "show this built-in help" },
	[OPT_CONFIG] = { "c", .kind = OPTION_LIST, .arg = "NAME=VALUE",
	                 .help = "override a config variable" },
	[OPT_CHDIR] = { "C", .kind = OPTION_LIST, .arg = "DIR", .help = "change to DIR first" },
	[OPT_QUIET] = { "quiet|q", .kind = OPTION_FLAG, .help = "no feedback on stderr" },
	[OPT_VERBOSE] = { "verbose|v", .kind = OPTION_FLAG, .help = "more feedback on stderr" },
	[OPT_STDIN] = { "stdin", .kind = OPTION_FLAG, .help = "read from standard input" },
	[OPT_IN_FORMAT] = { "in-format|F", .kind = OPTION_TEXT, .arg = "MAIL_FORMAT",
	                    .values = "eml|" MBOXES, .also = "maildir", .later = "mh",
	                    .help = "format of the input (default: found out by looking)" },
	[OPT_OUT_FORMAT] = { "out-format|f", .kind = OPTION_TEXT, .arg = "OUT",
	                     .values = "maildir|" MBOXES "|text|reply",
	                     .help = "format of the output" },
	[OPT_FORMAT] = { "format|f", .kind = OPTION_TEXT, .arg = "OUT",
	                 .values = "maildir|" MBOXES "|json|jsonl|concatjson|text|reply",
	                 .also = "ndjson|ldjson", .later = "v2",
	                 .help = "output format (default: by --output; json on stdout)" },
	[OPT_OUTPUT] = { "output|mfolder|o", .kind = OPTION_TEXT, .arg = "MFOLDER",
	                 .help = "destination: a Maildir, FORMAT:PATH, or `-' for stdout" },
	[OPT_KW] = { "kw", .kind = OPTION_BOOL, .shown_as_no = true,
	             .help = "leave out keywords (flags) of the input" },
	[OPT_JOBS] = { "jobs|j", .kind = OPTION_NUMBER, .arg = "NUM",
	               .help = "parse with NUM processes (default: one per CPU)" },
	[OPT_Q_JOBS] = { "jobs|j", .kind = OPTION_TEXT, .arg = "NUM", .unlisted = true,
	                 .help = "for compatibility; results come from one process" },
	[OPT_LIMIT] = { "limit|n", .kind = OPTION_NUMBER, .arg = "NUM",
	                .help = "at most NUM matches, also -NUM (default: 10000)" },
	[OPT_OFFSET] = { "offset", .kind = OPTION_NUMBER, .arg = "OFF",
	                 .help = "skip the first OFF matches (default: 0)" },
	[OPT_SORT] = { "sort|s", .kind = OPTION_TEXT, .arg = "VAL",
	               .values = "received|relevance|docid", .also = "receivedat|received-at",
	               .help = "order of the results (default: received)" },
	[OPT_REVERSE] = { "reverse|r", .kind = OPTION_FLAG, .help = "reverse the order" },
	[OPT_PRETTY] = { "pretty", .kind = OPTION_FLAG,
	                 .help = "indent json and concatjson (default on a terminal)" },
	[OPT_AUGMENT] = { "augment|a", .kind = OPTION_FLAG,
	                  .help = "add to the --output destination, do not replace it" },
	[OPT_MUA] = { "mua", .kind = OPTION_TEXT, .arg = "CMD",
	              .help = "mail program to run on --output (e.g. `mutt -f %f')" },
	[OPT_ALERT] = { "alert", .kind = OPTION_LIST, .arg = "CMD[,CMD...]",
	                .values = ":WINCH|:bell", .judged = true,
	                .help =
	                    "when all is written: wake the --mua, ring, run a command (default: "
	                    ":WINCH,:bell with --mua)" },
	[OPT_THREADS] = { "threads|t", .kind = OPTION_FLAG,
	                  .help = "whole threads of the matches; twice: matches are flagged" },
	[OPT_DEDUPE] = { "dedupe|d", .kind = OPTION_TEXT, .arg = "STRATEGY",
	                 .values = "content|oid|mid|none",
	                 .help =
	                     "what makes a message the same as an earlier result, or as one that "
	                     "--augment adds to (default: content)" },
	[OPT_SAVE] = { "save", .kind = OPTION_BOOL, .shown_as_no = true,
	               .help = "do not save the search for `lei up'" },
	[OPT_IMPORT_BEFORE] = { "import-before", .kind = OPTION_BOOL, .shown_as_no = true,
	                        .help = "do not take mail and keywords of the old output first" },
	[OPT_IMPORT_REMOTE] = { "import-remote", .kind = OPTION_BOOL, .on_later = true,
	                        .unlisted = true },
	[OPT_MAIL_SYNC] = { "mail-sync", .kind = OPTION_BOOL, .shown_as_no = true,
	                    .help = "do not remember which message is which file" },
	[OPT_SHARED] = { "shared", .kind = OPTION_FLAG, .on_later = true },
	[OPT_RSYNCABLE] = { "rsyncable", .kind = OPTION_FLAG,
	                    .help = "compress .gz and .zst so that rsync finds what is the same" },
	[OPT_COLOR] = { "color", .kind = OPTION_BOOL, .shown_as_no = true,
	                .help = "no colors in text and reply (--color: not only on a terminal)" },
	[OPT_LOCK] = { "lock", .kind = OPTION_LIST, .arg = "METHOD[,METHOD...]",
	               .values = "dotlock|fcntl|flock|none", .judged = true,
	               .help = "locks of mailbox files (default: fcntl,dotlock)" },
	[OPT_REMOTE] = { "remote", .kind = OPTION_BOOL, .shown_as_no = true,
	                 .help = "leave out what needs the network" },
	[OPT_LOCAL] = { "local", .kind = OPTION_BOOL, .shown_as_no = true,
	                .help = "leave out the own store and what is configured and local" },
	[OPT_EXTERNAL] = { "external", .kind = OPTION_BOOL, .shown_as_no = true,
	                   .help = "leave out all configured externals" },
	[OPT_INCLUDE] = { "include|I", .kind = OPTION_LIST, .arg = "LOCATION",
	                  .help = "search this external, too" },
	[OPT_EXCLUDE] = { "exclude", .kind = OPTION_LIST, .arg = "LOCATION",
	                  .help = "leave out this external" },
	[OPT_ONLY] = { "only|O", .kind = OPTION_LIST, .arg = "LOCATION",
	               .help = "search this external, and nothing that is not named" },
	[OPT_GLOBOFF] = { "globoff|g", .kind = OPTION_FLAG, .help = "no wildcards in LOCATIONs" },
	[OPT_TORSOCKS] = { "torsocks", .kind = OPTION_TEXT, .arg = "VAL", .values = "auto|no",
	                   .later = "yes", .unlisted = true },
	[OPT_NO_TORSOCKS] = { "no-torsocks", .kind = OPTION_FLAG, .unlisted = true },
	[OPT_PROXY] = { "proxy", .kind = OPTION_TEXT, .arg = "PROTO", .on_later = true },
	[OPT_INCREMENTAL] = { "incremental", .kind = OPTION_BOOL, .unlisted = true },
	[OPT_NEW_ONLY] = { "new-only", .kind = OPTION_FLAG, .unlisted = true },
	[OPT_RECURSIVE] = { "recursive|r", .kind = OPTION_FLAG,
	                    .help = "Maildirs at and below each directory" },
	[OPT_MAIL] = { "mail", .kind = OPTION_BOOL, .off_later = true, .unlisted = true },
	[OPT_CWD] = { "cwd", .kind = OPTION_BOOL, .on_later = true, .unlisted = true },
	[OPT_GIT_DIR] = { "git-dir", .kind = OPTION_LIST, .arg = "DIR", .on_later = true },
	[OPT_OID_A] = { "oid-a|A", .kind = OPTION_TEXT, .arg = "OID", .on_later = true },
	[OPT_PATH_A] = { "path-a|a", .kind = OPTION_TEXT, .arg = "PATH", .on_later = true },
	[OPT_PATH_B] = { "path-b|b", .kind = OPTION_TEXT, .arg = "PATH", .on_later = true },
	[OPT_EDIT] = { "edit|e", .kind = OPTION_FLAG,
	               .help = "edit the config file in your editor" },
	[OPT_CONFIG_FILE] = { "config-file|system|global|local|worktree|file|blob|f",
	                      .kind = OPTION_FLAG, .unlisted = true },
	[OPT_SIGNAL] = { "signal|s", .kind = OPTION_TEXT, .arg = "SIG",
	                 .help = "signal to send, also -SIG (default: TERM)" },
	[OPT_STATE] = { "state", .kind = OPTION_TEXT, .arg = "STATE",
	                .values = "import-rw|import-ro|index-rw|index-ro|tag-rw|tag-ro|pause",
	                .help = "what to do with new messages, and whether keywords are written "
	                        "back (default: import-rw)" },
	[OPT_WATCH_RECURSIVE] = { "recursive|r", .kind = OPTION_FLAG,
	                          .help = "Maildirs below the location, too" },
	[OPT_POLL_INTERVAL] = { "poll-interval", .kind = OPTION_TEXT, .arg = "TIME",
	                        .on_later = true },
	[OPT_LONG] = { "l", .kind = OPTION_FLAG,
	               .help = "number, state and more of each; also what is watched unasked" },
	[OPT_NUL] = { "0|z", .kind = OPTION_FLAG, .help = "end lines in NUL" },
	[OPT_LIST_GLOBOFF] = { "globoff|g", .kind = OPTION_FLAG,
	                       .help = "no wildcards: `*', `?', `[' stand for themselves" },
	[OPT_INVERT_MATCH] = { "invert-match|v", .kind = OPTION_FLAG,
	                       .help = "what does not match" },
	[OPT_ONLY_LOCAL] = { "local", .kind = OPTION_FLAG,
	                     .help = "what is in the local file system" },
	[OPT_ONLY_REMOTE] = { "remote", .kind = OPTION_FLAG, .help = "what needs the network" },
	[OPT_ALL_SEARCHES] = { "all", .kind = OPTION_MAYBE, .arg = "TYPE", .values = "local|remote",
	                       .help = "every saved search" },
	[OPT_UP_JOBS] = { "jobs|j", .kind = OPTION_NUMBER, .arg = "NUM",
	                  .help = "NUM searches at a time (default: one per CPU, up to 4)" },
	[OPT_FUDGE_TIME] = { "remote-fudge-time", .kind = OPTION_TEXT, .arg = "INTERVAL",
	                     .unlisted = true },
	[OPT_LIST_FORMAT] = { "format|f", .kind = OPTION_TEXT, .arg = "FORMAT",
	                      .values = "json|jsonl|concatjson", .also = "ndjson|ldjson",
	                      .help = "all settings of each, as JSON" },
	[OPT_LIST_LONG] = { "l", .kind = OPTION_FLAG, .help = "as --format=json" },
	[OPT_PRUNE_SEARCHES] = { "prune", .kind = OPTION_MAYBE, .arg = "TYPE",
	                         .values = "local|remote", .help = "those whose output is gone" },
	[OPT_ALL_WATCHES] = { "all", .kind = OPTION_FLAG, .help = "every watch" },
	[OPT_ALL_FOLDERS] = { "all", .kind = OPTION_MAYBE, .arg = "TYPE", .values = "local|remote",
	                      .also = "local,remote|remote,local", .help = "every folder" },
	[OPT_PRUNE] = { "prune", .kind = OPTION_FLAG, .help = "those whose directory is gone" },
	[OPT_MODE] = { "mode", .kind = OPTION_TEXT, .arg = "MODE", .values = "merge|set",
	               .help = "keep letters that only the file has, or not (default: merge)" },
	[OPT_INPUT] = { "input|i", .kind = OPTION_LIST, .arg = "LOCATION",
	                .help = "as an argument; may be given more than once" },
	[OPT_OID] = { "oid", .kind = OPTION_LIST, .arg = "OID",
	              .help = "the message with this blob id, likewise" },
	[OPT_MID] = { "mid", .kind = OPTION_LIST, .arg = "MID",
	              .help = "messages with this Message-ID, likewise" },
	[OPT_STATS] = { "stats", .kind = OPTION_FLAG, .help = "how many messages have each" },
	[OPT_FSCK_FORMAT] = { "format|f", .kind = OPTION_TEXT, .arg = "FORMAT",
	                      .values = "plain|json", .help = "what findings are written as" },
	[OPT_WANT] = { "want|w", .kind = OPTION_LIST, .arg = "PREFIX",
	               .help = "search prefixes to use, separated by commas (default: dfpost7)" },
	[OPT_URI] = { "uri", .kind = OPTION_FLAG, .help = "escape the query as URIs need it" },
	[OPT_DEBUG] = { "debug", .kind = OPTION_FLAG,
	                .help = "show what was found for every prefix on stderr" },
	[OPT_REPAIR] = { "repair", .kind = OPTION_FLAG,
	                 .help = "mend what can be mended, and look again" },
	[OPT_FORCE] = { "force", .kind = OPTION_FLAG, .help = "replace the store that is there" },
	[OPT_ASCII] = { "ascii", .kind = OPTION_FLAG, .help = "escape all but ASCII" },
	[OPT_BOOST] = { "boost", .kind = OPTION_NUMBER, .arg = "NUMBER",
	                .help = "priority among externals (default: 0)" },
	[OPT_MIRROR] = { "mirror|epoch|inbox-version|indexlevel|L|batch-size|max-size|jobs|j",
	                 .kind = OPTION_TEXT, .arg = "VALUE", .on_later = true, .unlisted = true,
	                 .instead = NO_MIRROR },
	[OPT_MIRROR_FLAG] = { "compact|sequential-shard|skip-docdata", .kind = OPTION_FLAG,
	                      .on_later = true, .unlisted = true, .instead = NO_MIRROR },
	[OPT_IN_INCLUDE] = { "include|I", .kind = OPTION_LIST, .arg = "PATTERN",
	                     .help = "of these, those that a PATTERN fits" },
	[OPT_IN_EXCLUDE] = { "exclude", .kind = OPTION_LIST, .arg = "PATTERN",
	                     .help = "of these, not those that a PATTERN fits" },
	[OPT_LS_FORMAT] = { "format|f", .kind = OPTION_TEXT, .arg = "OUT",
	                    .values = "plain|json|null",
	                    .help = "plain (default), json, or null as with -z" },
	[OPT_DIR] = { "dir|d", .kind = OPTION_TEXT, .arg = "DIR", .on_later = true },
};

/* Whom the store is asked from: all accept what selects the local store. */
#define SOURCE_OPTS                                                                                \
	OPT_REMOTE, OPT_LOCAL, OPT_EXTERNAL, OPT_INCLUDE, OPT_EXCLUDE, OPT_ONLY, OPT_IMPORT_REMOTE
#define NET_OPTS OPT_NO_TORSOCKS, OPT_TORSOCKS, OPT_PROXY
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
	               .args = "OID",
	               .args_min = 1,
	               .args_max = 1,
	               .help = "show the raw message with a git blob id",
	               .options = { OPT_VERBOSE, OPT_MAIL, OPT_CWD, OPT_GIT_DIR, OPT_OID_A,
	                            OPT_PATH_A, OPT_PATH_B, SOURCE_OPTS, NET_OPTS, COMMON_OPTS,
	                            OPT_COUNT } },
	[CMD_P2Q] = { .name = "p2q",
	              .args = "LOCATION_OR_COMMIT...|--stdin",
	              .args_max = SIZE_MAX,
	              .help = "turn a patch into a query for `lei q --stdin'",
	              .options = { OPT_STDIN, OPT_IN_FORMAT, OPT_WANT, OPT_URI, OPT_DEBUG, NET_OPTS,
	                           COMMON_OPTS, OPT_COUNT } },
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

static const struct {
	const char *name, *meanwhile;
} later_table[] = {
	{ "rediff", "" },
	{ "mail-diff", "use diff on two `lei blob' outputs" },
};

/* Those that we shall not have either: why, and what to do. */
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

const char *command_later(const char *name)
{
	for (size_t i = 0; i < sizeof(later_table) / sizeof(later_table[0]); i++) {
		if (same_name(later_table[i].name, name))
			return later_table[i].meanwhile;
	}
	return command_never(name);
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
