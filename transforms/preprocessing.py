"""The Transform step, from raw columns to model inputs; reads like a table of contents."""

import itertools
from collections.abc import Callable

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
    projection,
    rotated,
    vocabularies,
)
from transforms.analyzers import Rows
from transforms.categories import vocabulary_file
from transforms.features import BLOCK, CYCLES, LABEL, NO_NUMBER, NUMBERS, WIDE, Plan, id_key
from transforms.reducers import nmf
from transforms.scaling import Scale
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
    known = analyzers.columns(plan, seen)

    parts = time_parts(plan, raw)
    numbers = side_by_side(block_columns(plan, raw, parts))
    if plan.dataset.numeric:  # no other column may miss one
        numbers = missing.fill(numbers, known.filling)
    wide, bucket_ids = bucketize(plan, numbers, known.boundaries)
    discrete = {**parts, **bucket_ids}
    if plan.features.reducer.kind == "none":
        block, path = known.scale.apply(numbers), known.path
    else:
        rows = Rows(known.scale.apply(missing.fill(seen, known.filling)), label, label_class(plan, label))
        found, path = analyzers.reduction(plan, rows, known)
        block = reduced(plan, found, numbers, known.scale)
    analyzers.keep(path)
    outputs = {NUMBERS: numbers, BLOCK: block}
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
    """The parts of the time that the plan wants, by name, float32 `[batch]`."""
    if not plan.dataset.time:
        return {}
    seconds = tf.cast(raw[tensor_name(plan.dataset.time.column)], tf.int32)
    week = clock.second_of_week(seconds)
    wanted = plan.time_parts()
    known: dict[str, Callable[[], tf.Tensor]] = {
        "hour_of_day": lambda: clock.hour_of_day(week),
        "hour_of_week": lambda: clock.hour_of_week(week),
        "day_of_week": lambda: clock.day_of_week(week),
        "day_of_year": lambda: clock.day_of_year(seconds),
        "hour": lambda: clock.hour(seconds),
        "weekday": lambda: clock.weekday(seconds),
        "month": lambda: clock.month(seconds),
        "year": lambda: clock.year(seconds),
        "years": lambda: clock.years(seconds),
    }
    return {name: part() for name, part in known.items() if name in wanted}


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


def reduced(plan: Plan, found: Tensors, numbers: tf.Tensor, scale: Scale) -> tf.Tensor:
    """The scaled block as the reducer has it, float32 `[batch, block_width]`, with zeros behind the last kept one.

    Args:
        plan: which reducer.
        found: what it learned, see `analyzers.tensor_shapes`.
        numbers: float32 `[batch, n]`, before scaling.
        scale: of the block.
    """
    reducer = plan.features.reducer
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
