/* A file system that stands still on demand: BACKING, GATE and KIND, then what libfuse takes. It shows BACKING's files. While somebody
   holds an exclusive lock (flock) on the file GATE, its calls wait, and end by no signal, as those to a disk or a server that has gone: of KIND
   "data" those that read, write, sync or change names; of KIND "all" every one. */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int backing;
static const char *gate;
static int is_all;

static void pass(int is_data) {
    if (!is_data && !is_all) return;
    int file = open(gate, O_RDONLY | O_CLOEXEC);
    while (flock(file, LOCK_SH) < 0 && errno == EINTR) {}
    close(file);
}
static const char *below(const char *path) { return path[1] ? path + 1 : "."; }
static int outcome(int result) { return result < 0 ? -errno : 0; }

static int get_attributes(const char *path, struct stat *found, struct fuse_file_info *file) {
    pass(0);
    return outcome(file ? fstat(file->fh, found) : fstatat(backing, below(path), found, AT_SYMLINK_NOFOLLOW));
}
static int list(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file, enum fuse_readdir_flags flags) {
    pass(1);
    int folder = openat(backing, below(path), O_RDONLY | O_DIRECTORY);
    DIR *open_folder = folder < 0 ? NULL : fdopendir(folder);
    if (!open_folder) return -errno;
    for (struct dirent *entry; (entry = readdir(open_folder));) fill(buffer, entry->d_name, NULL, 0, 0);
    closedir(open_folder);
    return 0;
}
static int make(const char *path, mode_t mode, struct fuse_file_info *file) {
    pass(1);
    int opened = openat(backing, below(path), file->flags | O_CREAT, mode);
    file->fh = opened;
    return outcome(opened);
}
static int open_file(const char *path, struct fuse_file_info *file) {
    pass((file->flags & O_TRUNC) != 0);
    int opened = openat(backing, below(path), file->flags);
    file->fh = opened;
    return outcome(opened);
}
static int read_file(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
    pass(1);
    ssize_t count = pread(file->fh, buffer, size, offset);
    return count < 0 ? -errno : count;
}
static int write_file(const char *path, const char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
    pass(1);
    ssize_t count = pwrite(file->fh, buffer, size, offset);
    return count < 0 ? -errno : count;
}
static int sync_file(const char *path, int is_data_only, struct fuse_file_info *file) { pass(1); return outcome(fsync(file->fh)); }
static int sync_folder(const char *path, int is_data_only, struct fuse_file_info *file) { pass(1); return 0; }
static int close_file(const char *path, struct fuse_file_info *file) { close(file->fh); return 0; }
static int set_size(const char *path, off_t size, struct fuse_file_info *file) {
    pass(1);
    if (file) return outcome(ftruncate(file->fh, size));
    int opened = openat(backing, below(path), O_WRONLY), result = outcome(opened);
    if (opened >= 0) { result = outcome(ftruncate(opened, size)); close(opened); }
    return result;
}
static int remove_file(const char *path) { pass(1); return outcome(unlinkat(backing, below(path), 0)); }
static int remove_folder(const char *path) { pass(1); return outcome(unlinkat(backing, below(path), AT_REMOVEDIR)); }
static int make_folder(const char *path, mode_t mode) { pass(1); return outcome(mkdirat(backing, below(path), mode)); }
static int rename_file(const char *from, const char *to, unsigned flags) { pass(1); return outcome(renameat2(backing, below(from), backing, below(to), flags)); }
static int set_mode(const char *path, mode_t mode, struct fuse_file_info *file) { pass(1); return outcome(fchmodat(backing, below(path), mode, 0)); }
static int set_owner(const char *path, uid_t user, gid_t group, struct fuse_file_info *file) { pass(1); return outcome(fchownat(backing, below(path), user, group, AT_SYMLINK_NOFOLLOW)); }
static int set_times(const char *path, const struct timespec times[2], struct fuse_file_info *file) { pass(1); return outcome(utimensat(backing, below(path), times, AT_SYMLINK_NOFOLLOW)); }
static int tell_space(const char *path, struct statvfs *found) { pass(0); return outcome(fstatvfs(backing, found)); }
/* What a disk's file system keeps in memory is kept here too. */
static void *begin(struct fuse_conn_info *connection, struct fuse_config *settings) {
    settings->kernel_cache = 1;
    settings->entry_timeout = settings->attr_timeout = 3600;
    settings->use_ino = 1;
    return NULL;
}
static const struct fuse_operations operations = {
    .init = begin, .getattr = get_attributes, .readdir = list, .create = make, .open = open_file, .read = read_file, .write = write_file,
    .fsync = sync_file, .fsyncdir = sync_folder, .release = close_file, .truncate = set_size, .unlink = remove_file, .rmdir = remove_folder,
    .mkdir = make_folder, .rename = rename_file, .chmod = set_mode, .chown = set_owner, .utimens = set_times, .statfs = tell_space,
};
int main(int count, char **arguments) {
    if (count < 5 || (backing = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) { perror("stallfs BACKING GATE KIND MOUNT"); return 1; }
    gate = arguments[2];
    is_all = !strcmp(arguments[3], "all");
    arguments[3] = arguments[0];
    return fuse_main(count - 3, arguments + 3, &operations, NULL);
}
