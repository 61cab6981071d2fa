#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int wire_peer(int sock, pid_t *ret_pid, uid_t *ret_uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	*ret_pid = cred.pid;
	*ret_uid = cred.uid;
	return 0;
}

/* "/proc/PID/" and `file` */
static void proc_path(char *to, pid_t pid, const char *file)
{
	memcpy(to, "/proc/", 6);
	to += 6;
	to += wire_dec_put(to, (uint64_t)pid);
	*to++ = '/';
	memcpy(to, file, strlen(file) + 1);
}

static bool cmdline_starts(const char *path, const char *title)
{
	char head[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, head, sizeof(head));
	close(fd);
	return n >= (ssize_t)strlen(title) && !memcmp(head, title, strlen(title));
}

bool wire_peer_is_original(pid_t pid)
{
	char path[64], exe[4096];
	if (pid <= 0)
		return false;
	proc_path(path, pid, "exe");
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	const char *slash = strrchr(exe, '/');
	if (!slash || strncmp(slash + 1, "perl", 4))
		return false;
	/* A number used again may be any perl: only the daemon calls itself so. */
	proc_path(path, pid, "cmdline");
	return cmdline_starts(path, "lei-daemon ");
}
