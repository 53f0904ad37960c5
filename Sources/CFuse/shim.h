// The one door to libfuse's low-level interface, and to the system headers that it needs beside Glibc's module.
#ifndef COFFER_CFUSE_SHIM_H
#define COFFER_CFUSE_SHIM_H

#define FUSE_USE_VERSION 312

#include <fuse3/fuse_lowlevel.h>
#include <sys/eventfd.h>
#include <sys/mount.h>

#endif
