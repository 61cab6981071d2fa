/* lei config: git config on lei's own file.  Its exit status is ours. */
#include "config.h"
#include "editor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int edit(struct cmd *c, const char *path)
{
	struct err e = { .text = "" };
	if (editor_run(c, path, &e) < 0)
		return cmd_fail_err(c, &e);
	return editor_left_valid(path) ? 0 : cmd_fail(c, "%s is not valid any more", path);
}

static int run_git(struct cmd *c, const char *path)
{
	struct err e = { .text = "" };
	char overlay[64];
	int fd;
	if (config_overlay(c, &fd, &e) < 0)
		return cmd_fail_err(c, &e);
	const char **argv = calloc(c->inv.nargs + 6, sizeof(*argv));
	if (argv == NULL)
		return cmd_fail(c, "out of memory");
	size_t n = 0;
	argv[n++] = "git";
	argv[n++] = "config";
	if (fd >= 0) {
		snprintf(overlay, sizeof(overlay), "/proc/self/fd/%d", fd);
		path = overlay;
		argv[n++] = "--includes";
		fcntl(fd, F_SETFD, 0); /* for git alone */
	}
	argv[n++] = "-f";
	argv[n++] = path;
	memcpy(argv + n, c->inv.args, c->inv.nargs * sizeof(*argv));
	unsetenv("GIT_CONFIG");
	int rc = run_program(argv, NULL, &e);
	free(argv);
	if (fd >= 0)
		close(fd);
	return rc < 0 ? cmd_fail_err(c, &e) : rc;
}

/* Was it written meanwhile?  git renames a new file into its place. */
static bool is_another(const struct stat *a, const struct stat *b)
{
	return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* The watcher's folders are in there, too. */
static int change(struct cmd *c, const char *path)
{
	struct stat before = { 0 }, after = { 0 };
	struct err e = { .text = "" };
	int missing = stat(path, &before);
	int status = option_on(&c->inv, OPT_EDIT, false) ? edit(c, path) : run_git(c, path);
	if ((stat(path, &after) != missing || is_another(&before, &after)) &&
	    call_watch_reload(c->call, &e) < 0)
		return cmd_fail_err(c, &e);
	return status;
}

/* To git, a file that is not there is no configuration at all.  Where it cannot be made, git says why. */
static void make_empty(const char *path)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0666);
	if (fd >= 0)
		close(fd);
}

int cmd_config(struct cmd *c)
{
	struct buf path = { 0 };
	struct err e = { .text = "" };
	if (option_last(&c->inv, OPT_CONFIG_FILE) != NULL)
		return cmd_fail(c, "it is always lei's own file: --file, --global and their like "
		                   "do not apply");
	int status = 1;
	if (config_path(c, &path, &e) < 0 || config_make_dir(path.data, &e) < 0) {
		cmd_fail_err(c, &e);
	} else {
		make_empty(path.data);
		status = change(c, path.data);
	}
	buf_free(&path);
	return status;
}
