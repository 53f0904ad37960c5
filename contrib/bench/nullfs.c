/* nullfs: a file system that does nothing but answer. It is the floor that Coffer is measured against.
 *
 *   nullfs MOUNTPOINT [--entry-timeout SECONDS] [--attr-timeout SECONDS] [--ready-fd N]
 *
 * The tree has the depth of Coffer's, and is computed from the names, so that it has any number of secrets:
 *
 *   bench64/s000001/current/value       64 bytes; bench4096 and bench65536 hold values of their size
 *           u000001                     the same, but neither name nor attributes may be cached: as for a
 *                                       secret that only some users may see
 *           d000001                     may be seen and not opened (EACCES)
 *           x000001                     may not be seen (ENOENT, never cached)
 *
 * As Coffer does: low-level API, allow_other, direct I/O, no FLUSH on a read-only open, no splice, no
 * default_permissions. It runs one thread in the foreground until it is unmounted or told to stop.
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An inode number says what it stands for: 1 ‖ serial (20 bits, 1…999999) ‖ kind (2) ‖ size (2) ‖ level (3). */
enum level { ROOT, FOLDER, SECRET, STAGE, VALUE };
enum kind { SHARED, UNCACHED, REFUSED };

struct node {
    enum level level;
    enum kind kind;
    unsigned size; /* index into value_sizes */
    unsigned serial;
};

static const size_t value_sizes[] = {64, 4096, 65536};
static const char *const folder_names[] = {"bench64", "bench4096", "bench65536"};
static char value_bytes[65536];
static double entry_timeout_seconds = 86400;
static double attr_timeout_seconds = 0;
static int ready_fd = -1;

static fuse_ino_t number_of(struct node node)
{
    if (node.level == ROOT)
        return FUSE_ROOT_ID;
    return 1ULL << 40 | (fuse_ino_t)node.serial << 7 | (fuse_ino_t)node.kind << 5 | (fuse_ino_t)node.size << 3
           | (fuse_ino_t)node.level;
}

static struct node node_of(fuse_ino_t number)
{
    if (number == FUSE_ROOT_ID)
        return (struct node){.level = ROOT};
    return (struct node){
        .level = number & 7, .size = number >> 3 & 3, .kind = number >> 5 & 3, .serial = number >> 7 & 0xfffff};
}

/* Steps from a parent to what `name` stands for in it; false where there is nothing. */
static bool step(struct node parent, const char *name, struct node *child)
{
    *child = parent;
    child->level = parent.level + 1;
    switch (parent.level) {
    case ROOT:
        for (unsigned size = 0; size < 3; size++)
            if (strcmp(name, folder_names[size]) == 0) {
                child->size = size;
                return true;
            }
        return false;
    case FOLDER:
        switch (name[0]) {
        case 's': child->kind = SHARED; break;
        case 'u': child->kind = UNCACHED; break;
        case 'd': child->kind = REFUSED; break;
        default: return false;
        }
        child->serial = 0;
        for (int i = 1; i <= 6; i++) {
            if (name[i] < '0' || name[i] > '9')
                return false;
            child->serial = child->serial * 10 + (unsigned)(name[i] - '0');
        }
        return name[7] == '\0' && child->serial > 0;
    case SECRET: return strcmp(name, "current") == 0;
    case STAGE: return strcmp(name, "value") == 0;
    default: return false;
    }
}

static struct stat attributes_of(struct node node)
{
    struct stat attributes = {.st_ino = number_of(node)};
    if (node.level == VALUE) {
        attributes.st_mode = S_IFREG | 0444;
        attributes.st_nlink = 1;
        attributes.st_size = (off_t)value_sizes[node.size];
    } else {
        attributes.st_mode = S_IFDIR | 0555;
        attributes.st_nlink = 2;
    }
    return attributes;
}

static void answer_init(void *userdata, struct fuse_conn_info *connection)
{
    (void)userdata;
    connection->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
    if (ready_fd >= 0) {
        if (write(ready_fd, "ready\n", 6) != 6)
            perror("nullfs: --ready-fd");
        close(ready_fd);
    }
}

static void answer_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    struct node child;
    if (!step(node_of(parent), name, &child)) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    bool uncached = child.level >= SECRET && child.kind == UNCACHED;
    struct fuse_entry_param entry = {
        .ino = number_of(child),
        .attr = attributes_of(child),
        .entry_timeout = uncached ? 0 : entry_timeout_seconds,
        .attr_timeout = uncached ? 0 : attr_timeout_seconds,
    };
    fuse_reply_entry(request, &entry);
}

static void answer_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
    (void)file;
    struct stat attributes = attributes_of(node_of(number));
    fuse_reply_attr(request, &attributes, attr_timeout_seconds);
}

static void answer_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
    struct node node = node_of(number);
    if (node.kind == REFUSED || (file->flags & O_ACCMODE) != O_RDONLY) {
        fuse_reply_err(request, EACCES);
        return;
    }
    file->direct_io = 1;
    file->noflush = 1;
    fuse_reply_open(request, file);
}

static void answer_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file)
{
    (void)file;
    size_t length = value_sizes[node_of(number).size];
    size_t start = (size_t)offset < length ? (size_t)offset : length;
    size_t count = length - start < size ? length - start : size;
    fuse_reply_buf(request, value_bytes + start, count);
}

static void answer_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
    (void)number;
    (void)file;
    fuse_reply_err(request, 0);
}

static const struct fuse_lowlevel_ops operations = {
    .init = answer_init,
    .lookup = answer_lookup,
    .getattr = answer_getattr,
    .open = answer_open,
    .read = answer_read,
    .release = answer_release,
};

static int usage(void)
{
    fputs("usage: nullfs MOUNTPOINT [--entry-timeout SECONDS] [--attr-timeout SECONDS] [--ready-fd N]\n", stderr);
    return 64;
}

int main(int count, char **arguments)
{
    const char *mount_point = NULL;
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (argument[0] != '-') {
            mount_point = argument;
            continue;
        }
        if (i + 1 == count)
            return usage();
        const char *text = arguments[++i];
        if (strcmp(argument, "--entry-timeout") == 0)
            entry_timeout_seconds = atof(text);
        else if (strcmp(argument, "--attr-timeout") == 0)
            attr_timeout_seconds = atof(text);
        else if (strcmp(argument, "--ready-fd") == 0)
            ready_fd = atoi(text);
        else
            return usage();
    }
    if (mount_point == NULL)
        return usage();
    memset(value_bytes, 'n', sizeof value_bytes);

    char *mount_arguments[] = {arguments[0], "-o", "allow_other,fsname=nullfs,subtype=nullfs", NULL};
    struct fuse_args options = FUSE_ARGS_INIT(3, mount_arguments);
    struct fuse_session *session = fuse_session_new(&options, &operations, sizeof operations, NULL);
    if (session == NULL)
        return 1;
    int result = 1;
    if (fuse_set_signal_handlers(session) == 0) {
        if (fuse_session_mount(session, mount_point) == 0) {
            result = fuse_session_loop(session) < 0;
            fuse_session_unmount(session);
        }
        fuse_remove_signal_handlers(session);
    }
    fuse_session_destroy(session);
    fuse_opt_free_args(&options);
    return result;
}
