// The form: one field for each input of the file, and the row of numbers that the fields stand for.

const LAST_SECOND = 2147483647;
const DEGREES = {latitude: 90, longitude: 180};

// Fields by input name, put into `parent`; points become pairs of degrees.
export function buildForm(parent, version) {
  const fields = new Map();
  const axes = new Map();
  for (const point of version.points) {
    const group = element('fieldset');
    group.append(element('legend', title(point.name)));
    for (const axis of ['latitude', 'longitude']) {
      const one = version.inputs.find((input) => input.name === point[axis]);
      axes.set(one.name, axis);
      fields.set(one.name, numberField(group, one, title(axis), DEGREES[axis]));
    }
    parent.append(group);
  }
  for (const one of version.inputs.filter((input) => !axes.has(input.name))) {
    fields.set(one.name, otherField(parent, one));
  }
  return fields;
}

function otherField(parent, one) {
  if (one.role === 'categorical') return choice(parent, one);
  if (one.role === 'time') return moment(parent, one);
  return numberField(parent, one, title(one.source_column));
}

function numberField(parent, one, text, limit) {
  const field = element('input');
  Object.assign(field, {type: 'number', step: one.dtype === 'int32' ? '1' : 'any', title: one.meaning});
  if (limit) Object.assign(field, {min: -limit, max: limit});
  return labelled(parent, one, text, field);
}

function moment(parent, one) {
  const field = element('input');
  Object.assign(field, {type: 'datetime-local', min: '1970-01-01T00:00', max: '2038-01-19T03:14', step: 'any', title: one.meaning});
  return labelled(parent, one, `${title(one.source_column)} (wall clock of ${one.time_zone})`, field);
}

function choice(parent, one) {
  const field = element('select');
  field.title = one.meaning;
  ['missing or unknown', ...one.vocabulary].forEach((text, id) => field.append(new Option(text, String(id))));
  return labelled(parent, one, title(one.source_column), field);
}

function labelled(parent, one, text, field) {
  const label = element('label');
  label.append(element('span', text), field);
  field.name = one.name;
  parent.append(label);
  return field;
}

// Writes a row into the fields; a degree is rounded to a tenth of a metre, less than a float32 can tell.
export function fill(version, fields, row) {
  for (const one of version.inputs) {
    const given = row[one.name] ?? null;
    const field = fields.get(one.name);
    if (one.role === 'time' && given !== null) field.value = new Date(given * 1000).toISOString().slice(0, given % 60 ? 19 : 16);
    else if (one.role === 'categorical') field.value = String(given ?? 0);
    else field.value = given === null ? '' : String(Number(given.toFixed(6)));
  }
}

// The row that the fields stand for, why it has no prediction, and what to know of it: `strange` is what training did
// not show.
export function read(version, fields) {
  const row = {};
  const faults = [];
  const notes = [];
  for (const one of version.inputs) {
    const field = fields.get(one.name);
    row[one.name] = number(one, field);
    if (field.validity.badInput || !fits(one, row[one.name])) faults.push(`${one.source_column}: not a value that the file takes`);
    else if (field.validity.rangeOverflow || field.validity.rangeUnderflow) {
      faults.push(`${one.source_column}: outside ${field.min} to ${field.max}`);
    } else notes.push(...remarks(one, row[one.name]));
  }
  for (const point of version.points) {
    if (row[point.latitude] === 0 && row[point.longitude] === 0) faults.push(`${point.name}: 0/0 is no place`);
  }
  return {row, faults, notes};
}

function number(one, field) {
  if (one.role === 'categorical') return Number(field.value);
  // The clock on the wall, read as if it hung in UTC: no time zone is applied.
  if (one.role === 'time') return field.value === '' ? NaN : Date.parse(`${field.value}Z`) / 1000;
  const given = field.value === '' ? NaN : Number(field.value);
  return one.dtype === 'int32' ? given : Math.fround(given);
}

function fits(one, given) {
  if (one.dtype === 'int32') return Number.isInteger(given) && Math.abs(given) <= LAST_SECOND;
  return Number.isNaN(given) || Number.isFinite(given);
}

function remarks(one, given) {
  if (one.role === 'categorical') return given === 0 ? [{text: `${one.source_column}: missing or unknown`, strange: false}] : [];
  if (Number.isNaN(given)) return [{text: `${one.source_column}: missing`, strange: false}];
  if (!one.training_range) return [];
  const [low, high] = one.training_range;
  if (given >= low && given <= high) return [];
  const shown = one.training_range.map((end) => (one.role === 'time' ? day(end) : String(Number(end.toPrecision(6)))));
  return [{text: `${one.source_column} outside ${shown.join(' to ')}`, strange: true}];
}

function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

// `pickup_latitude` to `Pickup latitude`.
export function title(name) {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}
