// Anything else, as a table of numbers, a row for each example.
"use strict";

{
  const SHOWN = 12; // columns; all are in the file

  omnigan.shows.numbers = {
    counts: [1, 5, 10, 50],
    count: 10,

    // What the rows go into.
    container() {
      const table = document.createElement("table");
      table.createTBody();
      return table;
    },

    element(example) {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = example.label ?? example.number + 1;
      row.append(head);
      for (const value of example.data.subarray(0, SHOWN)) {
        row.insertCell().textContent = Number(value.toPrecision(4));
      }
      if (example.data.length > SHOWN) row.insertCell().textContent = "...";
      return row;
    },

    async file(examples) {
      const text = examples.map(({ data }) => `${data.join(",")}\n`).join("");
      return { ending: "csv", blob: new Blob([text], { type: "text/csv" }) };
    },
  };
}
