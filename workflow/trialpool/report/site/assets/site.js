// Search, sorting, filters, theme, and focus for boxes that overflow. Every page reads without it.
"use strict";
const script = document.currentScript;
const root = document.documentElement;
const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* not kept */ } },
};

// Theme: that of the system until a reader chooses.
const theme = document.querySelector(".theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
if (["light", "dark"].includes(store.get("theme"))) root.dataset.theme = store.get("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  store.set("theme", root.dataset.theme);
  nameTheme();
});
system.addEventListener("change", nameTheme);
nameTheme();

// Search: the index is a script, loaded when the box is first used.
const form = document.querySelector(".search");
const box = form.querySelector("input");
const list = form.querySelector(".found");
const status = form.querySelector("[role=status]");
const home = script.dataset.index.replace(/assets\/search\.js$/, "");
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
form.hidden = false;
box.addEventListener("focus", () => {
  if (window.PAGES || document.querySelector("script[data-loaded]")) return;
  const index = document.createElement("script");
  index.src = script.dataset.index;
  index.dataset.loaded = "";
  index.addEventListener("load", find);
  document.head.append(index);
});
box.addEventListener("input", find);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const first = list.querySelector("a");
  if (first) first.click();
});
form.addEventListener("keydown", (event) => {
  const links = [box, ...list.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") { list.hidden = true; box.focus(); }
  if (!step) return;
  event.preventDefault();
  const next = links[links.indexOf(document.activeElement) + step];
  if (next) next.focus();
});
document.addEventListener("click", (event) => {
  if (!form.contains(event.target)) list.hidden = true;
  const menu = document.querySelector(".menu");
  if (!menu.contains(event.target)) menu.open = false;
});

function find() {
  const asked = plain(box.value).split(/\s+/).filter(Boolean);
  const found = asked.length && window.PAGES ? window.PAGES.map(rank(asked)).filter(Boolean) : [];
  found.sort((a, b) => b[0] - a[0]); // equals stay in the order of the site
  list.replaceChildren(...found.slice(0, 12).map(([, [path, title, kind]]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const what = document.createElement("span");
    link.href = home + path;
    what.textContent = kind;
    link.append(title, kind ? " " : "", what);
    item.append(link);
    return item;
  }));
  list.hidden = !found.length;
  status.textContent = asked.length ? `${found.length} pages found` : "";
}

// All words asked for must be there; those in the title count more, at the start of it most.
// A comparison is titled by short names of its drugs: their full names count as its title.
function rank(asked) {
  return (page) => {
    const title = plain(page[1]);
    const words = plain(`${page[2]} ${page[3]}`);
    const phrase = asked.join(" ");
    let score = title === phrase ? 20 : 0;
    if (page[2].startsWith("Comparison") && words.includes(phrase)) score += 10;
    for (const word of asked) {
      if (title.startsWith(word)) score += 8;
      else if (title.includes(word)) score += 5;
      else if (words.includes(word)) score += 1;
      else return null;
    }
    return [score, page];
  };
}

// Tables with class "sortable": a button in each heading.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const body of table.tBodies) {
        const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column]));
        body.append(...(up ? rows : rows.reverse()));
      }
    });
  });
}

function compare(a, b) {
  const [one, other] = [a, b].map((cell) => cell.dataset.value ?? cell.textContent.trim());
  const [x, y] = [one, other].map((text) => parseFloat(text.replace(/[,\s]/g, "")));
  return Number.isNaN(x) || Number.isNaN(y) ? one.localeCompare(other) : x - y;
}

// Filters: <form class="filter" data-for="ID"> over a table or list whose rows carry data-NAME.
for (const filter of document.querySelectorAll("form.filter")) {
  const target = document.getElementById(filter.dataset.for);
  const rows = [...target.querySelectorAll("[data-row]")];
  const told = filter.querySelector("output");
  const apply = () => {
    const chosen = [...new FormData(filter)].filter(([, value]) => value !== "");
    let shown = 0;
    for (const row of rows) {
      row.hidden = !chosen.every(([name, value]) => name === "words"
        ? plain(value).split(/\s+/).every((word) => plain(`${row.textContent} ${row.dataset.words ?? ""}`).includes(word))
        : (row.dataset[name] ?? "").split("|").includes(value));
      shown += !row.hidden;
    }
    for (const part of target.querySelectorAll("[data-part]")) {
      part.hidden = !part.querySelector("[data-row]:not([hidden])");
    }
    if (told) told.textContent = chosen.length ? `${shown} of ${rows.length}` : "";
  };
  filter.hidden = false;
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  apply();
}

// A box that overflows takes focus, so that the keyboard can scroll it; others do not.
const boxes = document.querySelectorAll(".scroll");
const focusable = () => {
  for (const one of boxes) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
};
addEventListener("resize", focusable);
document.addEventListener("toggle", focusable, true);
focusable();

// A link to something inside closed details opens them.
const open = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", open);
open();
