"""Trains boosted trees (LightGBM's lambdarank) on a task that `npm run train -- --task-out` wrote.

    python3 -m venv .venv && .venv/bin/pip install -r model/requirements.txt
    npm run train -- --log LOG --task-out task.jsonl
    .venv/bin/python model/train-trees.py task.jsonl trees.json
    npm run train -- --log LOG --trees trees.json --out artifact.json

Queries of held-out accounts are not learned from: they are what the artifact's temperature and
metrics are measured on.
"""

import argparse
import base64
import json
import sys

import lightgbm
import numpy

TASK_VERSION = 1
# What a dump says of a node beyond what scoring reads.
READ = {
    "feature_names", "tree_info", "tree_structure", "leaf_value", "split_feature", "threshold",
    "decision_type", "missing_type", "default_left", "left_child", "right_child",
}


def main():
    options = read_options()
    names, queries = read_task(options.task)
    learned = [query for query in queries if not query["heldOut"]]
    if not learned:
        sys.exit(f"{options.task}: there is no query to learn from.")
    booster = train(names, learned, options)
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump({"library": f"lightgbm {lightgbm.__version__}", **reduced(booster.dump_model())},
                  out, separators=(",", ":"))
    if options.sample is not None:
        write_sample(options.sample, booster, queries)
    print(f"{options.out}: {booster.num_trees()} trees from {len(learned)} queries")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("task", help="a task file")
    parser.add_argument("out", help="where to write the trees")
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--leaves", type=int, default=31)
    parser.add_argument("--leaf-rows-min", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", help="where to write some rows with their scores")
    return parser.parse_args()


def read_task(path):
    with open(path, encoding="utf-8") as lines:
        head = json.loads(next(lines, "{}"))
        if head.get("kind") != "ranking-task" or head.get("version") != TASK_VERSION:
            sys.exit(f"{path}: no task of version {TASK_VERSION}.")
        names = head["featureNames"]
        queries = [json.loads(line) for line in lines]
    for query in queries:
        packed = base64.b64decode(query["features"])
        query["features"] = numpy.frombuffer(packed, "<f4").reshape(query["count"], len(names))
    return names, queries


def train(names, queries, options):
    rows = lightgbm.Dataset(
        numpy.concatenate([query["features"] for query in queries]),
        label=numpy.concatenate([numpy.arange(query["count"]) == query["chosen"] for query in queries]),
        group=[query["count"] for query in queries],
        feature_name=names,
    )
    # One thread, so that sums run in one order and the same task gives the same trees.
    parameters = {
        "objective": "lambdarank", "label_gain": [0, 1], "lambdarank_truncation_level": 25,
        "num_leaves": options.leaves, "min_data_in_leaf": options.leaf_rows_min,
        "learning_rate": 0.05, "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1,
        "seed": options.seed, "deterministic": True, "force_row_wise": True, "num_threads": 1,
        "verbosity": -1,
    }
    return lightgbm.train(parameters, rows, num_boost_round=options.trees)


def reduced(value):
    """The parts of a dump that scoring reads."""
    if isinstance(value, list):
        return [reduced(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: reduced(each) for key, each in value.items() if key in READ}


def write_sample(path, booster, queries, rows_max=500):
    rows = numpy.concatenate([query["features"] for query in queries])[:rows_max].astype("f8")
    scores = booster.predict(rows, raw_score=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"rows": [[None if value != value else value for value in row]
                            for row in rows.tolist()],
                   "scores": scores.tolist()}, out)


if __name__ == "__main__":
    main()
