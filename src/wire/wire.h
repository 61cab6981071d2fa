/* wire: how lei and lei-daemon talk (spec/, chapters transport, request, reply).
 *
 * One AF_UNIX SOCK_SEQPACKET connection carries one command.  The client sends one request
 * datagram with four descriptors; the daemon answers with reply datagrams and closes.
 * This library depends on libc alone and keeps no state: link liblei-wire.a to write another
 * client, daemon, fuzzer or adapter.
 *
 * Unless said otherwise functions return 0 or a negative errno, never block longer than the
 * system call they name, and never print. */
#ifndef LEI_WIRE_H
#define LEI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_SOCKET_NAME "5.seq.sock" /* "5" is the protocol's number, not a count */
#define WIRE_REQUEST_FDS 4 /* stdin, stdout, stderr, working directory */
#define WIRE_FDS_MAX 16 /* most descriptors any of our datagrams carries */

/* Bytes of one request.  The original accepts this much and cuts the rest, so our client never
 * sends more; our daemon accepts WIRE_REQUEST_MAX. */
#define WIRE_REQUEST_COMPAT ((size_t)4096 * 33)
#define WIRE_REQUEST_MAX ((size_t)1 << 20)
#define WIRE_REPLY_MAX ((size_t)4096 * 33)

/* ---- where the socket is (path.c) ---- */

/* Write the path of the runtime directory ("$XDG_RUNTIME_DIR/lei", else "<tmpdir>/lei-<uid>"
 * with tmpdir = TMPDIR if it names a usable directory, else /tmp) without trailing slash.
 * xdg and tmpdir may be NULL or "".  -ENAMETOOLONG when cap is too small. */
int wire_runtime_dir(char *buf, size_t cap, const char *xdg, const char *tmpdir, uid_t uid);

/* Connect to or bind a socket at `path`, of any length the file system allows (a path longer
 * than sun_path is reached through /proc/self/fd of its directory).
 * wire_connect: ret_fd is close-on-exec and blocking; -errno of connect(2) otherwise.
 * wire_listen: binds a temporary name beside `path`, listens, then renames it into place, so
 * that nobody ever meets a bound socket that does not listen; replaces what is at `path` (the
 * caller holds the start lock and has found it stale).  ret_fd is close-on-exec, non-blocking. */
int wire_connect(const char *path, int *ret_fd);
int wire_listen(const char *path, int backlog, int *ret_fd);

/* ---- who is at the other end (peer.c) ---- */

/* The process that called listen(2) or connect(2) there.  Its number is 0 in another PID
 * namespace, and may be used again once it is gone. */
int wire_peer(int sock, pid_t *ret_pid, uid_t *ret_uid);

/* True when process `pid` is the Perl lei-daemon, which tells success by a bare end of file.
 * Ask right after connecting, while it certainly lives; in doubt the answer is no. */
bool wire_peer_is_original(pid_t pid);

/* ---- datagrams with descriptors (fdpass.c) ---- */

/* Send one datagram with nfds <= WIRE_FDS_MAX descriptors (still the caller's).  `flags` as for
 * sendmsg(2); MSG_NOSIGNAL is added.  EINTR is retried. */
int wire_send(int sock, const void *data, size_t len, const int *fds, size_t nfds, int flags);

struct wire_packet {
	char *data; /* the caller's buffer */
	size_t cap; /* its size */
	size_t len; /* out: bytes received; 0 also stands for end of file */
	int fds[WIRE_FDS_MAX];
	size_t nfds; /* out: descriptors received, now the caller's, all close-on-exec */
	size_t extra; /* out: descriptors beyond WIRE_FDS_MAX, already closed */
};

/* Receive one datagram.  -EMSGSIZE: the datagram or its control data was cut (MSG_TRUNC,
 * MSG_CTRUNC); everything received with it has been closed.  -EAGAIN and -EINTR as from
 * recvmsg(2).  On failure nfds is 0. */
int wire_recv(int sock, struct wire_packet *p, int flags);
void wire_packet_close(struct wire_packet *p); /* close fds[0..nfds), set them -1, nfds = 0 */

/* ---- request (request.c): ARGC NUL ARG NUL ... ARG [NUL K=V] ... NUL NUL ---- */

struct wire_request {
	char *mem; /* owned; argv and envp point into it */
	size_t argc, envc;
	char **argv; /* argc entries and a NULL; without the program's own name */
	char **envp; /* envc entries "K=V" and a NULL; entries without '=' or with an empty key
			are left out, the last of equal keys wins */
};

enum wire_fault { /* why a request was refused */
	          WIRE_OK = 0,
	          WIRE_EMPTY, /* no byte at all */
	          WIRE_UNTERMINATED, /* does not end in NUL NUL */
	          WIRE_BAD_ARGC, /* not 1*DIGIT, or more than there are arguments */
	          WIRE_NO_MEMORY,
};
const char *wire_fault_text(enum wire_fault f); /* a short sentence for people */

/* Parse `len` bytes; ret is filled only on WIRE_OK and then freed with wire_request_free. */
enum wire_fault wire_request_parse(const char *data, size_t len, struct wire_request *ret);
void wire_request_free(struct wire_request *r); /* zeroed and NULL are fine */
/* Value of `name` in the request's environment, or NULL.  Points into the request. */
const char *wire_request_getenv(const struct wire_request *r, const char *name);

/* Pack a request.  Entries without '=' or with an empty key are left out.  When the whole
 * environment does not fit into `cap`, only the variables that matter to a daemon are sent
 * (wire_env_matters); -E2BIG when not even the arguments and those fit: leaving out HOME would
 * make the command do something else.  Returns the length in *ret_len. */
int wire_request_pack(char *buf, size_t cap, size_t argc, char *const *argv, char *const *envp,
                      size_t *ret_len);
bool wire_env_matters(const char *entry); /* "K=V" */

/* ---- replies, daemon to client (reply.c) ---- */

enum wire_reply_kind {
	WIRE_X_IT, /* x_it N: end with wait status N */
	WIRE_CHILD_ERROR, /* child_error N: remember N, go on */
	WIRE_EXEC, /* exec ARGC NUL ARG ... [NUL K=V] ...  with descriptors */
	WIRE_WINCH, /* -WINCH */
	WIRE_UMASK, /* umask: answer with "u" and the umask */
	WIRE_WAIT, /* wait: reap the programs started by exec, then go on */
	WIRE_TEXT, /* anything else: text for a person */
};

struct wire_reply {
	enum wire_reply_kind kind;
	uint64_t status; /* WIRE_X_IT, WIRE_CHILD_ERROR; saturates */
	struct wire_request exec; /* WIRE_EXEC: argv, envp; free with wire_reply_done */
};

/* Parse one reply datagram; 0, or -ENOMEM, or -EBADMSG for an `exec` that cannot be obeyed. */
int wire_reply_parse(const char *data, size_t len, struct wire_reply *ret);
void wire_reply_done(struct wire_reply *r);

/* wire_send_exec: argv is not empty, envp may be NULL; -E2BIG beyond WIRE_REPLY_MAX. */
int wire_send_x_it(int sock, int wait_status, int flags);
int wire_send_child_error(int sock, int wait_status, int flags);
int wire_send_exec(int sock, char *const *argv, char *const *envp, const int *fds, size_t nfds,
                   int flags);

/* ---- client to daemon, while a command runs (control.c) ---- */

enum wire_control { WIRE_STOP, WIRE_CONT, WIRE_TERM, WIRE_UMASK_IS, WIRE_CONTROL_UNKNOWN };
enum wire_control wire_control_parse(const char *data, size_t len, mode_t *ret_umask);
size_t wire_umask_pack(char buf[5], mode_t mask); /* 'u' + little-endian uint32; returns 5 */

#endif
