// The page: form and map describe a row, the file predicts here, and the test vectors prove that it is the same file.
import {fetchOk, loadModel} from './model.js';
import {buildForm, element, fill, read, title} from './form.js';
import {PointMap} from './map.js';

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
    const prediction = faults.length > 0 ? NaN : await predict(row);
    if (mine === newest) tell(version, row, prediction, faults, notes);
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
  return map;
}

function place(row, point) {
  const found = [row[point.latitude], row[point.longitude]];
  return found.every(Number.isFinite) ? found : null;
}

function tell(version, row, prediction, faults, notes) {
  const known = Number.isFinite(prediction);
  const shown = known ? [element('strong', prediction.toFixed(2)), ' ', element('span', version.output.unit ?? '')] : ['no prediction'];
  at('prediction').replaceChildren(...shown);
  at('prediction').dataset.value = known ? String(prediction) : '';
  const why = faults.length === 0 && !known ? ['the model gives no finite number'] : [];
  at('note').textContent = [...faults, ...why, ...notes, ...distance(version, row)].join('; ');
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
  const differences = rows.map(({prediction}, index) => apart(predictions[index], prediction ?? NaN));
  // Math.max passes a NaN on, and a NaN is within no tolerance.
  const largest = Math.max(...differences);
  const agree = largest <= tolerance;
  at('verdict').textContent = `${rows.length} test vectors: largest difference ${small(largest)} `
    + `${version.output.unit ?? ''}, ${agree ? 'within' : 'OUTSIDE'} the tolerance of ${tolerance}; ${each} ms a call`;
  at('verdict').className = agree ? 'good' : 'bad';
  at('rows').replaceChildren(...rows.map((row, index) => line(row, index, predictions[index], differences[index], show)));
  at('table').hidden = false;
  at('check').textContent = JSON.stringify({vectors: rows.length, largest_difference: largest, predictions});
}

// NaN agrees with NaN: where a place is unknown, there is no fare.
function apart(one, other) {
  return Number.isNaN(one) && Number.isNaN(other) ? 0 : Math.abs(one - other);
}

function line({inputs, prediction}, index, predicted, difference, show) {
  const button = element('button', `${index + 1}`);
  button.type = 'button';
  button.title = 'Show this row above';
  button.addEventListener('click', () => show(inputs).catch(failed));
  const head = element('th');
  head.scope = 'row';
  head.append(button);
  const row = element('tr');
  row.append(head, ...[(prediction ?? NaN).toFixed(4), predicted.toFixed(4), small(difference)].map((text) => element('td', text)));
  return row;
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
