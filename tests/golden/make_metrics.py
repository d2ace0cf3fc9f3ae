#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes metrics.txt: scikit-learn's values for tests/train/metrics_test.cpp, which computes the
same samples.  Needs scikit-learn (1.9.1 made them) and numpy. A line holds a name and its values.
"""
import os

import numpy as np
from sklearn import metrics as m

N, C = 40, 6
i = np.arange(N)
SCORES = ((i[:, None] * 37 + np.arange(C) * 61 + i[:, None] * np.arange(C) * 13) % 101) / 101
SCORES[:, C - 1] *= 0.1
LABELS = (i * i + 3 * (i % 4)) % 5
PREDICTED = SCORES.argmax(1)
BINARY_SCORES = (i * 29 % 17) / 17
BINARY = (i * 7 % 5 < 2).astype(int)
X = (i * 31 % 23) / 7 - 1
T = (i * 19 % 29) / 9 - 1
assert all(len(set(row)) == C for row in SCORES)


def calibration_error(bins):
    p = np.exp(SCORES * 4) / np.exp(SCORES * 4).sum(1, keepdims=True)
    confidence, right = p.max(1), p.argmax(1) == LABELS
    error = 0
    for b in range(bins):
        inside = (confidence > b / bins) & (confidence <= (b + 1) / bins)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def main():
    classes = dict(labels=range(C), zero_division=0)
    values = {
        "accuracy": m.accuracy_score(LABELS, PREDICTED),
        "top_2_accuracy": m.top_k_accuracy_score(LABELS, SCORES, k=2, labels=range(C)),
        "top_3_accuracy": m.top_k_accuracy_score(LABELS, SCORES, k=3, labels=range(C)),
        "confusion_matrix": m.confusion_matrix(LABELS, PREDICTED, labels=range(C)),
        "perplexity": np.exp(m.log_loss(
            LABELS, np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True), labels=range(C))),
        "calibration_error_15": calibration_error(15),
        "calibration_error_4": calibration_error(4),
        "mean_squared_error": m.mean_squared_error(T, X),
        "mean_absolute_error": m.mean_absolute_error(T, X),
        "r2": m.r2_score(T, X),
    }
    for name, f in (("precision", m.precision_score), ("recall", m.recall_score),
                    ("f1", m.f1_score)):
        values[name] = f(LABELS, PREDICTED, average=None, **classes)
        for average in ("macro", "weighted", "micro"):
            values[f"{name}_{average}"] = f(LABELS, PREDICTED, average=average, **classes)
    roc = m.roc_curve(BINARY, BINARY_SCORES, drop_intermediate=False)
    curve = m.precision_recall_curve(BINARY, BINARY_SCORES)
    values |= {
        "roc_false_positive_rate": roc[0], "roc_true_positive_rate": roc[1],
        "roc_thresholds": roc[2], "roc_auc": m.roc_auc_score(BINARY, BINARY_SCORES),
        "curve_precision": curve[0], "curve_recall": curve[1], "curve_thresholds": curve[2],
        "average_precision": m.average_precision_score(BINARY, BINARY_SCORES),
    }
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "metrics.txt"), "w") as file:
        for name, value in values.items():
            numbers = " ".join(repr(float(v)) for v in np.asarray(value).flatten())
            file.write(f"{name} {numbers}\n")


if __name__ == "__main__":
    main()
