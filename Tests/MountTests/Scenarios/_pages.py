"""How much of a file the kernel keeps. mincore(2) can't tell: mapping a file past the page cache empties it."""
import ctypes

libc = ctypes.CDLL(None, use_errno=True)

def pages(file):
    """Pages of an open file in the page cache. Source: cachestat(2), kernel 6.5; 451 is its number."""
    answer = (ctypes.c_uint64 * 5)()
    if libc.syscall(451, file, (ctypes.c_uint64 * 2)(), answer, 0) != 0:
        raise OSError(ctypes.get_errno(), "cachestat")
    return answer[0]
