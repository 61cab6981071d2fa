#include "oid.h"

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void oid_bytes(const char hex[OID_HEX], uint8_t ret[OID_BYTES])
{
	for (int i = 0; i < OID_BYTES; i++)
		ret[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

void oid_hex(const uint8_t bytes[OID_BYTES], char ret[OID_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < OID_BYTES; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[OID_HEX] = '\0';
}
