/* Blob ids: 20 bytes in the tables, 40 hex digits everywhere else. */
#ifndef STORE_OID_H
#define STORE_OID_H

#include <stdint.h>

enum { OID_BYTES = 20, OID_HEX = 40 };

void oid_bytes(const char hex[OID_HEX], uint8_t ret[OID_BYTES]); /* digits were checked */
void oid_hex(const uint8_t bytes[OID_BYTES], char ret[OID_HEX + 1]);

#endif
