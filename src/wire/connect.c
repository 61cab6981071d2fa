#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char fd_dir[] = "/proc/self/fd/";

/* dir, "/" and name; false when they and a NUL do not fit. */
static bool set_address(struct sockaddr_un *a, const char *dir, size_t dir_len, const char *name)
{
	size_t n = name ? strlen(name) : 0;
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dir_len + 1 + n >= sizeof(a->sun_path))
		return false;
	memcpy(a->sun_path, dir, dir_len);
	if (name) {
		a->sun_path[dir_len] = '/';
		memcpy(a->sun_path + dir_len + 1, name, n);
	}
	return true;
}

/* The file or directory behind `fd`, and a name in it. */
static bool set_fd_address(struct sockaddr_un *a, int fd, const char *name)
{
	char via[sizeof(fd_dir) + WORDS_DEC_MAX];
	memcpy(via, fd_dir, strlen(fd_dir));
	size_t n = strlen(fd_dir) + wire_dec_put(via + strlen(fd_dir), (unsigned)fd);
	return set_address(a, via, n, name);
}

static int connect_retry(int sock, const struct sockaddr_un *a)
{
	int rc;
	do
		rc = connect(sock, (const struct sockaddr *)a, sizeof(*a));
	while (rc && errno == EINTR);
	return rc ? -errno : 0;
}

int wire_connect(const char *path, int *ret_fd)
{
	struct sockaddr_un a;
	int via = -1;
	if (!*path) /* would mean "any free abstract name" */
		return -ENOENT;
	if (!set_address(&a, path, strlen(path), NULL)) {
		via = open(path, O_PATH | O_CLOEXEC);
		if (via < 0)
			return -errno;
		set_fd_address(&a, via, NULL);
	}
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int rc = sock < 0 ? -errno : connect_retry(sock, &a);
	if (via >= 0)
		close(via);
	if (rc == 0)
		*ret_fd = sock;
	else if (sock >= 0)
		close(sock);
	return rc;
}

/* Split `path` into its directory, opened, and the name in it. */
static int open_parent(const char *path, const char **ret_name, int *ret_dir)
{
	const char *slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name)
		return -EISDIR;

	char dir[4096]; /* PATH_MAX: the kernel takes no more */
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, n);
	dir[n] = '\0';
	*ret_dir = open(slash ? n ? dir : "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_dir < 0 ? -errno : 0;
}

/* Bind `tmp` in `dir`, listen, and only then give it its name. */
static int bind_listen_rename(int sock, const struct sockaddr_un *a, int dir, const char *tmp,
                              const char *name, int backlog)
{
	unlinkat(dir, tmp, 0); /* left over by a process of our number that crashed here */
	if (bind(sock, (const struct sockaddr *)a, sizeof(*a)))
		return -errno;
	int rc = 0;
	if (listen(sock, backlog) || renameat(dir, tmp, dir, name)) {
		rc = -errno;
		unlinkat(dir, tmp, 0);
	}
	return rc;
}

int wire_listen(const char *path, int backlog, int *ret_fd)
{
	const char *name;
	int dir = -1;
	int rc = open_parent(path, &name, &dir);
	if (rc)
		return rc;
	char tmp[sizeof(".new-") + WORDS_DEC_MAX] = ".new-";
	wire_dec_put(tmp + strlen(tmp), (unsigned)getpid());

	struct sockaddr_un a;
	bool here = name == path;
	if (!set_address(&a, here ? "." : path, here ? 1 : (size_t)(name - 1 - path), tmp))
		set_fd_address(&a, dir, tmp);

	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = sock < 0 ? -errno : bind_listen_rename(sock, &a, dir, tmp, name, backlog);
	close(dir);
	if (rc == 0)
		*ret_fd = sock;
	else if (sock >= 0)
		close(sock);
	return rc;
}
