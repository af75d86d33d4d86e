"""The Transform step, from raw columns to model inputs; reads like a table of contents."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft

from transforms import buckets, clock, crosses, distance, missing, moments, projection, scaling
from transforms.features import BLOCK, CYCLES, LABEL, LEARNED_FILE, WIDE, Plan, id_key

Tensors = dict[str, tf.Tensor]


def preprocessing_fn(inputs: Tensors, custom_config: dict[str, str]) -> Tensors:
    """What tf.Transform calls: raw columns `[batch, 1]` to `block`, `wide`, ids and label.

    Args:
        inputs: by column; float32, int64 (time) or string (categorical).
        custom_config: `plan`, the JSON of a `Plan`.

    Returns:
        `block` float32 `[batch, n]`; `wide` float32 `[batch, m]` if there are wide buckets; `id_NAME`
        `[batch, 1]` for each cross (float32 whole numbers) and category (int64); `label` float32 `[batch, 1]`.
    """
    plan = Plan.model_validate_json(custom_config["plan"])
    outputs = from_numbers(plan, inputs)
    for name in plan.dataset.categorical:
        outputs[id_key(name)] = _category_id(plan, name, inputs[name])
    outputs[LABEL] = inputs[plan.dataset.label.column]
    return outputs


def from_numbers(plan: Plan, raw: Tensors) -> Tensors:
    """Everything but categories and label: this is the part that ships inside the model file."""
    parts = time_parts(plan, raw)
    block = tf.concat(block_columns(plan, raw, parts), axis=1)
    statistics = moments.column_statistics(block)
    if plan.dataset.numeric:
        block = missing.fill(block, statistics.mean)
    wide, bucket_ids = bucketize(plan, block)
    discrete = {**parts, **bucket_ids}
    block = scaling.apply(block, *scaling.learned(plan.features.scaling, statistics))
    outputs = {BLOCK: reduce(plan, block)}
    if wide:
        outputs[WIDE] = wide[0] if len(wide) == 1 else tf.concat(wide, axis=1)
    for name in plan.features.crosses:
        outputs[id_key(name)] = cross_id(plan, name, discrete)
    return outputs


def time_parts(plan: Plan, raw: Tensors) -> Tensors:
    """Parts of the time by name, `[batch, 1]`, int32 but for `years`; nothing where the data has no time."""
    if not plan.dataset.time:
        return {}
    seconds = tf.cast(raw[plan.dataset.time.column], tf.int32)
    year, month = clock.year_and_month(seconds)
    return {
        "hour": clock.hour(seconds),
        "weekday": clock.weekday(seconds),
        "month": month,
        "year": year,
        "years": clock.years(seconds),
    }


def block_columns(plan: Plan, raw: Tensors, parts: Tensors) -> list[tf.Tensor]:
    """The block before scaling in pieces, float32 `[batch, n]` each, in the order of `Plan.block_names`."""
    places = {name: (raw[point.latitude], raw[point.longitude]) for name, point in plan.dataset.points.items()}
    pieces = [column for place in places.values() for column in place] if plan.features.coordinates else []
    for start, end in plan.legs():
        pieces += [distance.DISTANCES[name](*places[start], *places[end]) for name in plan.features.distances]
    cyclic = plan.cyclic_parts()
    if cyclic:
        pieces += clock.cycles(tf.concat([parts[name] for name in cyclic], axis=1), [CYCLES[name] for name in cyclic])
    pieces += [tf.cast(parts[name], tf.float32) for name in plan.plain_parts()]
    return pieces + [raw[name] for name in plan.dataset.numeric]


def bucketize(plan: Plan, block: tf.Tensor) -> tuple[list[tf.Tensor], Tensors]:
    """Thermometers of the wide buckets, and the id `[batch, 1]` of every bucket that a cross is made of."""
    names = plan.block_names()
    crossed = {part for cross in plan.features.crosses.values() for part in cross.of}
    wide, ids = [], {}
    for (_, is_wide), members in plan.buckets_by_size().items():
        columns = [names.index(plan.features.buckets[name].feature) for name in members]
        marks = buckets.reached(tf.gather(block, columns, axis=1), _boundaries(plan, block, members))
        if is_wide:
            wide.append(buckets.thermometer(marks))
        if crossed.intersection(members):
            found = buckets.bucket_ids(marks)
            ids.update({name: found[:, place : place + 1] for place, name in enumerate(members)})
    return wide, ids


def _boundaries(plan: Plan, block: tf.Tensor, members: list[str]) -> tf.Tensor:
    """float32 `[members, b]`: the given grids and the learned quantiles of buckets of one size."""
    names = plan.block_names()
    learned = [name for name in members if plan.features.buckets[name].boundaries is None]
    rows = {
        name: tf.constant(plan.features.buckets[name].boundaries, tf.float32) for name in members if name not in learned
    }
    if learned:
        columns = [names.index(plan.features.buckets[name].feature) for name in learned]
        size = plan.features.buckets[learned[0]].size
        quantiles = tft.quantiles(tf.gather(block, columns, axis=1), size, epsilon=0.005, reduce_instance_dims=False)
        table = buckets.just_below(quantiles)
        if len(learned) == len(members):
            return table
        rows.update({name: table[place] for place, name in enumerate(learned)})
    return tf.stack([rows[name] for name in members])


def reduce(plan: Plan, block: tf.Tensor) -> tf.Tensor:
    """The block projected onto its learned directions, at full width with zeros behind the last kept one."""
    reducer = plan.features.reducer
    if reducer.kind == "none":
        return block
    centre, matrix = moments.pca(block, plan.block_names(), reducer.components, reducer.whiten, LEARNED_FILE)
    return projection.project(block, centre, matrix)


def cross_id(plan: Plan, name: str, discrete: Tensors) -> tf.Tensor:
    """float32 `[batch, 1]`, whole numbers: the joint id of a cross, folded where the plan says so."""
    cross = plan.features.crosses[name]
    sizes = [plan.discrete_sizes()[part] for part in cross.of]
    joint = crosses.joint_id([tf.cast(discrete[part], tf.float32) for part in cross.of], sizes)
    return joint if cross.hash_buckets is None else crosses.fold(joint, cross.hash_buckets)


def _category_id(plan: Plan, name: str, text: tf.Tensor) -> tf.Tensor:
    """int64 `[batch, 1]`: 0 for missing or unknown, else 1 + the place in the vocabulary by falling frequency."""
    coding = plan.features.categories
    index = tft.compute_and_apply_vocabulary(
        text,
        default_value=-1,
        top_k=coding.max_size,
        frequency_threshold=coding.min_count,
        vocab_filename=vocabulary_file(name),
    )
    return tf.where(tf.equal(text, ""), tf.zeros_like(index), index + 1)


def vocabulary_file(column: str) -> str:
    """Name of the asset that lists a categorical column's values."""
    return f"vocabulary_{column}"
