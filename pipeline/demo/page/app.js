// The page: form and map describe a row, the file predicts here, and the test vectors prove that it is the same file.
import {fetchOk, loadModel, sha256} from './model.js';
import {buildForm, element, fill, read, title} from './form.js';
import {PointMap} from './map.js';
import {placeOf, showPrediction} from './prediction.js';

const at = (id) => document.getElementById(id);

async function start() {
  const version = await (await fetchOk('version.json')).json();
  const predict = await loadModel(version);
  at('which').textContent = `version ${version.version} of ${version.pipeline}, running in this browser; sha256 `
    + `${version.sha256.slice(0, 12)} is as it was pushed`;
  at('row-title').textContent = title(version.output.source_column ?? version.output.name);
  document.title = `farelite: ${version.pipeline} ${version.version}`;
  const show = page(version, predict);
  await show(version.vectors.rows[0].inputs);
  at('run').disabled = false;
  at('run').addEventListener('click', () => check(version, predict, show).catch(failed));
  takeFiles(version, () => check(version, predict, show));
  document.documentElement.dataset.state = 'ready';
  if (new URLSearchParams(location.search).get('check') === '1') await check(version, predict, show);
}

// Sets the page up and returns the function that shows a given row.
function page(version, predict) {
  const fields = buildForm(at('form'), version);
  const map = version.points.length > 0 ? mapOf(version, fields, () => update()) : null;
  let newest = 0;
  const update = async () => {
    const mine = ++newest;
    const {row, faults, notes} = read(version, fields);
    map?.setPoints(version.points.map((point) => place(row, point)));
    const values = faults.length > 0 ? null : await predict(row);
    if (mine === newest) tell(version, row, values, faults, notes);
  };
  at('form').addEventListener('input', () => update().catch(failed));
  at('form').addEventListener('submit', (event) => event.preventDefault());
  return (row) => {
    fill(version, fields, row);
    return update();
  };
}

function mapOf(version, fields, update) {
  at('place').hidden = false;
  const turns = version.points.map((point, index) => {
    const radio = element('input');
    Object.assign(radio, {type: 'radio', name: 'turn', checked: index === 0});
    radio.addEventListener('change', () => map.choose(index));
    const label = element('label');
    label.append(radio, element('span', title(point.name)));
    at('turn').append(label);
    return radio;
  });
  const placed = (index, latitude, longitude) => {
    const point = version.points[index];
    fields.get(point.latitude).value = latitude.toFixed(5);
    fields.get(point.longitude).value = longitude.toFixed(5);
    update().catch(failed);
  };
  const map = new PointMap(at('map'), version, placed, (index) => { turns[index].checked = true; });
  at('map').setAttribute('aria-label', `Map of ${version.points.map((point) => point.name).join(' and ')}`);
  if (version.places) at('key').replaceChildren(...version.points.flatMap(colourKey));
  return map;
}

// Which colour stands for which point's training rows.
function colourKey(point, index) {
  const patch = element('span');
  patch.className = `patch patch-${index % 2}`;
  return [patch, element('span', `training rows, ${point.name}: few to many`)];
}

function place(row, point) {
  const found = [row[point.latitude], row[point.longitude]];
  return found.every(Number.isFinite) ? found : null;
}

// What training did not show comes before the number, and the number is small then.
function tell(version, row, values, faults, notes) {
  const strange = notes.filter((note) => note.strange).map((note) => note.text);
  at('warning').textContent = strange.length > 0 ? `The model was trained on nothing like this: ${strange.join('; ')}` : '';
  at('warning').hidden = strange.length === 0;
  const known = showPrediction(at('prediction'), version.output, values, strange.length > 0);
  const why = faults.length === 0 && !known ? ['the model gives no finite number'] : [];
  const plain = notes.filter((note) => !note.strange).map((note) => note.text);
  at('note').textContent = [...faults, ...why, ...plain, ...distance(version, row)].join('; ');
}

// Kilometres between the first two points as the crow flies (haversine, radius 6371 km).
function distance(version, row) {
  const places = version.points.slice(0, 2).map((point) => place(row, point));
  if (places.length < 2 || !places.every(Boolean)) return [];
  const [[a, b], [c, d]] = places.map((one) => one.map((degrees) => (degrees * Math.PI) / 180));
  const h = Math.sin((c - a) / 2) ** 2 + Math.cos(a) * Math.cos(c) * Math.sin((d - b) / 2) ** 2;
  return [`${(2 * 6371 * Math.asin(Math.sqrt(Math.min(h, 1)))).toFixed(1)} km as the crow flies`];
}

async function check(version, predict, show) {
  const {rows, tolerance} = version.vectors;
  const predictions = [];
  const started = performance.now();
  for (const {inputs} of rows) predictions.push(await predict(inputs));
  const each = ((performance.now() - started) / rows.length).toFixed(2);
  const recorded = rows.map(({prediction}) => [prediction].flat().map((one) => one ?? NaN));
  const differences = recorded.map((values, index) => apart(predictions[index], values));
  // Math.max passes a NaN on, and a NaN is within no tolerance.
  const largest = Math.max(...differences);
  const agree = largest <= tolerance;
  at('verdict').textContent = `${rows.length} test vectors: largest difference ${small(largest)} `
    + `${version.output.unit ?? ''}, ${agree ? 'within' : 'OUTSIDE'} the tolerance of ${tolerance}; ${each} ms a call`;
  at('verdict').className = agree ? 'good' : 'bad';
  at('rows').replaceChildren(...rows.map(({inputs}, index) => {
    const told = [recorded[index], predictions[index]].map((values) => inWords(version.output, values));
    return line(inputs, index, [...told, small(differences[index])], show);
  }));
  at('table').hidden = false;
  at('check').textContent = JSON.stringify({vectors: rows.length, largest_difference: largest,
    predictions: predictions.map((values) => (values.length === 1 ? values[0] : values))});
}

// NaN agrees with NaN: where a place is unknown, there is no prediction.
function apart(some, others) {
  const differences = some.map((one, place) => (Number.isNaN(one) && Number.isNaN(others[place]) ? 0 : Math.abs(one - others[place])));
  return Math.max(...differences);
}

function inWords(output, values) {
  if (!values.every(Number.isFinite)) return 'NaN';
  if (output.kind !== 'classes') return values[0].toFixed(4);
  const place = placeOf(output, values);
  return `${output.classes[place]} ${values[place].toFixed(4)}`;
}

function line(inputs, index, texts, show) {
  const button = element('button', `${index + 1}`);
  button.type = 'button';
  button.title = 'Show this row above';
  button.addEventListener('click', () => show(inputs).catch(failed));
  const head = element('th');
  head.scope = 'row';
  head.append(button);
  const row = element('tr');
  row.append(head, ...texts.map((text) => element('td', text)));
  return row;
}

// A model.tflite dropped anywhere on the page is told from the pushed one by its digest, and runs the vectors if it is it.
function takeFiles(version, run) {
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) compare(version, file, run).catch(failed);
  });
}

async function compare(version, file, run) {
  const digest = await sha256(await file.arrayBuffer());
  const same = digest === version.sha256;
  at('dropped').textContent = same
    ? `${file.name} is version ${version.version} to the byte`
    : `${file.name} is not version ${version.version}: its sha256 is ${digest.slice(0, 12)}, pushed was ${version.sha256.slice(0, 12)}`;
  at('dropped').className = same ? 'good' : 'bad';
  if (same) await run();
}

function small(value) {
  return value === 0 ? '0' : value.toPrecision(2);
}

function failed(error) {
  at('failure').textContent = `This does not work: ${error.message ?? error}`;
  at('failure').hidden = false;
  document.documentElement.dataset.state = 'failed';
}

start().catch(failed);
