// The one door to libfuse's low-level interface, and to the system headers that it needs beside Glibc's module.
#ifndef COFFER_CFUSE_SHIM_H
#define COFFER_CFUSE_SHIM_H

#define FUSE_USE_VERSION 312

#include <fuse3/fuse_lowlevel.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

// openat2(2), for which the C library has no function; `syscall` takes a variable number of arguments.
static inline int coffer_openat2(int directory, const char *path, struct open_how *how) {
    return (int)syscall(SYS_openat2, directory, path, how, sizeof *how);
}

#endif
