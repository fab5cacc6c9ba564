/** Filters and sorts the table, and shows what a dot of the map is linked with. The page says the same without it. */
export const REPORT_SCRIPT = `
const table = document.querySelector("#documents");
const rows = [...table.tBodies[0].rows];
const texts = rows.map((row) => row.textContent.toLowerCase());
const box = document.querySelector("input[type=search]");
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => { row.hidden = !words.every((word) => texts[index].includes(word)); if (!row.hidden) shown += 1; });
  document.querySelector("#shown").textContent = shown + " of " + rows.length;
});
table.tHead.querySelectorAll("button").forEach((button, column) => button.addEventListener("click", () => {
  const head = button.parentElement;
  const down = head.getAttribute("aria-sort") === (head.className === "number" ? "descending" : "ascending");
  const sign = (head.className === "number") === down ? 1 : -1;
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.toLowerCase();
  const compare = (a, b) => (head.className === "number" ? Number(value(a)) - Number(value(b)) : value(a).localeCompare(value(b)));
  for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  table.tBodies[0].append(...[...rows].sort((a, b) => sign * compare(a, b)));
}));
const map = document.querySelector(".map svg");
if (map !== null) {
  const paths = [...map.querySelectorAll("path")];
  const dots = [...map.querySelectorAll("a")];
  const show = (id) => {
    const near = new Set([id]);
    for (const path of paths) {
      const touches = path.dataset.from === id || path.dataset.to === id;
      path.classList.toggle("off", !touches);
      if (touches) near.add(path.dataset.from).add(path.dataset.to);
    }
    for (const dot of dots) dot.firstElementChild.classList.toggle("off", !near.has(dot.dataset.id));
    for (const name of map.querySelectorAll(".names text")) name.classList.toggle("off", !near.has(name.dataset.of));
    map.classList.add("dimmed");
  };
  const rest = () => map.classList.remove("dimmed");
  for (const dot of dots) {
    dot.addEventListener("pointerenter", () => show(dot.dataset.id));
    dot.addEventListener("focus", () => show(dot.dataset.id));
    dot.addEventListener("pointerleave", rest);
    dot.addEventListener("blur", rest);
    dot.addEventListener("click", () => { box.value = ""; box.dispatchEvent(new Event("input")); });
  }
}
`;
