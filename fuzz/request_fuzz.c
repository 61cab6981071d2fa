/* What a stranger may send to the daemon.  A request that parses is packed and parsed again
 * to the same; one that does not fit is never cut silently. */
#include "wire/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(char *const *a, size_t na, char *const *b, size_t nb)
{
	assert(na == nb && !a[na] && !b[nb]);
	for (size_t i = 0; i < na; i++)
		assert(!strcmp(a[i], b[i]));
}

static void round_trip(const struct wire_request *r, size_t size, size_t cap)
{
	struct wire_request again;
	size_t len = 0;
	char *packed = malloc(cap + 1);
	assert(packed);
	int rc = wire_request_pack(packed, cap, r->argc, r->argv, r->envp, &len);
	assert(cap < size || rc == 0);
	if (rc == 0) {
		assert(len <= cap);
		assert(wire_request_parse(packed, len, &again) == WIRE_OK);
		assert_same(r->argv, r->argc, again.argv, again.argc);
		if (cap >= size)
			assert_same(r->envp, r->envc, again.envp, again.envc);
		wire_request_free(&again);
	}
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_request r;
	mode_t mask;
	if (wire_control_parse((const char *)data, size, &mask) == WIRE_UMASK_IS) {
		char packed[5];
		assert(wire_umask_pack(packed, mask) == size && !memcmp(packed, data, size));
	}
	if (wire_request_parse((const char *)data, size, &r) != WIRE_OK)
		return 0;
	for (size_t i = 0; i < r.envc; i++)
		assert(strchr(r.envp[i], '=') > r.envp[i]);
	wire_request_getenv(&r, "HOME");
	round_trip(&r, size, size);
	round_trip(&r, size, size / 2);
	wire_request_free(&r);
	return 0;
}
