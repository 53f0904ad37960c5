#ifndef COFFER_CSODIUM_SHIM_H
#define COFFER_CSODIUM_SHIM_H

#include <sodium.h>
#include <sys/prctl.h>
#include <execinfo.h>

/* prctl is variadic, and Swift imports no variadic function. */
static inline int coffer_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0UL, 0UL, 0UL);
}

/* The same, for the read side: 1 when the process can be dumped and traced. */
static inline int coffer_get_dumpable(void) {
    return prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
}

/* The name by which ps and top show this process, up to 15 bytes. */
static inline int coffer_set_name(const char *name) {
    return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}

#endif
