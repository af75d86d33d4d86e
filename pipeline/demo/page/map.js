// A map without tiles: degrees on a flat sheet, and the cells in which the points of training rows lie; where a version
// tells none, dots at the places of its test vectors.

const WIDTH = 1000;
const NARROWEST = 0.62;
const WIDEST = 1.05;
const KM_PER_DEGREE = 111.195;

// Draws into an <svg>. `onPlace(index, latitude, longitude)` tells of a click or a key; `setPoints` moves the markers;
// `choose` says which point the next click sets.
export class PointMap {
  constructor(svg, version, onPlace, onTurn) {
    Object.assign(this, {svg, version, onPlace, onTurn, turn: 0, places: version.points.map(() => null)});
    // Units of the drawing in one pixel, so that a phone shows letters and markers no smaller.
    this.pixel = WIDTH / Math.max(svg.clientWidth, 240);
    this.frame(version);
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${this.height}`);
    this.grid();
    if (version.places) this.cells();
    else this.dots();
    this.markers = make('g', {}, svg);
    svg.addEventListener('click', (event) => this.clicked(event));
    svg.addEventListener('keydown', (event) => this.pressed(event));
  }

  // The smallest sheet that holds all cells or dots, with a margin, neither too tall nor too flat.
  frame(version) {
    const seen = version.points.flatMap((point) => [
      ...version.vectors.rows.map(({inputs}) => [inputs[point.latitude], inputs[point.longitude]]),
    ]).filter(([latitude, longitude]) => latitude !== null && longitude !== null);
    const corners = version.places ? cellCorners(version.places) : seen.length > 1 ? seen : trained(version);
    let [south, north] = extent(corners.map(([latitude]) => latitude));
    let [west, east] = extent(corners.map(([, longitude]) => longitude));
    this.shrink = Math.cos(((south + north) / 2) * Math.PI / 180);
    const ratio = (north - south) / ((east - west) * this.shrink);
    const wanted = Math.min(Math.max(ratio, NARROWEST), WIDEST);
    if (ratio > wanted) [west, east] = widen(west, east, ratio / wanted);
    else [south, north] = widen(south, north, wanted / ratio);
    Object.assign(this, {south, north, west, east, seen, height: Math.round(WIDTH * wanted)});
  }

  x(longitude) { return ((longitude - this.west) / (this.east - this.west)) * WIDTH; }

  y(latitude) { return ((this.north - latitude) / (this.north - this.south)) * this.height; }

  grid() {
    const p = this.pixel;
    const across = roundStep((this.east - this.west) / 3);
    for (const longitude of multiples(this.west, this.east, across)) {
      const x = this.x(longitude);
      line(this.svg, x, 0, x, this.height);
      const fits = x < WIDTH - 62 * p;
      if (fits) this.label(x + 4 * p, this.height - 6 * p, degrees(longitude, across, 'EW'));
    }
    const up = roundStep((this.north - this.south) / 3);
    for (const latitude of multiples(this.south, this.north, up)) {
      line(this.svg, 0, this.y(latitude), WIDTH, this.y(latitude));
      const fits = this.y(latitude) < this.height - 24 * p;
      if (fits) this.label(4 * p, this.y(latitude) - 5 * p, degrees(latitude, up, 'NS'));
    }
    this.scale();
  }

  scale() {
    const kmWide = (this.east - this.west) * this.shrink * KM_PER_DEGREE;
    const km = roundStep(kmWide / 4);
    const length = (km / kmWide) * WIDTH;
    const p = this.pixel;
    const right = WIDTH - 12 * p;
    make('path', {class: 'scale', d: `M ${right - length} ${18 * p} v ${5 * p} h ${length} v ${-5 * p}`}, this.svg);
    this.label(right - length / 2, 16 * p, `${km} km`).setAttribute('text-anchor', 'middle');
  }

  label(x, y, text) {
    const made = make('text', {class: 'degrees', x, y, 'font-size': 12 * this.pixel}, this.svg);
    made.textContent = text;
    return made;
  }

  // The more rows, the stronger: by the logarithm, since a few cells hold most rows.
  cells() {
    const {cell_deg: size, points} = this.version.places;
    this.version.points.forEach(({name}, index) => {
      const most = Math.log1p(Math.max(...points[name].map(([, , rows]) => rows), 1));
      for (const [south, west, rows] of points[name]) {
        const [x, y] = [this.x(west), this.y(south + size)];
        make('rect', {class: `cell cell-${index % 2}`, x, y, width: this.x(west + size) - x, height: this.y(south) - y,
          opacity: (0.1 + 0.5 * (Math.log1p(rows) / most)).toFixed(2)}, this.svg);
      }
    });
  }

  dots() {
    const counts = new Map();
    for (const place of this.seen) counts.set(String(place), [place, (counts.get(String(place))?.[1] ?? 0) + 1]);
    for (const [[latitude, longitude], count] of counts.values()) {
      make('circle', {class: 'seen', cx: this.x(longitude), cy: this.y(latitude), r: 3 * this.pixel * Math.sqrt(count)}, this.svg);
    }
  }

  setPoints(places) {
    this.places = places;
    this.markers.replaceChildren();
    const shown = places.map((place) => place && [this.x(place[1]), this.y(place[0])]);
    if (shown.length > 1 && shown.every(Boolean)) {
      make('polyline', {class: 'between', points: shown.map((at) => at.join(',')).join(' ')}, this.markers);
    }
    shown.forEach((at, index) => at && this.marker(at, index));
  }

  marker([x, y], index) {
    const group = make('g', {class: `marker marker-${index % 2}${index === this.turn ? ' next' : ''}`}, this.markers);
    const p = this.pixel;
    if (index % 2) make('rect', {x: x - 10 * p, y: y - 10 * p, width: 20 * p, height: 20 * p, rx: 3 * p}, group);
    else make('circle', {cx: x, cy: y, r: 11 * p}, group);
    const text = make('text', {x, y: y + 4.7 * p, 'text-anchor': 'middle', 'font-size': 13 * p}, group);
    text.textContent = this.version.points[index].name.charAt(0).toUpperCase();
  }

  choose(index) {
    this.turn = index;
    this.setPoints(this.places);
  }

  next() {
    this.choose((this.turn + 1) % this.places.length);
    this.onTurn(this.turn);
  }

  clicked(event) {
    const box = this.svg.getBoundingClientRect();
    const east = (event.clientX - box.left) / box.width;
    const south = (event.clientY - box.top) / box.height;
    this.onPlace(this.turn, this.north - south * (this.north - this.south), this.west + east * (this.east - this.west));
    this.next();
  }

  pressed(event) {
    const move = {ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
    if (event.key === 'Enter') this.next();
    if (!move && event.key !== 'Enter') return;
    event.preventDefault();
    if (!move) return;
    const middle = [(this.south + this.north) / 2, (this.west + this.east) / 2];
    const [latitude, longitude] = this.places[this.turn] ?? middle;
    const stride = (this.north - this.south) / 60;
    this.onPlace(this.turn, latitude + move[0] * stride, longitude + (move[1] * stride) / this.shrink);
  }
}

function cellCorners({cell_deg: size, points}) {
  return Object.values(points).flat().flatMap(([south, west]) => [[south, west], [south + size, west + size]]);
}

function trained(version) {
  return version.points.flatMap((point) => {
    const range = (name) => version.inputs.find((one) => one.name === name).training_range ?? [-60, 60];
    const [latitudes, longitudes] = [range(point.latitude), range(point.longitude)];
    return [0, 1].map((end) => [latitudes[end], longitudes[end]]);
  });
}

function extent(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return widen(low, Math.max(high, low + 0.01), 1.16);
}

function widen(low, high, factor) {
  const middle = (low + high) / 2;
  const half = ((high - low) / 2) * factor;
  return [middle - half, middle + half];
}

// The largest 1, 2 or 5 times a power of ten that is not above `most`.
function roundStep(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((step) => step <= most * (1 + 1e-9));
}

function multiples(low, high, step) {
  const first = Math.ceil(low / step);
  return Array.from({length: Math.floor(high / step) - first + 1}, (_, index) => (first + index) * step);
}

function make(tag, attributes, parent) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, given] of Object.entries(attributes)) made.setAttribute(name, String(given));
  parent.append(made);
  return made;
}

function line(parent, x1, y1, x2, y2) {
  return make('line', {class: 'grid', x1, y1, x2, y2}, parent);
}

// `87.65° W` for -87.65, with as many places as the step between the lines needs.
function degrees(value, step, [positive, negative]) {
  const places = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return `${Math.abs(value).toFixed(places)}° ${value < 0 ? negative : positive}`;
}
