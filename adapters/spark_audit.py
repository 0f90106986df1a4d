#!/usr/bin/env python3
"""`swaplint audit map` on Apache Spark: a plan in, records out.

    spark-submit adapters/spark_audit.py --plan plan.ndjson --out records [--swaplint PROGRAM] [--batch 50] [--timeout 120]
    swaplint audit merge --plan plan.ndjson records -o swaplint-audit

The workers must reach the repositories of the plan by their `git_dir`. Each partition starts `audit map` for one batch of repositories
after the other. `map` is pure, so Spark may try again as often as it likes: a repository that kills the process is searched for by
halves, and gets a record that says so; the others of its batch are analysed again. `mapInArrow` and not `rdd.pipe`: one crash of a pipe
ends the job, and serverless Spark has no RDDs.
"""

import argparse
import json
import subprocess


def header(line):
    return json.loads(line).get("record") == "plan"


def analyse(lines, first, command, timeout):
    """Records of entries (lines of a plan), a list of lines each; in order."""
    try:
        ran = subprocess.run(
            command, input="\n".join([first, *lines]) + "\n", capture_output=True, text=True, encoding="utf-8", timeout=timeout * len(lines)
        )
        blocks = split(ran.stdout)
        ended = f"killed by signal {-ran.returncode}" if ran.returncode < 0 else f"exit code {ran.returncode}"
        why = ("crashed", ": ".join(part for part in ["the analysis died", ended, last(ran.stderr)] if part))
        if ran.returncode == 0 and len(blocks) == len(lines):
            return blocks
        if ran.returncode == 2 and not blocks:
            raise RuntimeError(last(ran.stderr))  # bad arguments: not the fault of a repository
    except subprocess.TimeoutExpired:
        why = ("timeout", f"the analysis took more than {timeout} s")
    if len(lines) == 1:
        return analyse([json.dumps({**json.loads(lines[0]), "status": why[0], "reason": why[1]})], first, command, timeout)
    half = len(lines) // 2
    return analyse(lines[:half], first, command, timeout) + analyse(lines[half:], first, command, timeout)


def split(text):
    blocks = []
    for line in text.splitlines():
        if line.startswith('{"record":"repo",'):
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def last(text):
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def mapper(first, command, batch, timeout):
    """What Spark runs: batches of Arrow with a column `entry` into such with `repository`, `position` and `line`."""

    def flush(entries):
        import pyarrow

        blocks = analyse(entries, first, command, timeout)
        rows = [(json.loads(entry)["repository"], at, line) for entry, block in zip(entries, blocks) for at, line in enumerate(block)]
        names, positions, lines = zip(*rows)
        return pyarrow.RecordBatch.from_pydict(
            {"repository": list(names), "position": pyarrow.array(positions, pyarrow.int32()), "line": list(lines)}
        )

    def run(batches):
        waiting = []
        for arrow in batches:
            for entry in arrow.column(0).to_pylist():
                waiting.append(entry)
                if len(waiting) == batch:
                    yield flush(waiting)
                    waiting = []
        if waiting:
            yield flush(waiting)

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--out", required=True, help="a folder of Spark's: lines of records, those of a repository together")
    parser.add_argument("--swaplint", default="swaplint", help="the program on the workers")
    parser.add_argument("--batch", type=int, default=50, help="repositories that one process analyses")
    parser.add_argument("--timeout", type=int, default=120, help="seconds a repository")
    parser.add_argument("--memory", type=int, default=1024, help="mebibytes of one process")
    parser.add_argument("--partitions", type=int, default=0, help="0: one for every two batches")
    parser.add_argument("flags", nargs="*", help="flags of `audit map`, after `--`")
    args = parser.parse_args()

    from pyspark.sql import SparkSession

    with open(args.plan, encoding="utf-8") as plan:
        lines = [line.rstrip("\n") for line in plan if line.strip()]
    first = next(line for line in lines if header(line))
    entries = [(line,) for line in lines if not header(line)]
    command = [args.swaplint, "audit", "map", "--memory", str(args.memory), *args.flags]
    spark = SparkSession.builder.appName("swaplint audit").getOrCreate()
    partitions = args.partitions or max(1, len(entries) // (2 * args.batch))
    frame = spark.createDataFrame(entries, "entry string").repartition(partitions)
    records = frame.mapInArrow(mapper(first, command, args.batch, args.timeout), "repository string, position int, line string")
    # The lines of a repository stand together, in their order; `merge` brings the repositories into that of the plan.
    records.repartition(partitions, "repository").sortWithinPartitions("repository", "position").select("line").write.mode("overwrite").text(args.out)
    spark.stop()


if __name__ == "__main__":
    main()
