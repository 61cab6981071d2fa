/* The daemon's log: lines on descriptor 2, which is errors.log unless in the foreground. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

/* One line: "2026-11-21T19:46:47Z PID text".  Control characters become '?'. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
