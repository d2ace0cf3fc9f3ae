# SPDX-License-Identifier: MIT
# Writes the WAV files of this folder, with Python's module wave where it knows the encoding, and
# the values that NumPy computes of them: make_wav.py FOLDER
import struct
import sys
import wave

import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(7)


def write(name, width, data, channels, rate):
    with wave.open(f"{folder}/{name}.wav", "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)


def keep(name, values):
    values.astype("<f4").T.tofile(f"{folder}/{name}.f32")  # [channels, frames]


# 16 bits, 2 channels: random levels, with the smallest and the largest.
levels = random.integers(-32768, 32768, (50, 2)).astype("<i2")
levels[0] = -32768, 32767
write("stereo16", 2, levels.tobytes(), 2, 44100)
keep("stereo16", levels / 32768)

# 8 bits are unsigned.
levels = random.integers(0, 256, (40, 1)).astype("u1")
write("mono8", 1, levels.tobytes(), 1, 8000)
keep("mono8", (levels.astype(int) - 128) / 128)

levels = random.integers(-2**23, 2**23, (30, 1))
write("mono24", 3, b"".join(int(v).to_bytes(3, "little", signed=True) for v in levels.ravel()), 1,
      48000)
keep("mono24", levels / 2**23)

# 32-bit floating, which wave does not know: format 3 of RIFF.
values = random.normal(size=(25, 3)).astype("<f4")
data = values.tobytes()
form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 3, 16000, 16000 * 12, 12, 32)
form += struct.pack("<4sII", b"fact", 4, 25) + struct.pack("<4sI", b"data", len(data)) + data
with open(f"{folder}/float32.wav", "wb") as file:
    file.write(struct.pack("<4sI4s", b"RIFF", len(form) + 4, b"WAVE") + form)
keep("float32", values)
