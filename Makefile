# Two commands do all the set-up on a fresh Debian 12:
#     make deps demo     install what is missing, build, show the main job on real mail
#     make deps check    install what is missing, run every test
# `make help` lists the rest.

BUILD   ?= build
CC      ?= cc
PREFIX  ?= /usr/local
PYTHON  ?= /usr/bin/python3
# Debian 12's valgrind does not read the DWARF 5 that its clang writes.
CFLAGS  ?= -O2 -gdwarf-4
VERSION := 0.1.0

# ---- flags ------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
CPPFLAGS_ALL := -D_GNU_SOURCE -DLEI_VERSION='"$(VERSION)"' -DLEI_PREFIX='"$(PREFIX)"' $(CPPFLAGS)
CFLAGS_ALL   := -std=c11 $(WARN) -fno-common -ffunction-sections -fdata-sections $(CFLAGS)
LDFLAGS_ALL  := -Wl,--gc-sections $(LDFLAGS)
# The client links statically: it starts before a dynamic loader would have found libc.
STATIC  ?= -static

PKGS := gmime-3.0 sqlite3 jansson libzstd zlib liblzma
ifeq ($(filter deps help clean,$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists $(PKGS) && echo yes),yes)
$(error libraries are missing: run `make deps` first)
endif
endif
# Asked for once, at the first use: `make deps all` installs them in between.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) | sed 's/-I/-isystem /g'))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)) -lbz2 -lstemmer)$(PKG_LIBS)

# `make V=1` shows whole commands.
Q    := $(if $(V),,@)
SAY   = $(if $(V),@:,@printf '  %-5s %s\n')

# ---- what is built ----------------------------------------------------------------------

# The rooms from the ground up.  A room's code and tests link the rooms to its left and itself,
# so an arrow that points up does not link.
ROOMS := base wire event mail worker store watch daemon command
room_src   = $(sort $(wildcard src/$1/*.c))
room_lib   = $(BUILD)/lib/lib$1.a
rooms_upto = $(if $(filter $1,$(firstword $2)),$1,$(firstword $2) $(call rooms_upto,$1,$(wordlist 2,99,$2)))
reverse    = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
libs_for   = $(foreach r,$(call reverse,$(call rooms_upto,$1,$(ROOMS))),$(call room_lib,$r))

# Rooms that may use libraries beyond libc.
LIBS_base :=
LIBS_wire :=
LIBS_event :=
$(foreach r,mail worker store watch daemon command,$(eval LIBS_$r = $$(PKG_LIBS)))

PROGRAMS := $(BUILD)/lei $(BUILD)/lei-daemon
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard $(foreach r,$(ROOMS),tests/$r/*_test.c)))
FUZZERS  := $(patsubst fuzz/%_fuzz.c,%,$(wildcard fuzz/*_fuzz.c))

# Man pages and completions are drawn from the table that the program itself parses with.
GEN      := $(BUILD)/gen
DOCS     := $(patsubst src/%.in,$(BUILD)/%,$(wildcard src/man/*.in src/completions/*.in))

.PHONY: all help
## all        the programs, man pages and completions (the default)
all: $(PROGRAMS) $(DOCS) $(BUILD)/adapters/lei-event

## help       what you read
help:
	@sed -n 's/^## \([^ ]*\) */\1\t/p' $(MAKEFILE_LIST) | expand -t 17

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define room_rules
$(call room_lib,$1): $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call room_src,$1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
# The client's room stands apart: it uses wire/ and nothing else, and nobody uses it.
$(foreach r,$(ROOMS) client,$(eval $(call room_rules,$r)))

$(BUILD)/lei: $(BUILD)/obj/lei.o $(call room_lib,client) $(call libs_for,wire)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) -o $@ $^

$(BUILD)/lei-daemon: $(BUILD)/obj/lei-daemon.o $(call libs_for,command)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(GEN): $(BUILD)/obj/command/gen/gen.o $(call libs_for,command)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(DOCS): $(BUILD)/%: src/%.in $(GEN)
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)$(GEN) <$< >$@.tmp && mv $@.tmp $@

# ---- tests ------------------------------------------------------------------------------

# tests/ROOM/NAME_test.c links its room and those below; tests/ROOM/*.h are its fixtures.
define test_rules
$(BUILD)/tests/$1/%_test: tests/$1/%_test.c $(call libs_for,$1)
	@mkdir -p $$(@D)
	$$(SAY) TEST $$<
	$(Q)$$(CC) $$(CPPFLAGS_ALL) -Isrc $$(PKG_CFLAGS) $$(CFLAGS_ALL) -MMD -MP -MF $$@.d -o $$@ $$< \
		$$(TEST_WITH) $(call libs_for,$1) $$(LDFLAGS_ALL) -lcmocka $$(LIBS_$1)
endef
$(foreach r,$(ROOMS),$(eval $(call test_rules,$r)))

# src/watch/kqueue.c's logic runs here too, on a small kqueue made of inotify.
SHIMMED := $(addprefix $(BUILD)/shim/,src/watch/kqueue.o tests/watch/kqueue_shim.o)
$(BUILD)/tests/watch/kqueue_test: $(SHIMMED)
$(BUILD)/tests/watch/kqueue_test: TEST_WITH = $(SHIMMED)
$(BUILD)/shim/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(CPPFLAGS_ALL) -DKQUEUE_HEADER='"watch/kqueue_shim.h"' -Isrc -Itests $(CFLAGS_ALL) \
		-MMD -MP -c -o $@ $<

.PHONY: unit tests
## tests      the unit tests, built and not run
tests: $(TESTS)
## unit       the unit tests alone
unit: $(TESTS)
	@ci/side-by-side $(BUILD)/logs '$(TEST_WRAP)' $(TESTS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- the two commands of the README ------------------------------------------------------

.PHONY: deps demo check
## deps       install what is missing to build, show and test (root or sudo)
deps:
	@ci/deps

# Goals of one command line run in order; compiling alone runs side by side.
SUBMAKE := $(MAKE) -s --no-print-directory
PARALLEL := $(SUBMAKE) -j$(shell nproc)

## demo       build, start a private daemon, import, search, export and watch real mail
demo:
	@$(PARALLEL) all
	@BUILD=$(abspath $(BUILD)) ci/demo

## check      every test: units, sanitizers, valgrind, conformance, corpora through the fuzz targets
check:
	@$(PARALLEL) all tests
	@$(SUBMAKE) unit spec check-valgrind
	@$(SUBMAKE) check-san
	@$(SUBMAKE) check-fuzz
	@$(SUBMAKE) check-installed
	@$(SUBMAKE) -j3 --output-sync=target selftest conformance environments
	@echo "all checks passed"

# ---- checks, one by one ------------------------------------------------------------------

SAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
	--child-silent-after-fork=yes --suppressions=tests/valgrind.supp

.PHONY: check-valgrind check-san check-fuzz spec conformance selftest
## check-valgrind  unit tests under valgrind
check-valgrind: $(TESTS)
	@G_SLICE=always-malloc UNDER_VALGRIND=1 $(SUBMAKE) unit TEST_WRAP='$(VALGRIND)'

## check-san  unit tests on an ASan+UBSan build
check-san:
	@$(PARALLEL) BUILD=$(BUILD)-san CFLAGS='$(SAN)' STATIC= all tests
	@$(SUBMAKE) BUILD=$(BUILD)-san CFLAGS='$(SAN)' STATIC= unit

## spec       check the clauses: unique, sourced, tested; that every mutant still applies; render them
RENDER := $(PYTHON) conformance/spec_render.py $(BUILD)
spec:
	@$(PYTHON) conformance/spec_check.py
	@$(RENDER)
	@for p in conformance/mutants/*.patch; do \
		patch -p1 --dry-run -s -f <$$p >/dev/null || { echo "$$p: does not apply"; exit 1; }; done

# It tells of tests, mutants and deviations too: always due.
$(BUILD)/man/lei-contract.7: FORCE
	@$(RENDER)

## conformance  the suite on this build, on it together with the original, and on Cyrus's wait events
CONFORMANCE := LEI_BUILD=$(abspath $(BUILD)) conformance/run
conformance: all adapters
	@$(CONFORMANCE) lei-c
	@$(CONFORMANCE) libcyrus
	@$(CONFORMANCE) template-adapter
	@$(CONFORMANCE) c-client-perl-daemon
	@$(CONFORMANCE) perl-client-c-daemon

## environments  a choice of clauses in other locales, limits, masks, as another user
.PHONY: environments
environments: all
	@LEI_BUILD=$(abspath $(BUILD)) conformance/environments lei-c

## differential  the same command lines on ours and on the original, compared
.PHONY: differential
differential: all
	@LEI_BUILD=$(abspath $(BUILD)) conformance/differential --json $(BUILD)/differential.json

## check-installed  use the installed libraries as a stranger would, with the example of waitevent(3); completion
.PHONY: check-installed
check-installed: all
	@MAKE='$(SUBMAKE) BUILD=$(BUILD)' CC='$(CC)' FLAGS='-std=c11 $(WARN) $(CFLAGS) $(LDFLAGS)' ci/installed
	@BUILD=$(abspath $(BUILD)) ci/completions

# Each run of the suite compiles it but for this.
selftest conformance environments: export PYTHONPYCACHEPREFIX := $(abspath $(BUILD))/pycache
SELFTESTS := $(wildcard conformance/selftest/*_test.py)
## selftest   the suite tests itself, and that the model of wait events keeps its contract
selftest:
	@ci/side-by-side $(BUILD)/logs '$(PYTHON) -m pytest -q -rs -p no:cacheprovider' $(SELFTESTS)
	@LEI_SCRIPTS=10 $(CONFORMANCE) waitmodel

# ---- adapters ---------------------------------------------------------------------------

# One program per implementation of wait events, by which the suite drives it.  libcyrus's is
# made where libcyrus is to be had; it replaces malloc, and so do sanitizers.
CYRUS       := $(shell ci/libcyrus)
CYRUS_LIBS  := $(CYRUS)/libcyrus.so.0 $(CYRUS)/libcyrus_min.so.0 -Wl,-rpath,$(CYRUS)
ADAPTER     := conformance/adapters
KIT         := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(ADAPTER)/kit*.c))
ADAPTERS    := lei-event template $(if $(CYRUS),libcyrus)
PLAIN        = $(filter-out -fsanitize%,$1)
CYRUS_FILES := $(wildcard $(ADAPTER)/kit*.c) $(addprefix $(ADAPTER)/,main.c libcyrus.c libcyrus_guard.c)

.PHONY: adapters
## adapters   the programs that drive wait events: ours, Cyrus's, and the template
adapters: $(ADAPTERS:%=$(BUILD)/adapters/%)

$(BUILD)/obj/$(ADAPTER)/%.o: $(ADAPTER)/%.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(CPPFLAGS_ALL) -Isrc $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Made by rules alone, and kept all the same.
.SECONDARY: $(BUILD)/obj/$(ADAPTER)/main.o $(ADAPTERS:%=$(BUILD)/obj/$(ADAPTER)/%.o)
$(BUILD)/adapters/lei-event: $(call libs_for,event)
$(BUILD)/adapters/%: $(BUILD)/obj/$(ADAPTER)/%.o $(BUILD)/obj/$(ADAPTER)/main.o $(KIT)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^)

$(BUILD)/adapters/libcyrus: $(CYRUS_FILES) $(wildcard $(ADAPTER)/*.h)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(CPPFLAGS_ALL) $(call PLAIN,$(CFLAGS_ALL)) $(call PLAIN,$(LDFLAGS_ALL)) -o $@ \
		$(filter %.c,$^) $(CYRUS_LIBS)

# ---- fuzzing -----------------------------------------------------------------------------

FUZZ_TIME ?= 10
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# Replay: the kept corpora through every target, with the plain compiler.
$(BUILD)/fuzz/%-replay: fuzz/%_fuzz.c fuzz/replay.c $(call libs_for,command)
	@mkdir -p $(@D)
	$(SAY) FUZZ $<
	$(Q)$(CC) $(CPPFLAGS_ALL) -Isrc $(PKG_CFLAGS) $(CFLAGS_ALL) -o $@ fuzz/$*_fuzz.c fuzz/replay.c \
		$(FUZZ_WITH) $(call libs_for,command) $(LDFLAGS_ALL) $(PKG_LIBS)

# libFuzzer wants clang, and the code under test instrumented too.
$(BUILD)/fuzz/%-fuzz: fuzz/%_fuzz.c $(call libs_for,command)
	@mkdir -p $(@D)
	$(SAY) FUZZ $<
	$(Q)$(CC) $(CPPFLAGS_ALL) -Isrc $(PKG_CFLAGS) $(CFLAGS_ALL) -fsanitize=fuzzer -o $@ $< \
		$(FUZZ_WITH) $(call libs_for,command) $(LDFLAGS_ALL) $(PKG_LIBS)

# Scripts for wait events are carried out by the adapter, without its main.
KIT_RUN := $(KIT) $(BUILD)/obj/$(ADAPTER)/lei-event.o
$(BUILD)/fuzz/waitevent-replay $(BUILD)/fuzz/waitevent-fuzz: $(KIT_RUN)
$(BUILD)/fuzz/waitevent-%: FUZZ_WITH = $(KIT_RUN)

.PHONY: fuzz fuzz-targets fuzz-run
fuzz-targets: $(FUZZERS:%=$(BUILD)/fuzz/%-fuzz)

fuzz-run: $(FUZZERS:%=$(BUILD)/fuzz/%-replay)
	@set -e; for t in $(FUZZERS); do $(BUILD)/fuzz/$$t-replay fuzz/corpus/$$t; done

## check-fuzz replay the kept corpora, then fuzz each target for a moment
check-fuzz: fuzz-run
	@$(SUBMAKE) fuzz FUZZ_TIME=3

## fuzz       fuzz every target for FUZZ_TIME seconds
fuzz:
	@$(PARALLEL) BUILD=$(BUILD)-fuzz CC=clang STATIC= \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzz-targets
	@$(PARALLEL) --output-sync=target $(FUZZERS:%=fuzzed-%)

# What libFuzzer says is of interest only when it has found something.
fuzzed-%:
	@mkdir -p $(BUILD)-fuzz/corpus/$*
	@echo "fuzz: $* for $(FUZZ_TIME) s"
	@$(BUILD)-fuzz/fuzz/$*-fuzz -max_total_time=$(FUZZ_TIME) -rss_limit_mb=2048 -timeout=20 \
		-verbosity=0 -print_final_stats=0 -artifact_prefix=$(BUILD)-fuzz/ \
		$(patsubst %,-dict=%,$(wildcard fuzz/$*.dict)) $(BUILD)-fuzz/corpus/$* fuzz/corpus/$* \
		>$(BUILD)-fuzz/$*.log 2>&1 || { cat $(BUILD)-fuzz/$*.log; exit 1; }

# ---- beside check ------------------------------------------------------------------------

.PHONY: lint coverage bench bench-growth bench-events bench-watch mutants soak matrix
## lint       clang-format, clang-tidy, cppcheck, arrows between the rooms
lint:
	@ci/lint

## coverage   line coverage of the unit tests and the conformance suite (lcov)
coverage:
	@ci/coverage

## bench      side by side with the peers, ratios of medians in one run
bench: all $(BUILD)/bench/spawn $(BUILD)/bench/request
	@ci/deps bench
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/bench.py
	@$(SUBMAKE) bench-events bench-watch

## bench-growth  what a message costs among 6 k, 60 k and 600 k, with a plot; minutes, and 8 GB of TMPDIR
bench-growth: all
	@ci/deps bench
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/growth.py $(GROWTH)

## bench-watch   watched Maildirs alone: latency, bursts, start, idleness
bench-watch: all $(BUILD)/bench/request
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/watch.py

$(BUILD)/bench/%: tests/bench/%.c $(call libs_for,wire)
	@mkdir -p $(@D)
	$(SAY) BENCH $<
	$(Q)$(CC) $(CPPFLAGS_ALL) -Isrc $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS_ALL)

## queries    ask the original and ours the same on real mail, and explain each difference
.PHONY: queries
queries: all
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/queries.py

## bench-events  wait events alone, beside libcyrus and libev, with a plot
EVENT_SIDES := ours libcyrus libev
bench-events:
	@ci/deps bench
	@$(PARALLEL) $(EVENT_SIDES:%=$(BUILD)/bench/events-%)
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/events.py

# A program for each side: the measuring, what drives the library, and the library.
$(BUILD)/bench/events-ours: tests/bench/events_ours.c $(call room_lib,event)
$(BUILD)/bench/events-libcyrus: tests/bench/events_cyrus.c
$(BUILD)/bench/events-libcyrus: LIBS := $(CYRUS_LIBS)
$(BUILD)/bench/events-libev: tests/bench/events_libev.c
$(BUILD)/bench/events-libev: LIBS := -lev
$(BUILD)/bench/events-%: tests/bench/events.c tests/bench/events.h
	@mkdir -p $(@D)
	$(SAY) BENCH $@
	$(Q)$(CC) $(CPPFLAGS_ALL) -Isrc $(CFLAGS_ALL) -o $@ $(filter %.c %.a,$^) $(LDFLAGS_ALL) $(LIBS)

## mutants    deliberately wrong builds, each of which the suite must catch
mutants:
	@conformance/mutants/run

## soak       the protocol's chapters SOAK_REPEAT times with two load generators beside them
SOAK_REPEAT ?= 200
soak: all
	@LEI_BUILD=$(abspath $(BUILD)) conformance/soak lei-c --repeat $(SOAK_REPEAT)

## matrix     the suite on every implementation of this machine, as one page: BUILD/matrix.html;
##            what depends on nothing that changed since the last time is not run again (REUSE=: all is)
REUSE ?= --reuse
matrix: all
	@$(SUBMAKE) -k adapters || echo "matrix: some adapters cannot be built here"
	@LEI_BUILD=$(abspath $(BUILD)) conformance/matrix $(REUSE) -o $(BUILD)/matrix.html --json $(BUILD)/matrix; \
		status=$$?; [ $$status -le 5 ] || exit $$status; \
		MATRIX_PAGE=$(abspath $(BUILD)/matrix.html) \
		$(PYTHON) -m pytest -q -rs -p no:cacheprovider conformance/selftest/page_test.py && exit $$status

# ---- install -----------------------------------------------------------------------------

BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
SHAREDIR   ?= $(PREFIX)/share

# Mode, what, where.
define INSTALLED
755 $(BUILD)/lei $(BINDIR)/lei
755 $(BUILD)/lei-daemon $(LIBEXECDIR)/lei-daemon
644 $(BUILD)/man/lei.1 $(SHAREDIR)/man/man1/lei.1
644 $(BUILD)/man/lei-daemon.8 $(SHAREDIR)/man/man8/lei-daemon.8
644 $(BUILD)/man/lei-contract.7 $(SHAREDIR)/man/man7/lei-contract.7
644 $(BUILD)/man/waitevent.3 $(SHAREDIR)/man/man3/waitevent.3
644 $(BUILD)/completions/lei.bash $(SHAREDIR)/bash-completion/completions/lei
644 $(BUILD)/completions/_lei $(SHAREDIR)/zsh/site-functions/_lei
644 $(BUILD)/completions/lei.fish $(SHAREDIR)/fish/vendor_completions.d/lei.fish
644 $(BUILD)/lib/liblei-wire.a $(LIBDIR)/liblei-wire.a
644 $(BUILD)/lib/liblei-event.a $(LIBDIR)/liblei-event.a
644 $(BUILD)/wire/liblei-wire.pc $(LIBDIR)/pkgconfig/liblei-wire.pc
644 $(BUILD)/event/liblei-event.pc $(LIBDIR)/pkgconfig/liblei-event.pc
644 src/wire/wire.h $(INCLUDEDIR)/lei/wire.h
644 src/event/event.h $(INCLUDEDIR)/lei/event.h
endef

# As one object each, whose only symbols are the functions of the header: a stranger's program may
# have a heap_push too.
$(BUILD)/lib/liblei-%.a: $(BUILD)/lib/lib%.a src/wire/wire.h src/event/event.h
	$(Q)$(LD) -r -o $(@:.a=.o) --whole-archive $<
	$(Q)grep -o '[a-z_]\+(' src/$*/$*.h | tr -d '(' >$(@:.a=.public)
	$(Q)objcopy --keep-global-symbols=$(@:.a=.public) $(@:.a=.o)
	@rm -f $@
	$(Q)ar rcs $@ $(@:.a=.o)

# Written anew each time: PREFIX may be another one than last time.
$(BUILD)/%.pc: src/%.pc.in FORCE
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' \
		$< >$@

.PHONY: install uninstall clean FORCE
install uninstall: export FILES := $(INSTALLED)
LIBRARIES  := $(foreach r,wire event,$(BUILD)/lib/liblei-$r.a $(BUILD)/$r/liblei-$r.pc)
## install    programs, man pages, completions, liblei-wire and liblei-event; honours DESTDIR, PREFIX
install: all $(LIBRARIES) $(BUILD)/man/lei-contract.7
	@echo "$$FILES" | while read -r mode what where; do \
		install -D -m $$mode $$what "$(DESTDIR)$$where" || exit 1; done

## uninstall  remove what `make install` put there
uninstall:
	@echo "$$FILES" | while read -r mode what where; do rm -f "$(DESTDIR)$$where"; done

## clean      remove what was built
clean:
	rm -rf $(BUILD) $(BUILD)-san $(BUILD)-fuzz $(BUILD)-cov
