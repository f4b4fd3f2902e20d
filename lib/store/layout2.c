/*
 * Headers of layout 2, and whole reads and writes.
 */

#include <errno.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/store_int.h"

int
store_header_get(
    const uint8_t *data, size_t len, struct store_header *h, struct err *err)
{
	if (len < STORE_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "truncated: %zu bytes of a header of %d", len,
		    STORE_HEADER_LEN);
	h->nfdversion = load_u32(data + 4);
	h->created_s = (int64_t)load_u64(data + 8);
	h->compression = data[16];
	h->appendix_blocks = load_u16(data + 18);
	h->appendix = load_u64(data + 24);
	h->blocks = load_u32(data + 36);
	if (data[17] != 0)
		return err_set(err, ERR_MALFORMED,
		    "encryption %u is not supported", data[17]);
	if (h->appendix != 0 &&
	    (h->appendix < STORE_HEADER_LEN || h->appendix > INT64_MAX))
		return err_set(err, ERR_MALFORMED, "appendix at %jd",
		    (intmax_t)(int64_t)h->appendix);
	return 0;
}

void
store_header_put(uint8_t data[STORE_HEADER_LEN], const struct store_header *h)
{
	memset(data, 0, STORE_HEADER_LEN);
	store_u16(data, STORE_MAGIC);
	store_u16(data + 2, store_layout_2.number);
	store_u32(data + 4, h->nfdversion);
	store_u64(data + 8, (uint64_t)h->created_s);
	data[16] = h->compression;
	store_u16(data + 18, h->appendix_blocks);
	store_u64(data + 24, h->appendix);
	store_u32(data + 36, h->blocks);
}

int
store_block_header_get(const uint8_t data[STORE_BLOCK_HEADER_LEN],
    struct store_block_header *h, struct err *err)
{
	h->records = load_u32(data);
	h->stored = load_u32(data + 4);
	h->type = load_u16(data + 8);
	if (h->records == 0)
		return err_set(err, ERR_MALFORMED, "no records");
	if (h->stored == 0 || h->stored > STORE_BLOCK_DISK_MAX)
		return err_set(
		    err, ERR_MALFORMED, "size of %u bytes", h->stored);
	return 0;
}

void
store_block_header_put(
    uint8_t data[STORE_BLOCK_HEADER_LEN], const struct store_block_header *h)
{
	store_u32(data, h->records);
	store_u32(data + 4, h->stored);
	store_u16(data + 8, h->type);
	store_u16(data + 10, 0);
}

ssize_t
store_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	uint8_t *p = buf;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, p + done, len - done, (off_t)(offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
store_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	const uint8_t *p = buf;
	ssize_t n;

	while (len > 0) {
		n = pwrite(fd, p, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
