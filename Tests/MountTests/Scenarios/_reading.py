"""Reads files again and again until STOP is there: STOP VALUES FILE... Prints how often, what it read last, and what failed.

VALUES are the contents that may be found, with commas between them.
"""
import os, sys

stop, values, *files = sys.argv[1:]
values, wrong, count, last = values.split(","), [], 0, {}
while not os.path.exists(stop) and len(wrong) < 10:
    for name in files:
        try:
            with open(name) as file:
                last[name] = file.read()
            if last[name] not in values:
                wrong.append(f"{name}: read {last[name]!r}")
        except OSError as error:
            wrong.append(str(error))
        count += 1
print(" ".join(last.values()), "often" if count > 100 else count, *wrong)
