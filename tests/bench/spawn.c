/* spawn N COMMAND [ARG...]: run COMMAND N times, its output thrown away, and print the median
 * wall time of one whole process in microseconds. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double run_once(char **argv, posix_spawn_file_actions_t *actions)
{
	pid_t pid;
	int status;
	double start = now_us();

	int rc = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (rc) {
		fprintf(stderr, "spawn: %s: %s\n", argv[0], strerror(rc));
		exit(1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status) {
		fprintf(stderr, "spawn: %s: wait status %d\n", argv[0], status);
		exit(1);
	}
	return now_us() - start;
}

int main(int argc, char **argv)
{
	size_t n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	double *us = n ? calloc(n, sizeof(*us)) : NULL;
	posix_spawn_file_actions_t actions;

	if (!us) {
		fprintf(stderr, "usage: spawn N COMMAND [ARG...]\n");
		return 64;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < n; i++)
		us[i] = run_once(argv + 2, &actions);
	posix_spawn_file_actions_destroy(&actions);
	qsort(us, n, sizeof(*us), by_value);
	printf("%.1f\n", us[n / 2]);
	free(us);
	return 0;
}
