// Texts, as numbers of symbols [T].
"use strict";

{
  const encoder = new TextEncoder();

  const textOf = ({ data }, { end, strip, pieces }) => {
    const ids = Array.from(data, Math.round);
    const last = end === null ? -1 : ids.indexOf(end);
    const kept = last < 0 ? ids : ids.slice(0, last);
    const bytes = kept.flatMap((id) => {
      const piece = pieces[id];
      return typeof piece === "string" ? [...encoder.encode(piece)] : piece;
    });
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return strip && text.startsWith(strip) ? text.slice(strip.length) : text;
  };

  omnigan.shows.text = {
    counts: [1, 4, 8, 16, 32],
    count: 8,

    element(example, { show }) {
      const element = document.createElement("p");
      const label = document.createElement("small");
      const text = document.createElement("span");
      label.textContent = example.label ?? "";
      text.textContent = textOf(example, show);
      element.append(label, text);
      return element;
    },

    async file(examples, { show }) {
      const text = examples.map((example) => `${textOf(example, show)}\n`).join("");
      return { ending: "txt", blob: new Blob([text], { type: "text/plain" }) };
    },
  };
}
