"""Where the file errs: predicted against true, and residuals over distance, hour and place."""

from collections.abc import Callable, Sequence

import numpy as np

from components.plot import Axis
from components.shown import clock, number
from pipeline.report import rows as measured
from pipeline.report.blocks import Block, Figure, Section, Table, Text
from pipeline.report.charts import density, ramp, shades, spread
from pipeline.report.material import Material

_ABSENT = "no file was measured row by row"
_SHARES = (50, 75, 90, 95, 99, 100)


def predictions(material: Material) -> Section:
    """Predicted against true, and the worst rows."""
    rows = material.rows
    if rows is None:
        return Section("predictions", "Predicted against true", [], _ABSENT)
    unit, file = material.unit, rows.predicted["file"]
    sound = np.isfinite(rows.label) & np.isfinite(file)
    odd = f"{(~sound).sum():,} of {len(sound):,} rows have no finite prediction." if not sound.all() else ""
    if not sound.any():
        return Section("predictions", "Predicted against true", [Text(odd)] if odd else [], "no rows were measured")
    label, file = rows.label[sound], file[sound]
    low, high = span = _span(np.concatenate([label, file]))
    beyond = int(((np.minimum(label, file) < low) | (np.maximum(label, file) > high)).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        related = np.corrcoef(label, file)[0, 1] if len(label) > 1 else np.nan
    picture, most = density(
        label,
        file,
        span,
        f"Predicted against true on {len(label):,} rows; correlation {related:.3f}",
        (f"true ({unit})", f"predicted ({unit})"),
    )
    caption = (
        f"How many of {len(label):,} test rows lie in each cell. On the dashed line both agree. {beyond:,} rows below "
        f"{number(low)} or above {number(high)} {unit} are not drawn."
    )
    figure = Figure(picture, caption, _off(label - file, unit), beside=True, ramp=ramp("1 row", f"{most:,.0f} rows"))
    return Section("predictions", "Predicted against true", [*([Text(odd)] if odd else []), figure, _worst(material)])


def _span(values: measured.FloatArray) -> tuple[float, float]:
    """Nearly all values, and zero where that costs little room."""
    low, high = (float(one) for one in np.quantile(values, [0.005, 0.995]))
    if 0 < low < high / 3:
        low = 0.0
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _off(residual: measured.FloatArray, unit: str) -> Table:
    sizes = np.quantile(np.abs(residual), [share / 100 for share in _SHARES])
    rows = [(f"{share} %", f"{number(float(size))} {unit}") for share, size in zip(_SHARES, sizes, strict=True)]
    return Table("How far predictions are off", ("of the test rows", "are off by at most"), rows)


def _worst(material: Material) -> Table:
    assert material.rows is not None
    rows, residual = material.rows, material.rows.residual()
    names, time = list(rows.inputs), measured.time_of(material.answer.config)
    listed = [
        (
            number(float(residual[one])),
            number(float(rows.label[one])),
            number(float(rows.predicted["file"][one])),
            *(_value(rows.inputs[name][one], name == time) for name in names),
        )
        for one in measured.largest(residual, 8)
    ]
    return Table(f"The largest errors, in {material.unit}", ("error", "true", "predicted", *names), listed)


def _value(value: float, is_time: bool) -> str:
    """A time as the file takes it shows what a clock on the wall has shown."""
    return clock(value, "%Y-%m-%d %H:%M") if is_time else f"{value:.8g}"


def residuals(material: Material) -> Section:
    """Residuals over distance, hour and place, as far as the data have them."""
    rows = material.rows
    if rows is None:
        return Section("residuals", "Where it errs", [], _ABSENT)
    blocks = [block for draw in (_distance, _hour, _place) for block in draw(material)]
    return Section("residuals", "Where it errs", blocks, "the rows have neither two points nor a time")


def _distance(material: Material) -> Sequence[Block]:
    assert material.rows is not None
    values = measured.distance_km(material.rows, measured.points_of(material.answer.config))
    if values is None:
        return []
    bins = measured.along(material.task, values, material.rows.residual())
    axis = Axis("straight distance (km)", 0, max((one.place for one in bins), default=1.0) * 1.05)
    return [_spread(material, bins, axis, "distance", "km")] if bins else []


def _hour(material: Material) -> Sequence[Block]:
    assert material.rows is not None
    time = measured.time_of(material.answer.config)
    if time is None or time not in material.rows.inputs:
        return []
    bins = measured.by_hour(material.task, material.rows.inputs[time], material.rows.residual())
    axis = Axis("hour of the day", -0.5, 23.5, tuple((float(hour), str(hour)) for hour in range(0, 24, 3)))
    return [_spread(material, bins, axis, "hour", "")] if bins else []


def _spread(material: Material, bins: Sequence[measured.Bin], axis: Axis, what: str, unit: str) -> Figure:
    told = [(one.place, one.quantiles) for one in bins]
    metric, *_ = metrics = [material.task.metrics[name] for name in material.task.of_part]
    worst = max(bins, key=lambda one: metric.loss(one.errors[metric.name]))
    most = f"the largest {metric.title} is {number(worst.errors[metric.name])} {material.unit}"
    label = f"Error over {what}; {most} at {worst.name} {unit}".strip()
    numbers = Table(
        f"Errors by {what}, in {material.unit}",
        (what, "rows", *(one.title for one in metrics), "10 % below", "median", "90 % below"),
        [
            (
                f"{one.name} {unit}".strip(),
                f"{one.rows:,}" + (" (small)" if one.rows < measured.SMALL else ""),
                *map(number, one.errors.values()),
                number(one.quantiles[0]),
                number(one.quantiles[2]),
                number(one.quantiles[4]),
            )
            for one in bins
        ],
        {index: "small" for index, one in enumerate(bins) if one.rows < measured.SMALL},
    )
    caption = f"Prediction minus truth over {what}: median, middle half and middle 80 % of the rows."
    return Figure(spread(told, axis, f"error ({material.unit})", label), caption, numbers)


def _place(material: Material) -> Sequence[Block]:
    assert material.rows is not None
    return [
        figure
        for name, point in list(measured.points_of(material.answer.config).items())[:2]
        if (figure := _map(material, name, point["latitude"], point["longitude"])) is not None
    ]


def _map(material: Material, name: str, latitude: str, longitude: str) -> Figure | None:
    assert material.rows is not None
    inputs = material.rows.inputs
    cells = measured.by_cell(inputs[latitude], inputs[longitude], material.rows.residual())
    if cells is None:
        return None
    enough = np.where(cells.rows >= measured.SMALL, cells.mean, np.nan)
    largest = float(np.nanmax(np.abs(enough))) if np.isfinite(enough).any() else 1.0
    every: Callable[[int], bool] = lambda index: index % 3 == 0  # noqa: E731
    north = [f"{one:.3f}" if every(index) else "" for index, one in enumerate(cells.north[:-1])]
    east = [f"{one:.2f}" if every(index) else "" for index, one in enumerate(cells.east[:-1])]
    hidden = int((cells.rows > 0).sum() - (cells.rows >= measured.SMALL).sum())
    label = f"Mean error by cell of {name}, up to {number(largest)} {material.unit} in size"
    picture = shades(enough[::-1], north[::-1], east, label, ("longitude (degree)", "latitude (degree)"), largest)
    caption = (
        f"Mean of prediction minus truth by cell of {name}, north up: blue is predicted too low, orange too high. "
        f"{hidden} cells with fewer than {measured.SMALL} rows are left empty."
    )
    key = ramp(f"-{number(largest)} {material.unit}", f"+{number(largest)} {material.unit}", both_ways=True)
    return Figure(picture, caption, _cells(material, name, cells, enough), ramp=key)


def _cells(material: Material, name: str, cells: measured.Cells, mean: measured.FloatArray) -> Table:
    known = sorted(np.argwhere(np.isfinite(mean)).tolist(), key=lambda place: -abs(mean[tuple(place)]))
    rows = [
        (
            f"{cells.north[north]:.3f} to {cells.north[north + 1]:.3f}",
            f"{cells.east[east]:.3f} to {cells.east[east + 1]:.3f}",
            f"{mean[north, east]:+.3g}",
            f"{cells.rows[north, east]:,.0f}",
        )
        for north, east in known
    ]
    header = ("latitude (degree)", "longitude (degree)", f"mean error ({material.unit})", "rows")
    return Table(f"Mean error by cell of {name}", header, rows)
