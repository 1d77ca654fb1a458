
"use strict";
(() => {
  const numeric = /^([<>] )?[\d.]+( %)?$|^–$/;
  const number = (text) => Number.parseFloat(text.replace(/^< 1/, "0.5").replace(/^> 99/, "99.5"));

  function compare(a, b, isNumber) {
    if (!isNumber) return a.localeCompare(b, undefined, { numeric: true });
    const [x, y] = [number(a), number(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return x - y;
  }

  function sort(table, column, head) {
    const rows = [...table.tBodies[0].rows];
    const text = (row) => row.cells[column].textContent.trim();
    const isNumber = column > 0 && rows.every((row) => numeric.test(text(row)));
    const isDown = head.getAttribute("aria-sort") === "ascending";
    rows.sort((a, b) => compare(text(a), text(b), isNumber) * (isDown ? -1 : 1));
    table.tBodies[0].append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(table, column, head));
      head.replaceChildren(button);
    });
  }
})();
