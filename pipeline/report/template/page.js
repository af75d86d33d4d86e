"use strict";
// What the page can do beyond what stands in it: tables sort and filter, marks of charts tell their numbers to pointer
// and keyboard. Without this script nothing is missing but that.

const SORTED_FROM = 4, FILTERED_FROM = 12; // rows
const NUMBER = /^[+-]?(?:[\d,]*\.?\d+(?:e[+-]?\d+)?|inf|nan)(?:\s?%|\s[a-zA-Z]{1,3}|\s\([^)]*\))?$/i;

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Numbers by size, where most cells of a column are some; else texts, digits within them by size. Empty cells go last.
function comparing(texts) {
  const filled = texts.filter(Boolean);
  const numbers = filled.filter((one) => NUMBER.test(one)).length > filled.length / 2;
  const key = (text) => {
    const value = parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(value) ? -Infinity : value;
  };
  return (one, other) => {
    if (!one || !other) return 0;
    return numbers ? key(one) - key(other) : one.localeCompare(other, "en", { numeric: true });
  };
}

function sortable(table) {
  const body = table.tBodies[0], original = [...body.rows], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!original.some((row) => row.cells[column].textContent.trim())) return; // pictures
    const arrow = made("span", { class: "arrow", "aria-hidden": "true" }, "\u2195");
    const button = made("button", { type: "button", class: "sort" }, ...head.childNodes, arrow);
    head.append(button);
    button.addEventListener("click", () => {
      const now = { ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")] || "ascending";
      for (const one of heads) {
        one.removeAttribute("aria-sort");
        const mark = one.querySelector(".arrow");
        if (mark) mark.textContent = "\u2195";
      }
      if (now === "none") return body.append(...original);
      head.setAttribute("aria-sort", now);
      arrow.textContent = now === "ascending" ? "\u2191" : "\u2193";
      const text = new Map(original.map((row) => [row, row.cells[column].textContent.trim()]));
      const compare = comparing([...text.values()]), way = now === "ascending" ? 1 : -1;
      const empty = (row) => Number(!text.get(row));
      body.append(...[...original].sort(
        (one, other) => empty(one) - empty(other) || way * compare(text.get(one), text.get(other))));
    });
  });
}

function filterable(table) {
  const rows = [...table.tBodies[0].rows], texts = rows.map((row) => row.textContent.toLowerCase());
  const input = made("input", { type: "search", autocomplete: "off" });
  const count = made("output");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, place) => { row.hidden = !words.every((word) => texts[place].includes(word)); });
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = words.length ? `${left} of ${rows.length} rows` : "";
  });
  const label = made("label", {}, made("span", {}, `Filter: ${table.caption.textContent}`), input);
  table.closest(".scroll").before(made("div", { class: "filter" }, label, count));
}

for (const table of document.querySelectorAll(".scroll > table")) {
  const rows = table.tBodies[0].rows.length;
  if (rows >= SORTED_FROM) sortable(table);
  if (rows >= FILTERED_FROM) filterable(table);
}

const tip = made("div", { class: "tip", "aria-hidden": "true", hidden: "" });
document.body.append(tip);

let told = null;

function tell(mark, byKey) {
  told = mark;
  tip.textContent = mark.getAttribute("aria-label");
  if (byKey) tip.append(made("small", {}, "arrow keys: next mark"));
  tip.hidden = false;
  put(mark);
}

function put(mark) {
  const place = mark.getBoundingClientRect(), own = tip.getBoundingClientRect();
  const left = place.left + place.width / 2 - own.width / 2;
  const above = place.top - own.height - 8;
  tip.style.left = `${Math.max(4, Math.min(left, document.documentElement.clientWidth - own.width - 4))}px`;
  tip.style.top = `${above < 4 ? place.bottom + 8 : above}px`;
}

function hush() {
  told = null;
  tip.hidden = true;
}

// The nearest mark in the direction of an arrow key; what lies aside counts double.
function nearest(marks, from, [right, down]) {
  const centre = (one) => { const box = one.getBBox(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const [x, y] = centre(from);
  let found = null, least = Infinity;
  for (const one of marks) {
    const [across, up] = centre(one).map((value, axis) => value - [x, y][axis]);
    const along = across * right + up * down, aside = Math.abs(across * down) + Math.abs(up * right);
    if (along > 0.5 && along + 2 * aside < least) [found, least] = [one, along + 2 * aside];
  }
  return found;
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// One stop for the Tab key in each chart; arrow keys, Home and End go from mark to mark.
function charted(svg) {
  const marks = [...svg.querySelectorAll("rect, circle")].filter((one) => one.querySelector("title"));
  if (!marks.length) return;
  svg.setAttribute("role", "group");
  marks.forEach((mark, place) => {
    const title = mark.querySelector("title");
    mark.setAttribute("aria-label", title.textContent);
    mark.setAttribute("role", "img");
    mark.setAttribute("tabindex", place ? "-1" : "0");
    title.remove(); // the browser would show it a second time
    mark.addEventListener("pointerenter", () => tell(mark, false));
    mark.addEventListener("pointerleave", hush);
    mark.addEventListener("focus", () => tell(mark, true));
    mark.addEventListener("blur", hush);
  });
  svg.addEventListener("keydown", (event) => {
    const from = event.target;
    if (event.key === "Escape") return hush();
    const to = event.key === "Home" ? marks[0] : event.key === "End" ? marks.at(-1)
      : event.key in ARROWS ? nearest(marks, from, ARROWS[event.key]) : null;
    if (event.key in ARROWS || to) event.preventDefault();
    if (!to) return undefined;
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    return to.focus();
  });
}

document.querySelectorAll("figure svg").forEach(charted);
// A mark that is reached by keyboard may scroll into view afterwards.
for (const kind of ["scroll", "resize"]) {
  window.addEventListener(kind, () => { if (told) put(told); }, { passive: true, capture: true });
}
