"use strict";
// Draws the picture that #data holds. Whatever a name contains becomes text and nothing else.
const data = JSON.parse(document.getElementById("data").textContent);
const nodes = new Map(data.nodes.map((node) => [node.id, node]));
const outward = grouped(data.edges);
const shown = new Map(); // node -> its element, or that of the fold that it is in
const opened = new Set(); // the folds that somebody has opened
const board = document.getElementById("board");
const canvas = document.getElementById("canvas");
const lines = document.getElementById("lines");
const panel = document.getElementById("path");
const search = document.getElementById("search");
let chosen = null;
let scale = 1;

function grouped(edges) {
  const found = new Map();
  for (const edge of edges) {
    if (!found.has(edge.source)) found.set(edge.source, []);
    found.get(edge.source).push(edge);
  }
  return found;
}

function element(tag, { text, kind, on } = {}, ...children) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [event, act] of Object.entries(on ?? {})) made.addEventListener(event, act);
  made.append(...children.filter(Boolean));
  return made;
}

const next = (id) => outward.get(id) ?? [];

/** A node and all that can be reached from it, the nearest first. */
function path(id) {
  const found = new Set([id]);
  for (const each of found) for (const edge of next(each)) found.add(edge.target);
  return found;
}

/** A link's or a network's guests: all that leads to it. */
function users(id) {
  return data.nodes.filter((node) => node.kind === "nic" && path(node.id).has(id));
}

function mark(node) {
  return node.status && element("span", { text: ` ${node.status}`, kind: `mark ${node.status}` });
}

function button(node, title, ...words) {
  const kind = ["node", node.kind, node.status ?? "", node.well ? "" : "unwell"].join(" ");
  const made = element(
    "button",
    { kind, on: { click: () => choose(node.id), mouseenter: () => near(node.id),
                  mouseleave: () => near(null) } },
    element("strong", { text: title }), mark(node),
    ...words.filter(Boolean).map((text) => element("small", { text })),
  );
  made.dataset.id = node.id;
  made.setAttribute("aria-pressed", "false");
  shown.set(node.id, made);
  return made;
}

function matches(node, wanted) {
  return !wanted || node.search.includes(wanted);
}

/** A guest with its nics. */
function guest(id) {
  const domain = nodes.get(id);
  const nics = next(id).map((edge) => nodes.get(edge.target)).filter((node) => node.kind === "nic");
  return element("div", { kind: "guest" },
    button(domain, domain.name, domain.well ? "" : domain.words.join(", ")),
    ...nics.map((nic) => button(nic, nic.name, nic.words.join(", "))));
}

/** Guests that are alike, as one element that opens. */
function folded(fold, wanted) {
  const found = fold.domains.filter((id) => matches(nodes.get(id), wanted));
  if (fold.domains.length === 1 || (wanted && found.length < fold.domains.length)) {
    return found.map(guest);
  }
  const open = opened.has(fold.name);
  const turn = () => { open ? opened.delete(fold.name) : opened.add(fold.name); draw(); };
  const made = element("button", { kind: "node domain fold", on: { click: turn } },
    element("strong", { text: fold.name }),
    element("small", { text: `${fold.domains.length} guests alike, ${nodes.get(fold.domains[0]).state}` }));
  made.setAttribute("aria-expanded", String(open));
  if (!open) for (const id of fold.domains.flatMap((domain) => [...path(domain)])) {
    if (["domain", "nic"].includes(nodes.get(id).kind)) shown.set(id, made);
  }
  return open ? [made, ...found.map(guest)] : [made];
}

function guestColumn(wanted) {
  const column = element("section", { kind: "column" }, element("h2", { text: "Guests" }));
  for (const group of data.groups) {
    const folds = group.folds.filter((fold) => fold.domains.some((id) => matches(nodes.get(id), wanted)));
    if (folds.length === 0) continue;
    const count = folds.flatMap((fold) => fold.domains).filter((id) => matches(nodes.get(id), wanted)).length;
    column.append(element("h3", { text: `${group.title}: ${count}` }));
    column.append(...folds.flatMap((fold) => folded(fold, wanted)));
  }
  if (column.children.length === 1) {
    column.append(element("p", { text: wanted ? "No guest matches." : "No guests." }));
  }
  return column;
}

function column(title, kind, ids) {
  const made = element("section", { kind: "column outward" }, element("h2", { text: title }));
  for (const node of ids.map((id) => nodes.get(id))) {
    made.append(button(node, node.title, node.words.join(", ")));
  }
  return made;
}

function draw() {
  const wanted = search.value.trim().toLowerCase();
  const focused = document.activeElement?.dataset?.id;
  shown.clear();
  document.getElementById("columns").replaceChildren(
    guestColumn(wanted),
    column("Networks and bridges", "segment", data.segments),
    ...(data.links.length ? [column("Ways out", "link", data.links)] : []),
  );
  if (wanted) for (const [id, made] of shown) {
    made.classList.toggle("found", nodes.get(id).kind !== "domain" && nodes.get(id).search.includes(wanted));
  }
  if (focused) shown.get(focused)?.focus();
  sum(wanted);
  choose(chosen);
}

function sum(wanted) {
  const count = (kinds) => data.nodes.filter((node) => kinds.includes(node.kind)).length;
  const several = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const faults = data.nodes.filter((node) => node.status === "broken").length;
  const place = document.getElementById("sum");
  if (wanted) {
    const found = data.nodes.filter((node) => node.kind !== "nic" && matches(node, wanted)).length;
    place.replaceChildren(`${found} found`);
    return;
  }
  place.replaceChildren(
    [several(count(["domain"]), "guest"), several(count(["network"]), "network"),
     several(count(["bridge", "switch"]), "bridge")].join(", "),
    ...(faults ? [" \u2013 ", element("span", { text: several(faults, "place") + " broken", kind: "faulty" })] : []),
  );
}

function line(from, to, kind) {
  const around = canvas.getBoundingClientRect();
  const [a, b] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
  const same = Math.abs(a.left - b.left) < 2; // within one column: around its right edge
  const x1 = a.right - around.left, y1 = a.top + a.height / 2 - around.top;
  const x2 = (same ? b.right : b.left) - around.left, y2 = b.top + b.height / 2 - around.top;
  const bend = same ? 40 : Math.max(30, (x2 - x1) / 2);
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("d", `M${x1},${y1} C${x1 + bend},${y1} ${x2 + (same ? bend : -bend)},${y2} ${x2},${y2}`);
  made.setAttribute("class", kind);
  return made;
}

function drawLines() {
  const on = chosen ? path(chosen) : new Set();
  const back = new Set(chosen ? users(chosen).map((node) => node.id) : []);
  const drawn = new Map();
  for (const edge of data.edges) {
    const [from, to] = [shown.get(edge.source), shown.get(edge.target)];
    if (!from || !to || from === to || edge.kind === "has") continue;
    const nic = nodes.get(edge.source);
    const lit = (on.has(edge.source) && on.has(edge.target)) || (back.has(edge.source) && edge.target === chosen);
    const kind = [lit ? "on" : "", nic.status === "broken" ? "broken" : "",
                  edge.kind === "source" || !nic.well ? "dashed" : ""].join(" ").trim();
    const key = `${from.dataset.id ?? from.textContent}\n${to.dataset.id}\n${kind}`;
    if (!drawn.has(key)) drawn.set(key, line(from, to, kind));
  }
  lines.replaceChildren(...drawn.values());
}

function near(id) {
  const hovered = id ? path(id) : new Set();
  for (const [each, made] of shown) made.classList.toggle("near", hovered.has(each) && each !== id);
}

function choose(id) {
  chosen = id && nodes.has(id) ? id : null;
  const on = chosen ? path(chosen) : new Set();
  board.classList.toggle("chosen", Boolean(chosen));
  for (const made of new Set(shown.values())) made.classList.remove("on");
  for (const [each, made] of shown) {
    if (on.has(each)) made.classList.add("on");
    if (made.dataset.id) made.setAttribute("aria-pressed", String(each === chosen));
  }
  drawLines();
  panel.replaceChildren(...(chosen ? told(chosen, on) : overview()));
}

function told(id, on) {
  const node = nodes.get(id);
  const list = element("ol", {}, ...[...on].map((each) => element("li", {}, ...step(nodes.get(each)))));
  const guests = ["domain", "nic"].includes(node.kind) ? [] : users(id);
  return [
    element("h2", { text: `${node.title}: the whole path` }), list,
    ...(guests.length ? [element("h3", { text: `${guests.length} nics use it` }),
      element("p", { text: guests.map((nic) => nic.id.slice("nic:".length)).join(", ") })] : []),
  ];
}

function step(node) {
  const facts = element("dl", {},
    ...node.details.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]));
  return [element("strong", { text: node.title }), facts, ...node.findings.map(finding)];
}

function finding(each) {
  return element("div", { kind: "finding" },
    element("span", { text: each.status, kind: `mark ${each.status}` }), ` ${each.cause}`,
    each.owner && element("div", { text: each.owner, kind: "notes" }),
    each.remedy && element("code", { text: each.remedy }));
}

function overview() {
  const faulty = data.nodes.filter((node) => node.findings.length);
  return [
    element("h2", { text: faulty.length ? "What was found" :
      data.notes.length ? "Nothing wrong where it was looked" : "Nothing wrong was found" }),
    ...faulty.map((node) => element("div", {},
      element("h3", {}, element("button", { text: node.title, kind: "to",
                                            on: { click: () => choose(node.id) } })),
      ...node.findings.map(finding))),
    element("p", { text: "Choose a nic to see its whole path.", kind: "notes" }),
    ...data.notes.map((text) => element("p", { text, kind: "notes" })),
  ];
}

function zoom(to) {
  scale = Math.min(3, Math.max(0.3, to));
  canvas.style.fontSize = `${0.9 * scale}em`;
  document.getElementById("fit").textContent = `${Math.round(100 * scale)} %`;
  drawLines();
}

function look() {
  const dark = document.body.classList.contains("dark") ||
    (!document.body.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.classList.remove("dark", "light");
  document.body.classList.add(dark ? "light" : "dark");
}

/** The one that is called so, else the first that matches. */
function chooseFound(wanted) {
  const called = data.nodes.find((node) => node.name.toLowerCase() === wanted && shown.has(node.id));
  const first = called ? shown.get(called.id) :
    [...shown.values()].find((made) => made.classList.contains("found"));
  if (first?.dataset.id) { choose(first.dataset.id); first.focus(); }
}

function typed(event) {
  if (event.key === "Escape") { search.value = ""; chosen = null; draw(); }
  if (event.target === search) {
    if (event.key === "Enter") chooseFound(search.value.trim().toLowerCase());
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { "/": () => search.focus(), "+": () => zoom(scale * 1.2), "-": () => zoom(scale / 1.2),
                 "0": () => zoom(1) };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
}

document.addEventListener("keydown", typed);
search.addEventListener("input", draw);
document.getElementById("smaller").addEventListener("click", () => zoom(scale / 1.2));
document.getElementById("larger").addEventListener("click", () => zoom(scale * 1.2));
document.getElementById("fit").addEventListener("click", () => zoom(1));
document.getElementById("look").addEventListener("click", look);
board.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
}, { passive: false });
board.addEventListener("scroll", drawLines, { passive: true }); // two columns stay where they are
addEventListener("resize", drawLines);
draw();
