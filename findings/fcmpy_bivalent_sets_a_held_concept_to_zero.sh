#!/usr/bin/env bash
# FCMpy 0.0.21: with the bivalent or trivalent transfer function, a concept that is held at 0.9 is 0 from the first step.
#
# A concept of a fuzzy cognitive map that no other influences is a driver: `FcmSimulator.simulate` holds it at its initial
# value ("Reset the stable values") in every step, whatever the transfer function makes of it.
# Guess: silence held at 0.9 pushes forces with weight 0.5, so forces are on (1) in every step, by all transfer functions.
# Seen: by sigmoid and tanh silence stays 0.9. Bivalent and trivalent return an array of integers, and the held value is
# written into it: 0.9 becomes 0, without a message. Forces are on in step 1 and off from step 2 on, so "silence at 0.9"
# ends in the same state as no silence at all, while at 1.0 forces stay on. Any held value below 1 counts as nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
# FCMpy pins what was current in 2021, and TensorFlow for parts that are not used here.
"$work/venv/bin/pip" install -q --no-deps fcmpy==0.0.21
"$work/venv/bin/pip" install -q numpy==2.4.6 pandas==3.1.1 scipy==1.17.1 tqdm==4.70.1 scikit-fuzzy==0.5.0 networkx==3.6.1 \
    packaging==26.4 openpyxl==3.1.5
cat > "$work/held.py" <<'PYTHON'
"""Print silence and forces in the last step, where silence is held at a value, by each transfer function."""

import contextlib
import io
import warnings
from importlib.metadata import version

import pandas as pd
from fcmpy import FcmSimulator

assert version("fcmpy") == "0.0.21"
warnings.simplefilter("ignore")
names = ["silence", "forces"]
weights = pd.DataFrame([[0.0, 0.5], [0.0, 0.0]], index=names, columns=names)
for transfer in ("sigmoid", "tanh", "bivalent", "trivalent"):
    for held in (0.9, 1.0):
        with contextlib.redirect_stdout(io.StringIO()):
            steps = FcmSimulator.simulate(
                initial_state={"silence": held, "forces": 0.0},
                weight_matrix=weights,
                transfer=transfer,
                inference="kosko",
                l=1,
            )
        last = steps.iloc[-1]
        print(f"{transfer} held at {held}: silence {last['silence']:g}, forces {last['forces']:.3g}")
PYTHON
"$work/venv/bin/python" "$work/held.py" | tee "$work/out"
diff "$work/out" - <<'OUT'
sigmoid held at 0.9: silence 0.9, forces 0.611
sigmoid held at 1.0: silence 1, forces 0.622
tanh held at 0.9: silence 0.9, forces 0.422
tanh held at 1.0: silence 1, forces 0.462
bivalent held at 0.9: silence 0, forces 0
bivalent held at 1.0: silence 1, forces 1
trivalent held at 0.9: silence 0, forces 0
trivalent held at 1.0: silence 1, forces 1
OUT
