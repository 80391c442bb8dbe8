/* zip_read.c - libzip finds its way through an archive; what it finds there is doubted here.
 *
 * The directory of a hostile archive may claim any size, and may give the same packed bytes to many
 * members. So: a member is no larger than its packed bytes allow, those are no more than the file,
 * and all that is read together is no more than the file can hold or memory takes. */
#include "io/zip_read.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/foreign.h"
#include "io/input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

/* ---- the archive ------------------------------------------------------------------------ */

static enum mlp_status fail_not_zip(const char *path, const uint8_t *head, size_t n,
                                    struct mlp_error *error)
{
    const struct io_foreign *foreign = io_foreign_recognise(head, n);
    error_set(error, MLP_E_MODEL, path, 0);
    if (n == 0)
        error_found(error, "an empty file");
    else if (foreign != NULL)
        error_found(error, "%s", foreign->what);
    else
        error_found(error, "no zip archive, it begins with %02x %02x %02x %02x", head[0], head[1],
                    head[2], head[3]);
    error_wanted(error, "an .npz, which is a zip archive");
    error_hint(error, "%s", foreign != NULL ? foreign->hint : "save the arrays with np.savez");
    return MLP_E_MODEL;
}

/* No blame on the file when memory ran out. */
static enum mlp_status fail_memory(struct mlp_error *error)
{
    error_set(error, MLP_E_MEMORY, NULL, -1);
    error_found(error, "out of memory reading a zip archive");
    return MLP_E_MEMORY;
}

/* libzip reads the directory first, and it is at the end: a file that lacks its end shows here. */
static enum mlp_status fail_damaged(const char *path, uint64_t size_bytes, zip_error_t *cause,
                                    struct mlp_error *error)
{
    if (zip_error_code_zip(cause) == ZIP_ER_MEMORY)
        return fail_memory(error);
    error_set(error, MLP_E_MODEL, path, (int64_t)size_bytes);
    error_found(error, "a zip archive cut short or damaged (%s)", zip_error_strerror(cause));
    error_wanted(error, "its directory, at the end");
    error_hint(error, "copy or download it again");
    return MLP_E_MODEL;
}

/* Not by path: fd is known to be a regular file. libzip closes it if it succeeds. */
static enum mlp_status open_archive(struct io_zip *zip, int fd, struct mlp_error *error)
{
    int code = 0;
    zip->archive = zip_fdopen(fd, 0, &code);
    if (zip->archive == NULL) {
        zip_error_t cause;
        zip_error_init_with_code(&cause, code);
        enum mlp_status status = fail_damaged(zip->path, zip->size_bytes, &cause, error);
        zip_error_fini(&cause);
        return status;
    }
    zip_int64_t n = zip_get_num_entries(zip->archive, 0);
    zip->n_members = n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    return MLP_OK;
}

enum mlp_status io_zip_open(struct io_zip *zip, const char *path, struct mlp_error *error)
{
    int fd;
    uint8_t head[IO_FOREIGN_BYTES] = {0};
    *zip = (struct io_zip){.path = path};
    enum mlp_status status = io_input_open(path, MLP_E_MODEL, &fd, &zip->size_bytes, error);
    if (status != MLP_OK)
        return status;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0)
        status = error_errno(error, MLP_E_MODEL, path, "cannot read");
    else if (n < 4 || memcmp(head, "PK", 2) != 0)
        status = fail_not_zip(path, head, (size_t)n, error);
    else
        status = open_archive(zip, fd, error);
    if (status != MLP_OK) {
        close(fd);
        return status;
    }
    uint64_t most = memory_machine_bytes();
    if (__builtin_mul_overflow(zip->size_bytes, (uint64_t)IO_DEFLATE_RATIO, &zip->budget_bytes) ||
        zip->budget_bytes > most)
        zip->budget_bytes = most;
    return MLP_OK;
}

void io_zip_close(struct io_zip *zip)
{
    if (zip->archive != NULL)
        zip_discard(zip->archive);
    zip->archive = NULL;
}

void io_zip_name(const struct io_zip *zip, uint32_t i, char name[IO_ZIP_NAME_BYTES])
{
    const char *raw = zip_get_name(zip->archive, i, ZIP_FL_ENC_RAW);
    snprintf(name, IO_ZIP_NAME_BYTES, "%s", raw != NULL ? raw : "");
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

bool io_zip_find(const struct io_zip *zip, const char *name, uint32_t *i)
{
    zip_int64_t found = zip_name_locate(zip->archive, name, 0);
    if (found < 0 || found >= zip->n_members)
        return false;
    *i = (uint32_t)found;
    return true;
}

/* ---- one member ------------------------------------------------------------------------- */

static enum mlp_status fail(const struct io_member *member, struct mlp_error *error,
                            const char *found, const char *wanted)
{
    error_set(error, MLP_E_MODEL, member->name, -1);
    error_found(error, "%s", found);
    error_wanted(error, "%s", wanted);
    return MLP_E_MODEL;
}

/* What the directory claims of a member must be something that we read, and possible: stored bytes
 * are as many as they were, deflated ones grow within bounds, and all of them come from this file.
 */
static enum mlp_status check_claims(const struct io_member *member, const zip_stat_t *stat,
                                    struct mlp_error *error)
{
    const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((stat->valid & needed) != needed)
        return fail(member, error, "a member without size or method", "a whole directory entry");
    if (stat->encryption_method != ZIP_EM_NONE)
        return fail(member, error, "an encrypted member", "one that is not");
    if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE) {
        fail(member, error, "",
             "stored or deflated data, as np.savez and np.savez_compressed write");
        error_found(error, "compression method %u", stat->comp_method);
        return MLP_E_MODEL;
    }
    uint64_t limit = stat->comp_size;
    if (stat->comp_method == ZIP_CM_DEFLATE &&
        __builtin_mul_overflow(limit, (uint64_t)IO_DEFLATE_RATIO, &limit))
        limit = UINT64_MAX;
    if (stat->comp_size > member->zip->size_bytes || stat->size > limit) {
        fail(member, error, "", "");
        error_found(error, "a claim to be %llu bytes, packed into %llu",
                    (unsigned long long)stat->size, (unsigned long long)stat->comp_size);
        error_wanted(error, "what an archive of %llu bytes can hold",
                     (unsigned long long)member->zip->size_bytes);
        return MLP_E_MODEL;
    }
    if (stat->size <= member->zip->budget_bytes)
        return MLP_OK;
    fail(member, error, "", "");
    error_found(error, "%.1f GiB more to unpack", (double)stat->size * 0x1p-30);
    error_wanted(error, "arrays that fit into memory (%.1f GiB)",
                 (double)memory_machine_bytes() * 0x1p-30);
    return MLP_E_MODEL;
}

static enum mlp_status fail_read(const struct io_member *member, zip_error_t *cause,
                                 struct mlp_error *error)
{
    if (zip_error_code_zip(cause) == ZIP_ER_MEMORY)
        return fail_memory(error);
    fail(member, error, "", "whole data");
    error_found(error, "damaged data (%s)", zip_error_strerror(cause));
    error_hint(error, "copy or download the file again");
    return MLP_E_MODEL;
}

enum mlp_status io_member_open(struct io_member *member, struct io_zip *zip, uint32_t i,
                               struct mlp_error *error)
{
    zip_stat_t stat;
    char name[IO_ZIP_NAME_BYTES];
    *member = (struct io_member){.zip = zip};
    io_zip_name(zip, i, name);
    snprintf(member->name, sizeof member->name, "%.880s, member %s", zip->path, name);
    if (zip_stat_index(zip->archive, i, 0, &stat) != 0)
        return fail_read(member, zip_get_error(zip->archive), error);
    enum mlp_status status = check_claims(member, &stat, error);
    if (status != MLP_OK)
        return status;
    member->size_bytes = stat.size;
    member->file = zip_fopen_index(zip->archive, i, 0);
    if (member->file == NULL)
        return fail_read(member, zip_get_error(zip->archive), error);
    return MLP_OK;
}

enum mlp_status io_member_read(struct io_member *member, void *bytes, size_t n,
                               struct mlp_error *error)
{
    uint8_t *to = bytes;
    /* Counted here rather than when it is opened: a header costs little, whatever is claimed. */
    if (n > member->zip->budget_bytes)
        return fail(member, error, "more data than the archive can hold", "less");
    member->zip->budget_bytes -= n;
    while (n > 0) {
        zip_int64_t got = zip_fread(member->file, to, n);
        if (got < 0)
            return fail_read(member, zip_file_get_error(member->file), error);
        if (got == 0)
            return fail(member, error, "the data ends early", "as much as the directory says");
        to += got;
        n -= (size_t)got;
    }
    return MLP_OK;
}

enum mlp_status io_member_finish(struct io_member *member, struct mlp_error *error)
{
    uint8_t extra;
    /* libzip compares the checksum only when asked for a byte beyond the last one. */
    zip_int64_t got = zip_fread(member->file, &extra, 1);
    if (got < 0)
        return fail_read(member, zip_file_get_error(member->file), error);
    return got == 0 ? MLP_OK : fail(member, error, "more data than the directory says", "its end");
}

void io_member_close(struct io_member *member)
{
    if (member->file != NULL)
        zip_fclose(member->file);
    member->file = NULL;
}
