"""The independent client's part: asked in JSON on standard input, answers {name: seconds} on standard output."""

import json
import statistics
import sys
import time

import sqlcipher3 as client

ask = json.load(sys.stdin)
SAMPLES = 31


def opened(path):
    conn = client.connect(path, isolation_level=None)
    conn.execute('PRAGMA key = "' + ask["key"] + '"')
    conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return conn


def set_up(conn):
    for pragma in ask["pragmas"]:
        conn.execute(pragma).fetchall()


def median(work, samples=SAMPLES):
    work()
    times = []
    for _ in range(samples):
        begun = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - begun)
        del made
    return statistics.median(times)


def identifier(n):
    return f"018bcfe5-6800-7000-8000-{n:012x}"


def issue(n):
    what = "timeout" if n % 10 == 3 else "failure"
    severity = "critical" if n % 5000 == 0 else "high" if n % 3 == 0 else "low"
    title = f"incident {n}: {what} on node{n % 1000}"
    description = f"the payroll queue of site {n % 50} has been stuck since deployment {n} of the evening before"
    stamp = "2023-11-14 22:13:20"
    return (identifier(n), title, description, severity, "open", "databases", None, stamp, stamp, None, '["night"]')


def span(n):
    return (
        identifier(n), ask["log"], "Email", n * 80, n * 80 + 20, f"user{n}@example.org", "[Email_1]", "undecided", 0.9,
        "pii-base",
    )


def insert(path, sql, rows):
    conn = opened(path)
    set_up(conn)
    begun = time.perf_counter()
    conn.execute("BEGIN IMMEDIATE")
    conn.executemany(sql, rows)
    conn.execute("COMMIT")
    took = time.perf_counter() - begun
    conn.close()
    return took / len(rows)


answer = {"open": median(lambda: opened(ask["large"]))}
large = opened(ask["large"])
set_up(large)
for name, sql in ask["queries"].items():
    answer[name] = median(lambda: large.execute(sql).fetchall())
large.close()
answer["issues"] = insert(ask["for_issues"], ask["insert_issue"], [issue(n) for n in range(ask["issues"])])
answer["spans"] = insert(ask["for_spans"], ask["insert_span"], [span(n) for n in range(ask["spans"])])
json.dump(answer, sys.stdout)
