// The one door to libfuse's low-level interface, and to the system headers that it needs beside Glibc's module.
#ifndef COFFER_CFUSE_SHIM_H
#define COFFER_CFUSE_SHIM_H

#define FUSE_USE_VERSION 312

#include <fuse3/fuse_lowlevel.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <stdint.h>
#include <unistd.h>

// openat2(2), for which the C library has no function; `syscall` takes a variable number of arguments.
static inline int coffer_openat2(int directory, const char *path, struct open_how *how) {
    return (int)syscall(SYS_openat2, directory, path, how, sizeof *how);
}

// The attributes that chattr(1) sets; `ioctl` takes a variable number of arguments. The kernel reads and writes an int.
static inline int coffer_get_inode_flags(int file, int *flags) { return ioctl(file, FS_IOC_GETFLAGS, flags); }
static inline int coffer_set_inode_flags(int file, const int *flags) { return ioctl(file, FS_IOC_SETFLAGS, flags); }

// memfd_create(2), which the headers show to GNU sources only.
static inline int coffer_memfd(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */);
}

// Words in memory that another process may read after this one was killed at any moment.
static inline void coffer_store(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
static inline uint64_t coffer_load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline uint64_t coffer_add(uint64_t *word, uint64_t value) { return __atomic_fetch_add(word, value, __ATOMIC_RELAXED); }
static inline void coffer_raise(uint64_t *word, uint64_t value) {
    uint64_t present = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (present < value && !__atomic_compare_exchange_n(word, &present, value, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
}

// Sends a message with up to 4 descriptors (SCM_RIGHTS); its macros aren't callable from Swift.
static inline ssize_t coffer_send(int socket, const void *bytes, size_t count, const int *descriptors, size_t number) {
    char control[CMSG_SPACE(4 * sizeof(int))];
    struct iovec part = { (void *)bytes, count };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (number > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(number * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(number * sizeof(int));
        memcpy(CMSG_DATA(head), descriptors, number * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Receives a message, and up to 4 descriptors with it; `number` tells how many.
static inline ssize_t coffer_receive(int socket, void *bytes, size_t count, int *descriptors, size_t *number) {
    char control[CMSG_SPACE(4 * sizeof(int))];
    struct iovec part = { bytes, count };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    *number = 0;
    ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return got;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        *number = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors, CMSG_DATA(head), *number * sizeof(int));
    }
    return got;
}

#endif
