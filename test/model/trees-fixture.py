"""Writes trees-fixture.json: tiny models of LightGBM, rows with holes, and its own scores of them.

    .venv/bin/python test/model/trees-fixture.py
"""

import json
import pathlib

import lightgbm
import numpy

NAMES = ["dense", "holes", "zeros", "flag", "rare", "mixed"]
ROWS = 500


def rows_of(chance, count):
    rows = chance.normal(size=(count, len(NAMES))).round(3)
    rows[:, 2] *= chance.random(count) < 0.5
    rows[:, 3] = chance.random(count) < 0.3
    rows[:, 5] *= chance.random(count) < 0.6
    for feature, share in {1: 0.2, 4: 0.8, 5: 0.2}.items():
        rows[chance.random(count) < share, feature] = numpy.nan
    return rows


def utility(rows):
    known = numpy.nan_to_num(rows, nan=-0.7)
    return known[:, 0] + known[:, 1] * known[:, 2] + 2 * known[:, 3] - known[:, 4] + known[:, 5] ** 2


def main():
    chance = numpy.random.default_rng(7)
    learned = rows_of(chance, 4_000)
    noisy = utility(learned) + chance.gumbel(size=len(learned))
    labels = (noisy.reshape(-1, 20).argmax(1)[:, None] == numpy.arange(20)).reshape(-1)
    # Holes in features that had none while training too.
    rows = rows_of(chance, ROWS)
    rows[chance.random(rows.shape) < 0.05] = numpy.nan
    rows[:40:2] = numpy.copysign(0.0, rows[:40:2])
    models = {}
    for name, extra in {"nan": {}, "zero": {"zero_as_missing": True}, "none": {"use_missing": False}}.items():
        parameters = {"objective": "lambdarank", "label_gain": [0, 1], "num_leaves": 9, "seed": 7,
                      "learning_rate": 0.3, "min_data_in_leaf": 20, "deterministic": True,
                      "force_row_wise": True, "num_threads": 1, "verbosity": -1, **extra}
        dataset = lightgbm.Dataset(learned, label=labels, group=[20] * (len(learned) // 20),
                                   feature_name=NAMES, params=extra)
        booster = lightgbm.train(parameters, dataset, num_boost_round=6)
        models[name] = {"dump": booster.dump_model(),
                        "scores": booster.predict(rows, raw_score=True).tolist()}
    fixture = {
        "library": f"lightgbm {lightgbm.__version__}",
        "rows": [[None if value != value else value for value in row] for row in rows.tolist()],
        "models": models,
    }
    path = pathlib.Path(__file__).with_name("trees-fixture.json")
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
