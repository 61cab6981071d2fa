# Two commands do all the set-up on a fresh Debian 12:
#     make deps demo     install what is missing, build, show the main job on real mail
#     make deps check    install what is missing, run every test
# `make help` lists the rest.

BUILD   ?= build
CC      ?= cc
PREFIX  ?= /usr/local
PYTHON  ?= /usr/bin/python3
CFLAGS  ?= -O2 -g
VERSION := 0.1.0

# ---- flags ------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
CPPFLAGS_ALL := -D_GNU_SOURCE -DLEI_VERSION='"$(VERSION)"' -DLEI_PREFIX='"$(PREFIX)"' $(CPPFLAGS)
CFLAGS_ALL   := -std=c11 $(WARN) -fno-common -ffunction-sections -fdata-sections $(CFLAGS)
LDFLAGS_ALL  := -Wl,--gc-sections $(LDFLAGS)
# The client links statically: it starts before a dynamic loader would have found libc.
STATIC  ?= -static

PKGS := gmime-3.0 sqlite3 jansson libzstd zlib liblzma
ifneq ($(shell pkg-config --exists $(PKGS) && echo yes),yes)
$(if $(filter-out deps help,$(or $(MAKECMDGOALS),all)),$(if $(filter deps,$(MAKECMDGOALS)),,$(error libraries are missing: run `make deps` first)))
endif
# Recursively expanded: `make deps all` asks only after deps has installed them.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) | sed 's/-I/-isystem /g')
PKG_LIBS   = $(shell pkg-config --libs $(PKGS)) -lbz2

# ---- what is built ----------------------------------------------------------------------

# The rooms from the ground up.  A room's code and tests link the rooms to its left and itself,
# so an arrow that points up does not link.
ROOMS := base wire event mail worker store daemon command
room_src   = $(sort $(wildcard src/$1/*.c))
room_lib   = $(BUILD)/lib/lib$1.a
rooms_upto = $(if $(filter $1,$(firstword $2)),$1,$(firstword $2) $(call rooms_upto,$1,$(wordlist 2,99,$2)))
reverse    = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
libs_for   = $(foreach r,$(call reverse,$(call rooms_upto,$1,$(ROOMS))),$(call room_lib,$r))

# Rooms that may use libraries beyond libc.
LIBS_base :=
LIBS_wire :=
LIBS_event :=
$(foreach r,mail worker store daemon command,$(eval LIBS_$r = $(PKG_LIBS)))

PROGRAMS := $(BUILD)/lei $(BUILD)/lei-daemon
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard $(foreach r,$(ROOMS),tests/$r/*_test.c)))
FUZZERS  := $(patsubst fuzz/%_fuzz.c,%,$(wildcard fuzz/*_fuzz.c))

.PHONY: all help
all: $(PROGRAMS)

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define room_rules
$(call room_lib,$1): $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call room_src,$1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$r)))

$(BUILD)/lei: $(BUILD)/obj/lei.o $(call libs_for,wire)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) -o $@ $^

$(BUILD)/lei-daemon: $(BUILD)/obj/lei-daemon.o $(call libs_for,command)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

# ---- tests ------------------------------------------------------------------------------

# tests/ROOM/NAME_test.c links its room and those below; tests/ROOM/*.h are its fixtures.
define test_rules
$(BUILD)/tests/$1/%_test: tests/$1/%_test.c $(call libs_for,$1)
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS_ALL) -Isrc $$(PKG_CFLAGS) $$(CFLAGS_ALL) -MMD -MP -MF $$@.d -o $$@ $$< \
		$(call libs_for,$1) $$(LDFLAGS_ALL) -lcmocka $$(LIBS_$1)
endef
$(foreach r,$(ROOMS),$(eval $(call test_rules,$r)))

.PHONY: unit tests
tests: $(TESTS)
unit: $(TESTS)
	@set -e; for t in $(TESTS); do $(TEST_WRAP) $$t; done

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
