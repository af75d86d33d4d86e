// What a prediction looks like: a number with its unit, or a bar for each class.
import {element} from './form.js';

const MOST_BARS = 12;

// Fills `place` with what the output's `values` say; `doubtful` ones are shown small, since nothing like this row was
// trained on.
export function showPrediction(place, output, values, doubtful) {
  const known = values !== null && values.every(Number.isFinite);
  place.className = doubtful && known ? 'doubtful' : '';
  place.dataset.value = known ? String(values.length === 1 ? values[0] : JSON.stringify(values)) : '';
  place.replaceChildren(...(known ? shown(output, values) : ['no prediction']));
  return known;
}

function shown(output, values) {
  if (output.kind === 'binary') return [...decided(output, values), bars([...output.classes].reverse(), [values[0], 1 - values[0]])];
  if (output.kind === 'classes') return [...decided(output, values), bars(output.classes, values)];
  return [element('strong', values[0].toFixed(2)), ' ', element('span', output.unit ?? '')];
}

function decided(output, values) {
  return [element('strong', output.classes[placeOf(output, values)]), ' ', element('span', reason(output))];
}

// As `predict` decides: in float32, and the first of equals.
export function placeOf(output, values) {
  if (output.kind === 'binary') return Number(Math.fround(values[0]) >= Math.fround(output.decision.threshold));
  return values.indexOf(Math.max(...values));
}

function reason(output) {
  if (output.kind !== 'binary') return 'likeliest class';
  return `${output.classes[1]} from ${(100 * output.decision.threshold).toPrecision(3)} % on`;
}

// Likeliest first where there are many; the text beside each bar tells the same to who cannot see it.
function bars(classes, values) {
  const order = classes.map((name, index) => ({name, value: values[index]}));
  if (classes.length > 2) order.sort((one, other) => other.value - one.value);
  const list = element('ul');
  list.className = 'bars';
  for (const {name, value} of order.slice(0, MOST_BARS)) {
    const bar = element('progress');
    Object.assign(bar, {max: 1, value});
    bar.setAttribute('aria-hidden', 'true');
    const line = element('li');
    line.append(element('span', name), bar, element('span', `${(100 * value).toFixed(1)} %`));
    list.append(line);
  }
  const left = order.slice(MOST_BARS);
  if (left.length > 0) {
    const rest = left.reduce((sum, {value}) => sum + value, 0);
    list.append(element('li', `${left.length} further classes: ${(100 * rest).toFixed(1)} %`));
  }
  return list;
}
