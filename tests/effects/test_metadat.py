"""Data sets of metadat as R's write.csv and write.csv2 write them are read without renaming."""

from pathlib import Path

import numpy as np
import pytest

from trialpool.effects.inputs import read_effects, read_input

FOLDER = Path(__file__).parents[1] / "reference" / "metadat"
MEASURES = {
    "dat.aloe2013": "PCOR", "dat.bangertdrowns2004": None, "dat.bonett2010": "AHW",
    "dat.cohen1981": "ZCOR", "dat.crede2010": "ZCOR", "dat.curtis1998": "ROM",
    "dat.debruin2009": "PLO", "dat.gibson2002": "SMD", "dat.hackshaw1998": None,
    "dat.hannum2020": "PR", "dat.hart1999": "IRR", "dat.konstantopoulos2011": None,
    "dat.mcdaniel1994": "ZCOR", "dat.molloy2014": "ZCOR", "dat.nakagawa2007": "ZCOR",
    "dat.nielweise2008": "IRR", "dat.normand1999": "MD", "dat.pignon2000": None,
    "dat.pritz1997": "PFT", "dat.raudenbush1985": None, "dat.riley2003": None,
    "dat.tannersmith2016": None,
}  # fmt: skip
GAPS = {"dat.gibson2002": 13, "dat.linde2005": 23, "dat.yusuf1985": 107}
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv") if "csv2" not in path.stem)


@pytest.mark.parametrize("name", NAMES)
def test_read(name):
    measure = MEASURES.get(name, "OR")
    options = {"drop_missing": name in GAPS}
    table = read_input(FOLDER / f"{name}.csv", measure, **options)
    effects = read_effects(table, measure)
    if name in GAPS:
        assert len(effects) == GAPS[name]
    else:
        assert len(effects) + len(effects.excluded) == len(table.rows)
    assert not any(label.startswith("line ") for label in effects.labels)
    again = read_effects(read_input(FOLDER / f"{name}-csv2.csv", measure, **options), measure)
    np.testing.assert_array_equal(again.yi, effects.yi)
    np.testing.assert_array_equal(again.vi, effects.vi)
    assert again.labels == effects.labels
