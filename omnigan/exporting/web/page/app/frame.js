// What the pictures of sounds have in common: a cursor over them, and a bar with buttons below.
"use strict";

{
  // Put a cursor over a canvas. `move` takes the share that was played, or null to hide it.
  omnigan.framed = (canvas, place) => {
    const frame = document.createElement("div");
    const cursor = document.createElement("div");
    frame.className = "frame";
    cursor.className = "cursor";
    cursor.hidden = true;
    frame.append(canvas, cursor);
    const move = (share) => {
      cursor.hidden = share === null || place(share) > 1;
      if (!cursor.hidden) cursor.style.left = `${100 * place(share)}%`;
    };
    return { frame, move };
  };

  // Return the buttons of one example: those that are given, and one that saves it.
  omnigan.bar = (example, ...buttons) => {
    const bar = document.createElement("div");
    const name = document.createElement("span");
    const save = document.createElement("button");
    bar.className = "bar";
    name.textContent = example.name;
    save.type = "button";
    save.textContent = "Save";
    save.onclick = () => omnigan.save([example]);
    bar.append(...buttons, save, name);
    return bar;
  };
}
