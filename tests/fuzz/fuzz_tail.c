/*
 * Flow files that grow: the input is a flow file that is written piece by
 * piece, and followed.  The first two bytes say how long a piece is.  Each
 * block is given once, whatever the pieces, and where reading stands is a
 * place to go on.
 */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "store/tail.h"

#define NAME "tail"
#define PIECE_MIN 64

static uint32_t
read_blocks(struct store_tail *t)
{
	struct store_block b = { 0 };
	struct store_place place;
	struct store_ref ref;
	uint32_t blocks = 0, next = 0;
	struct err err;

	while (store_tail_next(t, &ref, &err) == 1) {
		require(ref.number >= next);
		next = ref.number + 1;
		blocks++;
		store_block_load(store_tail_file(t), &ref, &b, &err);
	}
	store_block_fini(&b);
	if (store_tail_file(t) != NULL) {
		store_tail_place(t, &place);
		require(store_tail_resume(t, &place, &err) != 0 ||
		    place.stored == 0);
	}
	return blocks;
}

static void
follow(struct store_tail *t, int fd, const uint8_t *data, size_t size,
    size_t piece)
{
	uint64_t now_ms = 0;
	uint32_t blocks = 0;
	struct err err;
	size_t len;

	while (size > 0) {
		len = size < piece ? size : piece;
		require(write(fd, data, len) == (ssize_t)len);
		data += len;
		size -= len;
		if (store_tail_look(t, now_ms, &err) == 0)
			blocks += read_blocks(t);
		now_ms += STORE_TAIL_PATIENCE_MS / 2;
	}
	for (int i = 0; i < 3; i++, now_ms += STORE_TAIL_PATIENCE_MS)
		if (store_tail_look(t, now_ms, &err) == 0)
			blocks += read_blocks(t);
	require(!store_tail_is_done(t) || store_tail_is_complete(t));
	require(blocks == 0 || store_tail_file(t) != NULL);
}

int
FUZZ_TARGET(tail)(const uint8_t *data, size_t size)
{
	struct store_tail *t;
	size_t piece;
	int fd, in;

	if (size < 2)
		return 0;
	piece = load_u16(data) + (size_t)PIECE_MIN;
	fuzzkit_write(NAME, NULL, 0);
	fd = open(NAME, O_WRONLY | O_CLOEXEC);
	in = open(NAME, O_RDONLY | O_CLOEXEC);
	require(fd != -1 && in != -1);
	require((t = store_tail_new(in, NAME, NULL)) != NULL);
	follow(t, fd, data + 2, size - 2, piece);
	store_tail_free(t);
	close(fd);
	return 0;
}
