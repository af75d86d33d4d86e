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
        `block` float32 `[batch, n]`; `wide` float32 `[batch, m]` if there are wide buckets; `id_NAME` int64
        `[batch, 1]` for each cross and category; `label` float32 `[batch, 1]`.
    """
    plan = Plan.model_validate_json(custom_config["plan"])
    raw = {name: tf.squeeze(value, axis=1) for name, value in inputs.items()}
    outputs = from_numbers(plan, raw)
    for name in plan.dataset.categorical:
        outputs[id_key(name)] = _category_id(plan, name, raw[name])[:, tf.newaxis]
    outputs[LABEL] = raw[plan.dataset.label.column][:, tf.newaxis]
    return outputs


def from_numbers(plan: Plan, raw: Tensors) -> Tensors:
    """Everything but categories and label: this is the part that ships inside the model file."""
    discrete = time_parts(plan, raw)
    block = tf.stack(block_columns(plan, raw, discrete), axis=1)
    statistics = moments.column_statistics(block)
    block = missing.fill(block, statistics.mean)
    wide, bucket_ids = bucketize(plan, block)
    discrete = {**discrete, **bucket_ids}
    block = scaling.apply(block, *scaling.learned(plan.features.scaling, statistics))
    outputs = {BLOCK: reduce(plan, block)}
    if wide:
        outputs[WIDE] = tf.concat(wide, axis=1)
    for name in plan.features.crosses:
        outputs[id_key(name)] = tf.cast(cross_id(plan, name, discrete), tf.int64)[:, tf.newaxis]
    return outputs


def time_parts(plan: Plan, raw: Tensors) -> Tensors:
    """`hour`, `weekday`, `month` and `year` as int32 `[batch]`; nothing where the data has no time."""
    if not plan.dataset.time:
        return {}
    seconds = tf.cast(raw[plan.dataset.time.column], tf.int32)
    year, month = clock.year_and_month(seconds)
    return {"hour": clock.hour(seconds), "weekday": clock.weekday(seconds), "month": month, "year": year}


def block_columns(plan: Plan, raw: Tensors, parts: Tensors) -> list[tf.Tensor]:
    """The block's columns before scaling, float32 `[batch]` each, in the order of `Plan.block_names`."""
    columns = [raw[name] for name in plan.dataset.coordinates()] if plan.features.coordinates else []
    for start, end in plan.legs():
        a, b = plan.dataset.points[start], plan.dataset.points[end]
        places = (raw[a.latitude], raw[a.longitude], raw[b.latitude], raw[b.longitude])
        for name in plan.features.distances:
            columns += distance.bearing(*places) if name == "bearing" else [distance.DISTANCES[name](*places)]
    if plan.dataset.time:
        for part in plan.features.time_parts:
            columns += clock.cycle(parts[part], CYCLES[part]) if part in CYCLES else [tf.cast(parts[part], tf.float32)]
    return columns + [raw[name] for name in plan.dataset.numeric]


def bucketize(plan: Plan, block: tf.Tensor) -> tuple[list[tf.Tensor], Tensors]:
    """Thermometers of the wide buckets, and the bucket id of every one."""
    names = plan.block_names()
    learned = _quantiles(plan, block)
    wide, ids = [], {}
    for name, bucket in plan.features.buckets.items():
        x = block[:, names.index(bucket.feature)]
        boundaries = learned[name] if name in learned else tf.constant(bucket.boundaries, tf.float32)
        if bucket.wide:
            wide.append(buckets.thermometer(x, boundaries))
        ids[name] = buckets.bucket_id(x, boundaries)
    return wide, ids


def _quantiles(plan: Plan, block: tf.Tensor) -> Tensors:
    """Boundaries `[quantiles - 1]` of the buckets that learn them; those of one count share an analyzer."""
    names = plan.block_names()
    by_count: dict[int, list[str]] = {}
    for name, bucket in plan.features.buckets.items():
        if bucket.quantiles is not None:
            by_count.setdefault(bucket.quantiles, []).append(name)
    found = {}
    for count, members in by_count.items():
        columns = sorted({names.index(plan.features.buckets[name].feature) for name in members})
        table = tft.quantiles(tf.gather(block, columns, axis=1), count, epsilon=0.005, reduce_instance_dims=False)
        for name in members:
            found[name] = table[columns.index(names.index(plan.features.buckets[name].feature))]
    return found


def reduce(plan: Plan, block: tf.Tensor) -> tf.Tensor:
    """The block projected onto its learned directions, at full width with zeros behind the last kept one."""
    reducer = plan.features.reducer
    if reducer.kind == "none":
        return block
    centre, matrix = moments.pca(block, plan.block_names(), reducer.components, reducer.whiten, LEARNED_FILE)
    return projection.project(block, centre, matrix)


def cross_id(plan: Plan, name: str, discrete: Tensors) -> tf.Tensor:
    """int32 `[batch]`: the joint id of a cross, folded where the plan says so."""
    cross = plan.features.crosses[name]
    sizes = [plan.discrete_sizes()[part] for part in cross.of]
    joint = crosses.joint_id([discrete[part] for part in cross.of], sizes)
    return joint if cross.hash_buckets is None else crosses.fold(joint, cross.hash_buckets)


def _category_id(plan: Plan, name: str, text: tf.Tensor) -> tf.Tensor:
    """int64 `[batch]`: 0 for missing or unknown, else 1 + the place in the vocabulary by falling frequency."""
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
