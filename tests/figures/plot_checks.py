"""What holds for every plot: texts keep apart, and nothing leaves the canvas."""

from trialpool.figures.plots.drawing.scene import overlap


def check_texts_apart(plot):
    boxes = [(t.text, *t.box) for t in plot.geometry.texts]
    # Line boxes hold the room of ascenders; a twentieth of a point is no overlap.
    shrunk = [(n, (a + 0.05, b + 0.6, c - 0.05, d - 0.6)) for n, a, b, c, d in boxes]
    shrunk.sort(key=lambda entry: entry[1][1])
    for i, (one, a) in enumerate(shrunk):
        for two, b in shrunk[i + 1 :]:
            if b[1] >= a[3]:
                break
            assert not overlap(a, b), (one, two)


def check_within_canvas(plot):
    for item in (*plot.geometry.texts, *plot.geometry.shapes):
        left, top, right, bottom = item.box
        assert min(left, top) >= -1e-6, item
        assert right <= plot.geometry.width + 1e-6, item
        assert bottom <= plot.geometry.height + 1e-6, item
