/*
 * src/base/digest.c
 *		A digest that both servers know, whatever their version.
 *
 * MySQL 9 has no MD5() any more, and the FIPS mode of an operating system
 * takes it from PostgreSQL; SHA2() is there from MySQL 5.5 on.  Half of it is
 * as long as an MD5, and enough.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/digest.h"

#define HALF_BYTES ((MM_DIGEST_SIZE - 1) / 2)

StaticAssertDecl(HALF_BYTES <= PG_SHA256_DIGEST_LENGTH, "half of a SHA-256");

#if PG_VERSION_NUM >= 140000
static bool
sha256(const uint8 *bytes, Size length, uint8 *digest)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	bool ok = ctx != NULL && pg_cryptohash_init(ctx) >= 0 &&
			  pg_cryptohash_update(ctx, bytes, length) >= 0 &&
			  pg_cryptohash_final(ctx, digest, PG_SHA256_DIGEST_LENGTH) >= 0;

	pg_cryptohash_free(ctx);
	return ok;
}
#else
static bool
sha256(const uint8 *bytes, Size length, uint8 *digest)
{
	pg_sha256_ctx ctx;

	pg_sha256_init(&ctx);
	pg_sha256_update(&ctx, bytes, length);
	pg_sha256_final(&ctx, digest);
	return true;
}
#endif

void
mm_digest(const char *bytes, Size length, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	if (!sha256((const uint8 *) bytes, length, digest))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a SHA-256 hash"),
				 errdetail("Rows and large values are compared by it."),
				 errhint("The log of the server may say more about its OpenSSL.")));
	for (int i = 0; i < HALF_BYTES; i++)
	{
		*hex++ = digits[digest[i] >> 4];
		*hex++ = digits[digest[i] & 0xf];
	}
	*hex = '\0';
}
