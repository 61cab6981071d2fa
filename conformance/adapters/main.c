/* The main program of every adapter, which is what `adapter` says. */
#include "kit.h"

extern const struct kit_impl adapter;

int main(void)
{
	return kit_main(&adapter);
}
