// The page: what is wished for, the samples that come of it, and what can be done with them.
"use strict";

{
  const CHUNK = 16; // examples that the generator makes at once
  const NEW_SEEDS = 1_000_000; // short seeds are easy to pass on
  const REACH = 4; // of a slider, in standard deviations of the latent numbers

  const byId = (id) => document.getElementById(id);
  const settings = omnigan.settings;
  const sliderNames = omnigan.sliderNames(settings.directions);
  const show = omnigan.shows[settings.show.kind] ?? omnigan.shows.numbers;
  const wish = {
    seed: 1,
    label: null, // the number of a label; null: any
    count: show.count,
    sliders: sliderNames.map(() => 0), // in standard deviations
    settings: {}, // by the names of the inputs that they are
  };
  const adjustable = settings.inputs.filter(({ draw }) => draw.kind === "setting");
  let generator;
  let examples = [];

  // ---- the address, by which a sample can be passed on ------------------------------------------

  const settingFrom = (given, { low, high, usual }) => {
    const value = given === null ? NaN : Number(given);
    return value >= low && value <= high ? value : usual;
  };

  const readAddress = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const seed = Number(given.get("seed") ?? 1);
    const count = Number(given.get("count"));
    wish.seed = seed >= 0 && seed < 2 ** 32 ? Math.floor(seed) : 1;
    wish.count = show.counts.includes(count) ? count : show.count;
    const label = settings.labels.findIndex(({ name }) => name === given.get("label"));
    wish.label = label < 0 ? null : label;
    wish.sliders = omnigan.slidersIn(given, sliderNames, REACH);
    for (const { name, draw } of adjustable)
      wish.settings[name] = settingFrom(given.get(`set-${name}`), draw);
  };

  const writeAddress = () => {
    const words = new URLSearchParams({ seed: wish.seed, count: wish.count });
    if (wish.label !== null) words.set("label", settings.labels[wish.label].name);
    wish.sliders.forEach((far, i) => far && words.set(`move-${sliderNames[i]}`, far));
    for (const { name, draw } of adjustable)
      if (wish.settings[name] !== draw.usual) words.set(`set-${name}`, wish.settings[name]);
    history.replaceState(null, "", `#${words}`);
  };

  // ---- making samples ---------------------------------------------------------------------------

  const say = (text, problem = false) => {
    byId("status").textContent = text;
    byId("status").classList.toggle("problem", problem);
  };

  const split = ({ data, shape: [count, ...shape] }, asked, first) => {
    const size = data.length / count;
    return Array.from({ length: count }, (_, i) => {
      const number = first + i;
      const label = settings.labels[omnigan.labelOf(settings, asked, number)]?.name;
      const name = label ? `${number + 1}: ${label}` : `Sample ${number + 1}`;
      return { number, label, name, shape, data: data.subarray(i * size, (i + 1) * size) };
    });
  };

  const make = async () => {
    const began = performance.now();
    const asked = structuredClone(wish); // it may change meanwhile
    const made = [];
    const last = [];
    for (let first = 0; first < asked.count; first += CHUNK) {
      const inputs = omnigan.inputs(settings, asked, first, Math.min(CHUNK, asked.count - first));
      const output = await generator.run(inputs);
      last.push({ inputs, output });
      made.push(...split(output, asked, first));
    }
    examples = made;
    omnigan.last = last;
    display();
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    say(`${examples.length === 1 ? "1 sample" : `${examples.length} samples`} in ${seconds} s`);
  };

  const display = () => {
    const items = examples.map((example) => show.element(example, settings));
    const container = show.container?.();
    (container?.tBodies[0] ?? byId("stage")).replaceChildren(...items);
    if (container) byId("stage").replaceChildren(container);
    byId("stage").style.setProperty("--columns", Math.ceil(Math.sqrt(examples.length)));
  };

  // Make what is wished for now; what is wished for meanwhile comes after it.
  let running = false;
  let outdated = false;
  const refresh = async () => {
    outdated = true;
    if (running || !generator) return;
    running = true;
    const patience = setTimeout(() => say("Making samples"), 300);
    try {
      while (outdated) {
        outdated = false;
        writeAddress();
        await make();
      }
    } catch (error) {
      say(`The generator failed: ${error.message}`, true);
    } finally {
      clearTimeout(patience);
      running = false;
    }
  };

  // ---- controls ---------------------------------------------------------------------------------

  const option = (value, text) => new Option(text, value);

  const fillControls = () => {
    byId("seed").value = wish.seed;
    byId("count").replaceChildren(...show.counts.map((count) => option(count, count)));
    byId("count").value = wish.count;
    byId("label-field").hidden = !settings.labels.length;
    const labels = settings.labels.map(({ name }, i) => option(i, name));
    byId("label").replaceChildren(option("", "any"), ...labels);
    byId("label").value = wish.label ?? "";
    const sliders = [
      ...wish.sliders.map((value, i) => directionSlider(sliderNames[i], value, i)),
      ...adjustable.map(settingSlider),
    ];
    byId("directions").hidden = !sliders.length;
    byId("numbered").hidden = !sliderNames.includes("1");
    byId("sliders").replaceChildren(...sliders);
  };

  const titled = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

  const slider = (bounds, describe, moved) => {
    const label = document.createElement("label");
    const text = document.createTextNode(describe(bounds.value));
    const range = document.createElement("input");
    Object.assign(range, { type: "range", ...bounds });
    range.oninput = () => {
      const value = Number(range.value);
      text.data = describe(value);
      moved(value);
      refresh();
    };
    label.append(text, range);
    return label;
  };

  const directionSlider = (name, value, i) => {
    const bounds = { min: -REACH, max: REACH, step: 0.1, value };
    const shown = Number(name) ? `Direction ${name}` : titled(name);
    return slider(bounds, () => shown, (far) => (wish.sliders[i] = far));
  };

  const settingSlider = ({ name, draw: { low, high } }) => {
    const bounds = { min: low, max: high, step: "any", value: wish.settings[name] };
    const short = (value) => Math.min(high, Math.max(low, Number(value.toPrecision(3))));
    const shown = (value) => `${titled(name)}: ${short(value)}`;
    return slider(bounds, shown, (value) => (wish.settings[name] = short(value)));
  };

  const connectControls = () => {
    byId("controls").onsubmit = () => false;
    byId("new").onclick = () => {
      wish.seed = crypto.getRandomValues(new Uint32Array(1))[0] % NEW_SEEDS;
      byId("seed").value = wish.seed;
      refresh();
    };
    byId("seed").onchange = () => {
      if (!byId("seed").reportValidity()) return;
      wish.seed = byId("seed").valueAsNumber;
      refresh();
    };
    byId("label").onchange = () => {
      wish.label = byId("label").value === "" ? null : Number(byId("label").value);
      refresh();
    };
    byId("count").onchange = () => {
      wish.count = Number(byId("count").value);
      refresh();
    };
    byId("centre").onclick = () => {
      wish.sliders.fill(0);
      for (const { name, draw } of adjustable) wish.settings[name] = draw.usual;
      fillControls();
      refresh();
    };
    byId("save").onclick = () => omnigan.save(examples);
  };

  // Hand samples to the browser as one file.
  omnigan.save = async (chosen) => {
    const { ending, blob } = await show.file(chosen, settings);
    const number = chosen.length === 1 ? `-${chosen[0].number + 1}` : "";
    const link = document.createElement("a");
    link.download = `${settings.title}-${wish.seed}${number}.${ending}`;
    link.href = URL.createObjectURL(blob);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  // ---- the beginning ----------------------------------------------------------------------------

  const begin = async () => {
    document.title = settings.title;
    document.body.dataset.kind = settings.show.kind;
    byId("title").textContent = settings.title;
    byId("about").textContent = settings.about;
    readAddress();
    fillControls();
    connectControls();
    try {
      generator = await omnigan.Generator.load(settings.files, (share) => {
        byId("progress").value = share;
      });
    } catch (error) {
      const advice = "A newer browser, or one with more memory, may help.";
      say(`The generator cannot be loaded here: ${error.message} ${advice}`, true);
      return;
    } finally {
      byId("progress").hidden = true;
    }
    byId("new").disabled = byId("save").disabled = false;
    await refresh();
    window.onhashchange = () => {
      readAddress();
      fillControls();
      refresh();
    };
  };

  begin();
}
