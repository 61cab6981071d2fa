#include "wire.h"

#include <string.h>

enum { UMASK_LEN = 5 };

size_t wire_umask_pack(char buf[5], mode_t mask)
{
	uint32_t v = (uint32_t)mask;
	buf[0] = 'u';
	for (unsigned i = 0; i < UMASK_LEN - 1; i++)
		buf[i + 1] = (char)(unsigned char)(v >> 8 * i & 0xff);
	return UMASK_LEN;
}

enum wire_control wire_control_parse(const char *data, size_t len, mode_t *ret_umask)
{
	static const struct {
		char word[5];
		enum wire_control control;
	} words[] = { { "STOP", WIRE_STOP }, { "CONT", WIRE_CONT }, { "TERM", WIRE_TERM } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (len == strlen(words[i].word) && !memcmp(data, words[i].word, len))
			return words[i].control;
	if (len != UMASK_LEN || data[0] != 'u')
		return WIRE_CONTROL_UNKNOWN;

	uint32_t v = 0;
	for (unsigned i = 0; i < UMASK_LEN - 1; i++)
		v |= (uint32_t)(unsigned char)data[i + 1] << 8 * i;
	if (v > 0777)
		return WIRE_CONTROL_UNKNOWN;
	*ret_umask = (mode_t)v;
	return WIRE_UMASK_IS;
}
