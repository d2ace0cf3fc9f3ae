# SPDX-License-Identifier: MIT
"""Prints what the package rapidocr reads on a picture: a line of left, top, right, bottom and text
for each line. ocr.txt is its output for examples/data/ocr.png, with spaces left out: where one
stands depends on how a line was resized.
    python -m venv E && E/bin/pip install rapidocr==3.10.0 onnxruntime==1.32.0 opencv-python-headless
    E/bin/python tests/programs/ocr_judge.py examples/data/ocr.png > tests/programs/ocr.txt
"""
import logging
import sys

from rapidocr import RapidOCR

logging.disable(logging.CRITICAL)
found = RapidOCR()(sys.argv[1])
for box, text in zip(found.boxes, found.txts):
    edges = [f(point[i] for point in box) for f in (min, max) for i in (0, 1)]
    print(*(int(edge) for edge in edges), text.replace(" ", ""))
