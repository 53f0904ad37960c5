/* driver: reads, writes and makes secrets through a mounted tree, and tells how long that took.
 *
 *   driver read     --target LABEL COUNT PATTERN [--target …] --size BYTES [--expect ok|EACCES|ENOENT] [--no-fstat]
 *                   [--readers N] [--uid UID] [--rounds N] [--iterations N] [--seed N]
 *   driver write    --target LABEL COUNT PATTERN --size BYTES [--rounds N] [--iterations N] [--seed N]
 *   driver populate --target LABEL COUNT PATTERN --size BYTES
 *   All take --cpu N, which pins the driver and its readers.
 *
 * The one `#` of a PATTERN stands for the number of a secret, six digits from 000001 to COUNT. Each round goes once through all targets
 * (A B C A B C …), each target with the same seeded sequence of secrets, so that noise hits all alike.
 * Prints one JSON object a line and target; a round's figure is wall time over all operations of all readers, in ns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TARGETS = 8, MOST_READERS = 64, MOST_ROUNDS = 1000, DIGITS = 6 };

struct target {
    const char *label;
    unsigned count;
    char path[4096];
    size_t hash; /* where the number stands in path */
};

static struct target targets[MOST_TARGETS];
static unsigned target_count;
static size_t value_size = 64;
static int expected_errno = 0;
static bool with_fstat = true;
static unsigned readers = 1, rounds = 21, iterations = 1000;
static uint64_t seed = 1;
static long reader_uid = -1;
static long cpu = -1;
static char *buffer;
static size_t buffer_size;

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "driver: %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* splitmix64: good numbers from any seed, a few ns each. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static const char *path_of(struct target *target, unsigned serial)
{
    for (int i = DIGITS - 1; i >= 0; i--, serial /= 10)
        target->path[target->hash + (size_t)i] = (char)('0' + serial % 10);
    return target->path;
}

static const char *random_path(struct target *target, uint64_t *state)
{
    return path_of(target, 1 + (unsigned)(next_random(state) % target->count));
}

/* One operation: open, fstat, read, read to the end, close; or the refusal that is expected. */
static void read_once(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || expected_errno != 0) {
        if (file < 0 && errno == expected_errno)
            return;
        fail(file < 0 ? "open" : "open should have been refused, and was not:", path);
    }
    if (with_fstat) {
        struct stat attributes;
        if (fstat(file, &attributes) != 0)
            fail("fstat", path);
        if ((size_t)attributes.st_size != value_size) {
            fprintf(stderr, "driver: fstat %s: size %lld, expected %zu\n", path, (long long)attributes.st_size, value_size);
            exit(1);
        }
    }
    size_t total = 0;
    ssize_t count;
    while ((count = read(file, buffer, buffer_size)) > 0)
        total += (size_t)count;
    if (count < 0)
        fail("read", path);
    if (total != value_size) {
        fprintf(stderr, "driver: read %s: %zu bytes, expected %zu\n", path, total, value_size);
        exit(1);
    }
    if (close(file) != 0)
        fail("close", path);
}

/* Fills the buffer with a value that was never written before. */
static void make_value(uint64_t *state)
{
    for (size_t i = 0; i < value_size; i++) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
        buffer[i] = letters[next_random(state) & 31];
    }
}

static void write_once(const char *path, int flags)
{
    int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | flags, 0644);
    if (file < 0)
        fail("open for writing", path);
    for (size_t done = 0; done < value_size;) {
        ssize_t count = write(file, buffer + done, value_size - done);
        if (count < 0)
            fail("write", path);
        done += (size_t)count;
    }
    if (close(file) != 0)
        fail("close after writing", path);
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            struct stat attributes; /* a read-only or odd parent answers otherwise, and is there all the same */
            int reason = errno;
            if (stat(path, &attributes) != 0) {
                errno = reason;
                fail("mkdir", path);
            }
        }
        *slash = '/';
    }
}

static void pin(void)
{
    if (cpu < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fail("pin to", "the CPU");
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_result(const struct target *target, const double *figures)
{
    double sorted[MOST_ROUNDS];
    memcpy(sorted, figures, rounds * sizeof *figures);
    qsort(sorted, rounds, sizeof *sorted, compare);
    double median = rounds % 2 ? sorted[rounds / 2] : (sorted[rounds / 2 - 1] + sorted[rounds / 2]) / 2;
    printf("{\"target\":\"%s\",\"readers\":%u,\"iterations\":%u,\"median_ns\":%.0f,\"rounds_ns\":[", target->label,
           readers, iterations, median);
    for (unsigned i = 0; i < rounds; i++)
        printf("%s%.0f", i ? "," : "", figures[i]);
    puts("]}");
}

struct order {
    unsigned target;
    unsigned round; /* MOST_ROUNDS: the warm-up, once over every secret */
};

struct answer {
    uint64_t start_ns, end_ns;
};

/* A reader: waits for an order, carries it out, tells when it began and ended; ends when the orders do. */
static void run_reader(unsigned index, int orders, int answers)
{
    if (reader_uid >= 0) {
        gid_t group = (gid_t)reader_uid;
        if (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid((uid_t)reader_uid) != 0)
            fail("become", "the reading user");
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct order order;
    while (read(orders, &order, sizeof order) == sizeof order) {
        struct target *target = &targets[order.target];
        uint64_t state = seed + (uint64_t)order.round * 1000003 + (uint64_t)index * 7919;
        struct answer answer = {.start_ns = now_ns()};
        if (order.round == MOST_ROUNDS)
            for (unsigned serial = 1; serial <= target->count; serial++)
                read_once(path_of(target, serial));
        else
            for (unsigned i = 0; i < iterations; i++)
                read_once(random_path(target, &state));
        answer.end_ns = now_ns();
        if (write(answers, &answer, sizeof answer) != sizeof answer)
            fail("answer", "the driver");
    }
    _exit(0);
}

static void reader_died(int number)
{
    (void)number;
    static const char message[] = "driver: a reader ended early; what it printed above says why\n";
    if (write(2, message, sizeof message - 1) < 0)
        _exit(2);
    _exit(1); /* the other readers die with their parent */
}

static double run_round(const int *orders, int answers, unsigned target, unsigned round, unsigned active)
{
    struct order order = {target, round};
    for (unsigned i = 0; i < active; i++)
        if (write(orders[i], &order, sizeof order) != sizeof order)
            fail("order", "a reader");
    uint64_t first = UINT64_MAX, last = 0;
    for (unsigned i = 0; i < active; i++) {
        struct answer answer;
        if (read(answers, &answer, sizeof answer) != sizeof answer)
            fail("hear from", "a reader");
        first = answer.start_ns < first ? answer.start_ns : first;
        last = answer.end_ns > last ? answer.end_ns : last;
    }
    return (double)(last - first) / ((double)iterations * active);
}

static void measure_reads(void)
{
    static double figures[MOST_TARGETS][MOST_ROUNDS];
    int orders[MOST_READERS], answers[2];
    signal(SIGCHLD, reader_died);
    if (pipe2(answers, O_CLOEXEC) != 0)
        fail("make", "a pipe");
    for (unsigned i = 0; i < readers; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            fail("make", "a pipe");
        orders[i] = ends[1];
        pid_t child = fork();
        if (child < 0)
            fail("start", "a reader");
        if (child == 0) {
            signal(SIGCHLD, SIG_DFL);
            for (unsigned other = 0; other <= i; other++)
                close(orders[other]);
            close(answers[0]);
            run_reader(i, ends[0], answers[1]);
        }
        close(ends[0]);
    }
    for (unsigned target = 0; target < target_count; target++)
        run_round(orders, answers[0], target, MOST_ROUNDS, 1);
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned target = 0; target < target_count; target++)
            figures[target][round] = run_round(orders, answers[0], target, round, readers);
    signal(SIGCHLD, SIG_DFL);
    for (unsigned i = 0; i < readers; i++)
        close(orders[i]);
    while (wait(NULL) > 0)
        continue;
    for (unsigned target = 0; target < target_count; target++)
        print_result(&targets[target], figures[target]);
}

static void measure_writes(void)
{
    static double figures[MOST_ROUNDS];
    uint64_t state = seed ^ now_ns();
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t start = now_ns();
        for (unsigned i = 0; i < iterations; i++) {
            make_value(&state);
            write_once(random_path(&targets[0], &state), 0);
        }
        figures[round] = (double)(now_ns() - start) / iterations;
    }
    print_result(&targets[0], figures);
}

static void populate(void)
{
    uint64_t state = seed ^ now_ns();
    uint64_t start = now_ns();
    for (unsigned serial = 1; serial <= targets[0].count; serial++) {
        path_of(&targets[0], serial);
        make_folders(targets[0].path);
        make_value(&state);
        write_once(targets[0].path, O_CREAT);
    }
    printf("{\"target\":\"%s\",\"secrets\":%u,\"elapsed_ns\":%llu}\n", targets[0].label, targets[0].count,
           (unsigned long long)(now_ns() - start));
}

static void add_target(const char *label, const char *count, const char *pattern)
{
    const char *hash = strchr(pattern, '#');
    long number = atol(count);
    if (target_count == MOST_TARGETS || hash == NULL || strchr(hash + 1, '#') != NULL || number < 1 || number > 999999
        || strlen(pattern) + DIGITS > sizeof targets[0].path) {
        fprintf(stderr, "driver: --target %s %s %s: give a count of 1 to 999999 and a path with one #\n", label, count, pattern);
        exit(64);
    }
    struct target *target = &targets[target_count++];
    target->label = label;
    target->count = (unsigned)number;
    target->hash = (size_t)(hash - pattern);
    memcpy(target->path, pattern, target->hash);
    strcpy(target->path + target->hash + DIGITS, hash + 1);
}

static unsigned bounded(const char *text, const char *option, unsigned most)
{
    long number = atol(text);
    if (number < 1 || number > (long)most) {
        fprintf(stderr, "driver: %s takes a number from 1 to %u\n", option, most);
        exit(64);
    }
    return (unsigned)number;
}

int main(int count, char **arguments)
{
    for (int i = 2; i < count; i++) {
        const char *option = arguments[i];
        int left = count - 1 - i;
        if (strcmp(option, "--no-fstat") == 0)
            with_fstat = false;
        else if (strcmp(option, "--target") == 0 && left >= 3) {
            add_target(arguments[i + 1], arguments[i + 2], arguments[i + 3]);
            i += 3;
        } else if (left < 1) {
            fprintf(stderr, "driver: %s: not known, or without its value\n", option);
            return 64;
        } else {
            const char *text = arguments[++i];
            if (strcmp(option, "--size") == 0)
                value_size = bounded(text, option, 1 << 24);
            else if (strcmp(option, "--readers") == 0)
                readers = bounded(text, option, MOST_READERS);
            else if (strcmp(option, "--rounds") == 0)
                rounds = bounded(text, option, MOST_ROUNDS);
            else if (strcmp(option, "--iterations") == 0)
                iterations = bounded(text, option, 1 << 24);
            else if (strcmp(option, "--seed") == 0)
                seed = strtoull(text, NULL, 10);
            else if (strcmp(option, "--uid") == 0)
                reader_uid = atol(text);
            else if (strcmp(option, "--cpu") == 0)
                cpu = atol(text);
            else if (strcmp(option, "--expect") == 0)
                expected_errno = strcmp(text, "EACCES") == 0 ? EACCES : strcmp(text, "ENOENT") == 0 ? ENOENT : 0;
            else {
                fprintf(stderr, "driver: %s: not known\n", option);
                return 64;
            }
        }
    }
    const char *mode = count > 1 ? arguments[1] : "";
    if (target_count == 0) {
        fputs("usage: driver read|write|populate --target LABEL COUNT PATTERN … (see the head of driver.c)\n", stderr);
        return 64;
    }
    /* One page more than the value: a short read, then the read that finds the end, as cat does. */
    buffer_size = (value_size + 4095) / 4096 * 4096 + (value_size % 4096 == 0 ? 4096 : 0);
    if (posix_memalign((void **)&buffer, 4096, buffer_size) != 0)
        fail("allocate", "the buffer");
    memset(buffer, 0, buffer_size);
    pin();
    if (strcmp(mode, "read") == 0)
        measure_reads();
    else if (strcmp(mode, "write") == 0)
        measure_writes();
    else if (strcmp(mode, "populate") == 0)
        populate();
    else {
        fprintf(stderr, "driver: %s: not a mode; use read, write or populate\n", mode);
        return 64;
    }
    return 0;
}
