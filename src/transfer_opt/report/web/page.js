"use strict";
// Every figure is a text of the workbook; numbers are used for sorting and for the lengths of bars only.
const data = JSON.parse(document.getElementById("data").textContent);
const counties = data.counties, scenarios = data.scenarios;
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const rows = Array.from(document.querySelectorAll("#counties tbody tr"));
const sums = rows.filter((row) => row.dataset.county === undefined);
let picked = 0, inOrder = true;

function put(parent, name, attributes, text) {
  const made = parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

function fillChoices() {
  const groups = new Map();
  counties.forEach((county, at) => {
    if (!groups.has(county.prefecture)) groups.set(county.prefecture, put(byId("pick"), "optgroup", { label: county.prefecture }));
    put(groups.get(county.prefecture), "option", { value: at }, county.name);
  });
  put(byId("where"), "option", { value: "" }, "全部市州");
  for (const name of groups.keys()) put(byId("where"), "option", { value: name }, name);
}

function pick(at) {
  picked = at;
  const county = counties[at];
  byId("pick").value = String(at);
  document.querySelectorAll(".picked").forEach((group) => mark(group, county));
  rows.forEach((row) => row.classList.toggle("on", row.dataset.county === String(at)));
  document.querySelectorAll("#map path").forEach((path) => path.classList.toggle("on", path.dataset.code === county.code));
  showOne(county);
  showFall();
}

function mark(group, county) {
  const side = Number(group.dataset.side);
  const dot = document.querySelector(`.dot[data-county="${picked}"][data-side="${side}"]`);
  group.style.visibility = dot ? "visible" : "hidden";
  if (!dot) return;
  const x = dot.getAttribute("x"), y = dot.getAttribute("y");
  group.querySelector("use").setAttribute("transform", `translate(${x} ${y}) scale(1.7)`);
  const label = group.querySelector("text");
  label.setAttribute("x", x);
  label.style.textAnchor = x > group.ownerSVGElement.viewBox.baseVal.width - 90 ? "end" : "middle";
  label.setAttribute("y", Number(y) - 12);
  label.textContent = (side === 0 ? county.name + " " : "") + county.side[side].coverage[0];
}

function showOne(county) {
  const body = byId("one");
  body.replaceChildren();
  const past = put(body, "tr");
  ["上年", county.last[0][0], "", "", county.last[1][0]].forEach((text) => put(past, "td", {}, text));
  short(past, county.last[2]);
  county.side.forEach((side, at) => {
    const row = put(body, "tr");
    const head = put(row, "td");
    const key = document.querySelectorAll(".matrix thead .key")[at];
    if (key) head.appendChild(key.cloneNode(true));
    head.appendChild(document.createTextNode(" " + scenarios[at]));
    put(row, "td", { class: "strong" }, side.given[0]);
    put(row, "td", side.change[1] < 0 ? { class: "alarm" } : {}, signed(side.change));
    put(row, "td", side.growth[1] < 0 ? { class: "alarm" } : {}, signed(side.growth));
    put(row, "td", {}, side.coverage[0]);
    short(row, side.short);
  });
  const ranks = county.side.map((side) => side.rank[0]).filter((text) => text);
  const place = ranks.length ? `：保障水平在各方案中依次居第 ${ranks.join("、")} 位（共${counties.length}个）。` : "";
  byId("told").textContent = `${county.name}（${county.prefecture}）${place}`;
}

function signed(pair) {
  return pair[1] > 0 ? "+" + pair[0] : pair[0];
}

function short(row, pair) {
  put(row, "td", pair[1] > 0 ? { class: "alarm" } : {}, (pair[1] > 0 ? "▲ " : "") + pair[0]);
}

function showFall() {
  const drawing = byId("fall"), county = counties[picked], side = county.side[Number(byId("plan").value)];
  drawing.replaceChildren();
  byId("whose").textContent = `${county.name} ${side.change[1] === null ? "（没有上年数）" : signed(side.change)}`;
  const hatch = put(put(drawing, "defs"), "pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  put(hatch, "rect", { width: 6, height: 6, fill: "#fff" });
  put(hatch, "line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch" });
  const steps = side.moved.concat([["合计增减", signed(side.change), side.change[1]]]);
  colourMap();
  if (!side.moved.length || side.change[1] === null) return;
  let level = 0, low = 0, high = 0;
  const spans = steps.map(([, , value], at) => {
    const from = at === side.moved.length ? 0 : level, to = from + value;
    level = to;
    low = Math.min(low, from, to);
    high = Math.max(high, from, to);
    return [from, to];
  });
  const width = Math.min(120, 1240 / steps.length), y = (value) => 28 + (high - value) / (high - low || 1) * 160;
  put(drawing, "line", { x1: 0, x2: 1264, y1: y(0), y2: y(0), class: "axis" });
  steps.forEach(([name, text, value], at) => {
    const [from, to] = spans[at], x = at * width + width * 0.2, top = Math.min(y(from), y(to));
    const kind = at === side.moved.length ? "whole" : value < 0 ? "down" : "up";
    put(drawing, "rect", { x, y: top, width: width * 0.6, height: Math.max(1, Math.abs(y(from) - y(to))), class: kind });
    put(drawing, "text", { x: x + width * 0.3, y: top - 6, class: "bar" }, text);
    put(drawing, "text", { x: x + width * 0.3, y: 226, class: "cause" }, name);
    if (at + 1 < steps.length) put(drawing, "line", { x1: x, x2: x + width * 1.6, y1: y(to), y2: y(to), class: "axis" });
  });
}

function colourMap() {
  const plan = Number(byId("plan").value);
  document.querySelectorAll("#map path").forEach((path) => {
    const at = counties.findIndex((county) => county.code === path.dataset.code);
    if (at < 0) return;
    const growth = counties[at].side[plan].growth;
    path.querySelector("title").textContent = `${counties[at].name} ${growth[0]}`;
    const bin = growth[1] === null ? "" : growth[1] < 0 ? "b0" : "b" + Math.min(4, 1 + Math.floor(growth[1] / 0.05));
    path.setAttribute("class", bin + (at === picked ? " on" : ""));
  });
}

// Figures are compared as they are shown; words by the order of the official list.
function shownNumber(row, column) {
  const text = row.cells[column].textContent.replace(/[,+%]/g, "").replace("\u2212", "-");
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

function sortBy(head) {
  const column = head.cellIndex, words = column < 2, before = head.getAttribute("aria-sort");
  const up = before ? before !== "ascending" : words;
  document.querySelectorAll("#counties th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const known = (number) => number === null ? (up ? Infinity : -Infinity) : number;
  const sorted = words ? (up ? rows : rows.filter((row) => !sums.includes(row)).reverse()) : rows.filter((row) => !sums.includes(row)).sort((first, second) => {
    const difference = known(shownNumber(first, column)) - known(shownNumber(second, column));
    return (Number.isNaN(difference) ? 0 : up ? difference : -difference) || rows.indexOf(first) - rows.indexOf(second);
  });
  inOrder = words && up;
  sorted.forEach((row) => document.querySelector("#counties tbody").appendChild(row));
  filter();
}

// 小计 stand above their counties, so they go where the counties are in another order or some are left out.
function filter() {
  const where = byId("where").value, text = byId("find").value.trim();
  const fewer = byId("fewer").getAttribute("aria-pressed") === "true";
  let shown = 0;
  rows.forEach((row) => {
    if (sums.includes(row)) {
      row.hidden = !inOrder || fewer || text !== "" || (where !== "" && row.cells[1].textContent !== where);
      return;
    }
    const county = counties[Number(row.dataset.county)];
    const loses = county.side.some((side) => side.change[1] !== null && side.change[1] < 0);
    const visible = (!where || county.prefecture === where) && (!fewer || loses) && county.name.includes(text);
    row.hidden = !visible;
    shown += visible ? 1 : 0;
  });
  byId("count").textContent = `共 ${shown} 个县区`;
}

function showBlock(button) {
  const open = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(open));
  document.querySelectorAll("#counties .b" + button.dataset.block).forEach((cell) => { cell.hidden = !open; });
}

// A click in a table moves to what it changes: the county's place, its figures and its waterfall.
function goTo(at) {
  pick(at);
  byId("moves").scrollIntoView({ behavior: "smooth", block: "start" });
}

function start() {
  fillChoices();
  byId("pick").addEventListener("change", (event) => pick(Number(event.target.value)));
  byId("plan").addEventListener("change", showFall);
  byId("where").addEventListener("change", filter);
  byId("find").addEventListener("input", filter);
  byId("fewer").addEventListener("click", (event) => {
    event.target.setAttribute("aria-pressed", String(event.target.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  document.querySelectorAll("#counties th[tabindex]").forEach((head) => {
    head.addEventListener("click", () => sortBy(head));
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sortBy(head); });
  });
  document.querySelectorAll("button.block").forEach((button) => button.addEventListener("click", () => showBlock(button)));
  document.querySelectorAll("#counties tr[data-county]").forEach((row) => row.addEventListener("click", () => goTo(Number(row.dataset.county))));
  document.querySelectorAll(".dot").forEach((dot) => dot.addEventListener("click", () => pick(Number(dot.dataset.county))));
  document.querySelectorAll("#map path").forEach((path) => path.addEventListener("click", () => {
    const at = counties.findIndex((county) => county.code === path.dataset.code);
    if (at >= 0) pick(at);
  }));
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((block) => { block.open = true; }));
  filter();
  if (counties.length) pick(neediest());
}

// Opens on the county with the largest gap; where there is none, on the one that loses most.
function neediest() {
  const worst = (figure) => counties.reduce((best, county, at) => figure(county) > figure(counties[best]) ? at : best, 0);
  const gap = (county) => Math.max(0, ...county.side.map((side) => side.short[1] || 0));
  const loss = (county) => Math.max(...county.side.map((side) => -(side.change[1] || 0)));
  const at = worst(gap);
  return gap(counties[at]) > 0 ? at : worst(loss);
}

start();
