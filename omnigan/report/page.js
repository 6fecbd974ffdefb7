"use strict";

// One step of the samples is on the page; the others wait in templates.
function slider() {
  const input = document.getElementById("step");
  if (!input) return;
  const stage = document.getElementById("stage");
  const shown = document.getElementById("shown");
  const waiting = [...document.querySelectorAll("template.look")];
  const looks = waiting.map((each) => each.content.firstElementChild);
  looks.push(stage.firstElementChild);
  const show = () => {
    const look = looks[Number(input.value)];
    stage.replaceChildren(look);
    shown.textContent = look.dataset.step;
    input.setAttribute("aria-valuetext", "step " + look.dataset.step);
  };
  const go = (distance) => {
    input.value = Number(input.value) + distance;
    show();
  };
  input.addEventListener("input", show);
  document.getElementById("earlier").addEventListener("click", () => go(-1));
  document.getElementById("later").addEventListener("click", () => go(1));
  show();
}

// Tells the values of a chart where the pointer, or the cursor of the arrow keys, is.
function chart(figure, data) {
  const drawing = figure.querySelector("svg");
  const cursor = figure.querySelector(".cursor");
  const at = figure.querySelector("output");
  const values = [...figure.querySelectorAll(".value")];
  const last = values.map((each) => each.textContent);
  const [left, right, low, high] = data.axis;
  const longest = data.series.reduce((a, b) => (b[0].length > a[0].length ? b : a))[0];
  let place = longest.length - 1;

  const nearest = (steps, step) => {
    let first = 0;
    let end = steps.length - 1;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (steps[middle] < step) first = middle + 1;
      else end = middle;
    }
    return first > 0 && step - steps[first - 1] < steps[first] - step ? first - 1 : first;
  };
  const tell = (step) => {
    place = nearest(longest, step);
    const x = left + ((longest[place] - low) / (high - low)) * (right - left);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.classList.add("on");
    at.textContent = "step " + longest[place];
    data.series.forEach(([steps, numbers], i) => {
      values[i].textContent = String(numbers[nearest(steps, longest[place])]);
    });
  };
  const forget = () => {
    cursor.classList.remove("on");
    at.textContent = "";
    values.forEach((each, i) => (each.textContent = last[i]));
  };
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * drawing.viewBox.baseVal.width;
    tell(low + ((x - left) / (right - left)) * (high - low));
  });
  drawing.addEventListener("pointerleave", forget);
  drawing.addEventListener("blur", forget);
  drawing.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -longest.length, End: longest.length }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    tell(longest[Math.min(Math.max(place + move, 0), longest.length - 1)]);
  });
}

function copying(button) {
  const text = button.previousElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
  });
}

slider();
const charts = JSON.parse(document.getElementById("charts-data").textContent);
document.querySelectorAll("[data-chart]").forEach((each) => chart(each, charts[each.dataset.chart]));
document.querySelectorAll("button.copy").forEach(copying);
