# SPDX-License-Identifier: MIT
"""Draws the picture for examples/ocr: lines in Chinese and English, one of them upside down.

    apt-get download fonts-wqy-zenhei && dpkg -x fonts-wqy-zenhei_*.deb font
    scripts/judges.sh examples/ocr_picture.py font/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc \\
        examples/data/ocr.png
"""
import sys

from PIL import Image, ImageDraw, ImageFont

font, path = sys.argv[1:]
picture = Image.new("RGB", (720, 480), "#f4f1e8")
draw = ImageDraw.Draw(picture)


def line(text, x, y, size, color="black"):
    draw.text((x, y), text, color, ImageFont.truetype(font, size))


def upside_down(text, x, y, size):
    stamp = Image.new("RGB", (330, size + 14), "#f4f1e8")
    ImageDraw.Draw(stamp).text((4, 2), text, "#205080", ImageFont.truetype(font, size))
    picture.paste(stamp.rotate(180), (x, y))


line("深度学习入门", 40, 30, 56)
line("Deep learning, one layer at a time", 40, 120, 32, "#303030")
line("床前明月光，疑是地上霜。", 40, 190, 40, "#7a1f1f")
line("梯度下降 gradient descent", 40, 270, 36)
line("w = w - 0.01 * dw", 40, 345, 30, "#303030")
draw.rectangle((400, 335, 680, 400), fill="#2f6f4f")
line("出口 Exit 26", 425, 343, 40, "white")
upside_down("上下颠倒的一行", 40, 410, 36)
picture.quantize(32).save(path, optimize=True)
