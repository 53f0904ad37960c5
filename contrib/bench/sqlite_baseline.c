/* sqlite_baseline: the bytes that a written secret leaves in a store, in one durable SQLite transaction each.
 *
 *   sqlite_baseline FILE BYTES [--rounds N] [--iterations N] [--cpu N]
 *
 * A transaction replaces one row of `record` (metadata) and adds one to `value` (the sealed value), as a new
 * version does; the two bodies have BYTES bytes together. journal_mode=WAL, synchronous=FULL. The file is made where it is missing,
 * and goes on growing where it is not. Prints one JSON object as driver does.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECRETS = 10, VALUE_BYTES = 104 /* 64, and 40 that sealing adds */, MOST_ROUNDS = 1000 };

static sqlite3 *database;

static void fail(const char *what)
{
    fprintf(stderr, "sqlite_baseline: %s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *text)
{
    if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
        fail(text);
}

static sqlite3_stmt *prepare(const char *text)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, text, -1, &statement, NULL) != SQLITE_OK)
        fail(text);
    return statement;
}

/* Runs a statement that returns no rows. */
static void step(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static sqlite3_int64 number(const char *text)
{
    sqlite3_stmt *statement = prepare(text);
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail(text);
    sqlite3_int64 result = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments)
{
    int bytes = count > 2 ? atoi(arguments[2]) : 0, rounds = 21, iterations = 100, cpu = -1;
    for (int i = 3; i + 1 < count; i += 2) {
        int value = atoi(arguments[i + 1]);
        if (strcmp(arguments[i], "--rounds") == 0)
            rounds = value;
        else if (strcmp(arguments[i], "--iterations") == 0)
            iterations = value;
        else if (strcmp(arguments[i], "--cpu") == 0)
            cpu = value;
    }
    if (bytes <= VALUE_BYTES || bytes > 1 << 20 || rounds < 1 || rounds > MOST_ROUNDS || iterations < 1) {
        fprintf(stderr, "usage: sqlite_baseline FILE BYTES (%d to %d) [--rounds N] [--iterations N] [--cpu N]\n",
                VALUE_BYTES + 1, 1 << 20);
        return 64;
    }
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set) != 0) {
            perror("sqlite_baseline: --cpu");
            return 1;
        }
    }

    if (sqlite3_open(arguments[1], &database) != SQLITE_OK)
        fail(arguments[1]);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    if (number("PRAGMA synchronous") != 2)
        fail("synchronous is not FULL");
    run("CREATE TABLE IF NOT EXISTS record(kind INTEGER, number INTEGER, revision INTEGER NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY(kind, number)) WITHOUT ROWID");
    run("CREATE TABLE IF NOT EXISTS value(secret INTEGER, version INTEGER, body BLOB NOT NULL,"
        " PRIMARY KEY(secret, version)) WITHOUT ROWID");
    sqlite3_int64 version = number("SELECT ifnull(max(version), 0) FROM value");

    unsigned char *body = malloc((size_t)bytes);
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *put_record = prepare("INSERT OR REPLACE INTO record VALUES(3, ?1, ?2, ?3)");
    sqlite3_stmt *put_value = prepare("INSERT INTO value VALUES(?1, ?2, ?3)");
    static double figures[MOST_ROUNDS], sorted[MOST_ROUNDS];
    for (int round = 0; round < rounds; round++) {
        double start = now_ns();
        for (int i = 0; i < iterations; i++) {
            version++;
            sqlite3_int64 secret = version % SECRETS + 1;
            sqlite3_randomness(bytes, body);
            step(begin);
            sqlite3_bind_int64(put_record, 1, secret);
            sqlite3_bind_int64(put_record, 2, version);
            sqlite3_bind_blob(put_record, 3, body, bytes - VALUE_BYTES, SQLITE_STATIC);
            step(put_record);
            sqlite3_bind_int64(put_value, 1, secret);
            sqlite3_bind_int64(put_value, 2, version);
            sqlite3_bind_blob(put_value, 3, body + bytes - VALUE_BYTES, VALUE_BYTES, SQLITE_STATIC);
            step(put_value);
            step(commit);
        }
        figures[round] = sorted[round] = (now_ns() - start) / iterations;
    }
    qsort(sorted, (size_t)rounds, sizeof *sorted, compare);
    printf("{\"target\":\"sqlite\",\"readers\":1,\"iterations\":%d,\"median_ns\":%.0f,\"rounds_ns\":[", iterations,
           sorted[rounds / 2]);
    for (int round = 0; round < rounds; round++)
        printf("%s%.0f", round ? "," : "", figures[round]);
    puts("]}");
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_finalize(put_record);
    sqlite3_finalize(put_value);
    sqlite3_close(database);
    free(body);
    return 0;
}
