"""The Transform step, from raw columns to model inputs; reads like a table of contents."""

import itertools

import tensorflow as tf

from data.tensor_names import tensor_name
from transforms import (
    analyzers,
    buckets,
    categories,
    clock,
    crosses,
    distance,
    missing,
    piecewise,
    projection,
    rotated,
    scaling,
    vocabularies,
)
from transforms.analyzers import ColumnStatistics, Rows
from transforms.categories import vocabulary_file
from transforms.features import BLOCK, CYCLES, LABEL, NO_NUMBER, NUMBERS, WIDE, Plan, id_key
from transforms.reducers import nmf
from transforms.settings import UNCENTRED

Tensors = dict[str, tf.Tensor]

PACKET = 16
"""float32 values in the widest register. The last ones of a tensor, which fill none, TensorFlow computes one by one,
and sine and its kin have other last bits then. Batches are cut anew in each run."""


def preprocessing_fn(inputs: Tensors, custom_config: dict[str, str]) -> Tensors:
    """What tf.Transform calls: raw columns `[batch, 1]` to `block`, `wide`, ids and label.

    Args:
        inputs: by tensor name of a column; float32, int64 (time) or string (categorical).
        custom_config: `plan`, the JSON of a `Plan`.

    Returns:
        `numbers` and `block` float32 `[batch, n]`; `wide` float32 `[batch, m]` if there are wide buckets; `id_NAME`
        `[batch, 1]` for each cross (float32 whole numbers) and category (int64); `label` float32 `[batch, 1]`.
    """
    plan = Plan.model_validate_json(custom_config["plan"])
    label = inputs[tensor_name(plan.dataset.label.column)]
    outputs = from_numbers(plan, inputs, label)
    outputs.update(category_ids(plan, inputs))
    outputs[LABEL] = label
    return outputs


def category_ids(plan: Plan, raw: Tensors) -> Tensors:
    """int64 `[batch, 1]` of each categorical column."""
    names, coding = plan.dataset.categorical, plan.features.categories
    if not names:
        return {}
    texts = [raw[tensor_name(name)] for name in names]
    files = vocabularies.learn(tf.concat(texts, axis=1), [vocabulary_file(name) for name in names], coding)
    return {
        id_key(name): categories.ids(text, coding, file) for name, text, file in zip(names, texts, files, strict=True)
    }


def from_numbers(plan: Plan, raw: Tensors, label: tf.Tensor) -> Tensors:
    """Everything but categories and label: this is the part that ships inside the model file.

    The label float32 `[batch, 1]` is learned from, where a reducer asks for it, and enters no output.
    """
    raw = {name: tf.squeeze(values, axis=1) for name, values in raw.items()}
    seen = block_to_learn_from(plan, raw)
    statistics = analyzers.column_statistics(seen)
    quantiles = analyzers.quantiles(seen, piecewise.PARTS)
    filling = fill_values(plan, statistics, quantiles)
    boundaries = bucket_boundaries(plan, seen)
    scale = scaling.learned([plan.scaling_of(name) for name in plan.block_names()], statistics, quantiles)
    if plan.features.reducer.kind != "none":
        scale = scaling.without_constants(scale, statistics)
    rows = Rows(scale.apply(missing.fill(seen, filling)), label, label_class(plan, label))
    analyzers.report(plan, rows, analyzers.Known(statistics, quantiles, scale.centre, scale.spread), boundaries)

    parts = time_parts(plan, raw)
    numbers = side_by_side(block_columns(plan, raw, parts))
    if plan.dataset.numeric:  # no other column may miss one
        numbers = missing.fill(numbers, filling)
    wide, bucket_ids = bucketize(plan, numbers, boundaries)
    discrete = {**parts, **bucket_ids}
    outputs = {NUMBERS: numbers, BLOCK: reduce(plan, rows, numbers, scale)}
    if wide:
        outputs[WIDE] = wide[0] if len(wide) == 1 else tf.concat(wide, axis=1)
    outputs.update({id_key(name): tf.expand_dims(ids, 1) for name, ids in cross_ids(plan, discrete).items()})
    return outputs


def block_to_learn_from(plan: Plan, raw: Tensors) -> tf.Tensor:
    """The block before scaling, float32 `[batch, n]`, as analyzers see it: no row depends on its place in the batch.

    This part of the graph is cut off once its values are learned.
    """
    known = {name: tf.pad(values, [[0, PACKET]]) for name, values in raw.items() if values.dtype != tf.string}
    if plan.block_names() == [NO_NUMBER]:
        label = known[tensor_name(plan.dataset.label.column)]
        return tf.zeros_like(label)[:-PACKET, tf.newaxis]
    return side_by_side(block_columns(plan, known, time_parts(plan, known)))[:-PACKET]


def time_parts(plan: Plan, raw: Tensors) -> Tensors:
    """Parts of the time by name, float32 `[batch]`; nothing where the data has no time."""
    if not plan.dataset.time:
        return {}
    seconds = tf.cast(raw[tensor_name(plan.dataset.time.column)], tf.int32)
    week = clock.second_of_week(seconds)
    return {
        "hour_of_day": clock.hour_of_day(week),
        "hour_of_week": clock.hour_of_week(week),
        "day_of_week": clock.day_of_week(week),
        "day_of_year": clock.day_of_year(seconds),
        "hour": clock.hour(seconds),
        "weekday": clock.weekday(seconds),
        "month": clock.month(seconds),
        "year": clock.year(seconds),
        "years": clock.years(seconds),
    }


def block_columns(plan: Plan, raw: Tensors, parts: Tensors) -> list[tf.Tensor]:
    """The block before scaling in pieces, float32 `[batch]` or `[batch, n]`, in the order of `Plan.block_names`.

    What is one number a row stays `[batch]` until the end: a change of shape costs an operator of the file.
    """
    if plan.block_names() == [NO_NUMBER]:
        texts = raw[tensor_name(plan.dataset.categorical[0])]
        return [tf.zeros(tf.shape(texts), tf.float32)]
    places = {
        name: (raw[tensor_name(point.latitude)], raw[tensor_name(point.longitude)])
        for name, point in plan.dataset.points.items()
    }
    pieces = [column for place in places.values() for column in place] if plan.features.coordinates else []
    if plan.features.diagonals:
        pieces += [axis for place in places.values() for axis in rotated.diagonals(*place)]
    for start, end in plan.legs():
        for name in plan.features.distances:
            found = distance.DISTANCES[name](*places[start], *places[end])
            pieces += found if isinstance(found, tuple) else [found]
    cyclic = plan.cyclic_parts()
    if cyclic:
        values = tf.stack([parts[name] for name in cyclic], axis=1)
        pieces += clock.cycles(values, [CYCLES[name] for name in cyclic])
    pieces += [parts[name] for name in plan.plain_parts()]
    numbers = [raw[tensor_name(name)] for name in plan.dataset.numeric]
    pieces += numbers
    if plan.flagged():
        pieces.append(missing.flags(tf.stack(numbers, axis=1)))
    return pieces


def side_by_side(pieces: list[tf.Tensor]) -> tf.Tensor:
    """float32 `[batch, n]` of pieces `[batch]` and `[batch, k]`, in their order, in few operators."""
    joined: list[tf.Tensor] = []
    for is_column, run in itertools.groupby(pieces, lambda piece: piece.shape.rank == 1):
        members = list(run)
        joined += [tf.stack(members, axis=1)] if is_column else members
    return joined[0] if len(joined) == 1 else tf.concat(joined, axis=1)


def fill_values(plan: Plan, statistics: ColumnStatistics, quantiles: tf.Tensor) -> tf.Tensor:
    """float32 `[n]`: what stands for a missing number of each column of the block."""
    value = plan.features.missing.fill
    if not plan.dataset.numeric or value == "mean":
        return statistics.mean
    if value == "median":
        return scaling.quartile(quantiles, 2)
    return tf.fill(tf.shape(statistics.mean), tf.constant(value, tf.float32))


def bucket_boundaries(plan: Plan, block: tf.Tensor) -> Tensors:
    """float32 `[b]` by bucket: the given grids, and quantiles of the block's columns before filling."""
    names, found = plan.block_names(), {}
    for members in plan.buckets_by_size().values():
        learned = [name for name in members if plan.features.buckets[name].boundaries is None]
        if learned:
            columns = [names.index(plan.features.buckets[name].feature) for name in learned]
            size = plan.features.buckets[learned[0]].size
            table = buckets.just_below(analyzers.quantiles(tf.gather(block, columns, axis=1), size))
            found.update(dict(zip(learned, tf.unstack(table, num=len(learned)), strict=True)))
        given = {name: plan.features.buckets[name].boundaries for name in members if name not in learned}
        found.update({name: tf.constant(grid, tf.float32) for name, grid in given.items()})
    return found


def bucketize(plan: Plan, block: tf.Tensor, boundaries: Tensors) -> tuple[list[tf.Tensor], Tensors]:
    """Thermometers of the wide buckets, and the id `[batch]` of every bucket that a cross is made of."""
    names = plan.block_names()
    crossed = {part for cross in plan.features.crosses.values() for part in cross.of}
    wide, ids = [], {}
    for (_, is_wide), members in plan.buckets_by_size().items():
        columns = [names.index(plan.features.buckets[name].feature) for name in members]
        edges = tf.stack([boundaries[name] for name in members])
        marks = buckets.reached(buckets.columns(block, columns), edges)
        if is_wide:
            wide.append(buckets.thermometer(marks))
        if crossed.intersection(members):
            found = buckets.bucket_ids(marks)
            ids.update(dict(zip(members, tf.unstack(found, axis=1), strict=True)))
    return wide, ids


def label_class(plan: Plan, label: tf.Tensor) -> tf.Tensor:
    """The quantile class of the label `[batch, 1]`, for the reducer that separates classes; else all zeros."""
    reducer = plan.features.reducer
    return analyzers.label_classes(label, reducer.classes) if reducer.kind == "lda" else tf.zeros_like(label)


def reduce(plan: Plan, rows: Rows, numbers: tf.Tensor, scale: scaling.Scale) -> tf.Tensor:
    """The scaled block as the reducer has it, float32 `[batch, block_width]`, with zeros behind the last kept one.

    Args:
        plan: which reducer.
        rows: the scaled block and the label, to learn from.
        numbers: float32 `[batch, n]`, before scaling.
        scale: of the block.
    """
    reducer = plan.features.reducer
    if reducer.kind == "none":
        return scale.apply(numbers)
    found = analyzers.reduction(plan, rows)
    if reducer.kind == "nmf":
        weights = nmf.apply(scale.apply(numbers), found["start"], found["pull"], found["keep"], reducer.iterations)
        return weights * found["size"] if reducer.whiten else weights
    middle = None if reducer.kind in UNCENTRED else found["centre"]
    if scale.tails.any():  # no product with constants then
        return projection.project(scale.apply(numbers), tf.ones_like(scale.spread), middle, found["matrix"])
    return projection.project(numbers - scale.centre, scale.spread, middle, found["matrix"])


def cross_ids(plan: Plan, discrete: Tensors) -> Tensors:
    """float32 `[batch]`, whole numbers, by cross that the model sees: joint ids, folded where the plan says so."""
    sizes, known = plan.discrete_sizes(), dict(discrete)
    for name, cross in plan.features.crosses.items():
        joint = crosses.joint_id([known[part] for part in cross.of], [sizes[part] for part in cross.of])
        known[name] = joint if cross.hash_buckets is None else crosses.fold(joint, cross.hash_buckets)
    return {name: known[name] for name in plan.model_crosses()}
