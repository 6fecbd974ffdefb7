// The generator: loaded once, then called with inputs.
"use strict";

omnigan.Generator = class {
  #worker;
  #waiting = new Map();
  #number = 0;

  // `progress` is called with the share of the files that has arrived.
  static async load(files, progress) {
    const total = Object.values(files).flatMap(({ scripts }) => scripts).length;
    let arrived = 0;
    const buffers = {};
    for (const [name, file] of Object.entries(files))
      buffers[name] = await omnigan.unpack(file, () => progress(++arrived / total));
    const generator = new omnigan.Generator();
    await generator.#ask({ files: buffers }, Object.values(buffers));
    return generator;
  }

  // Return the output { data, shape } for inputs by name.
  run(inputs) {
    return this.#ask({ inputs });
  }

  constructor() {
    const source = new Blob([`"use strict"; (${omnigan.work})();`], { type: "text/javascript" });
    this.#worker = new Worker(URL.createObjectURL(source));
    this.#worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.#waiting.get(data.number);
      this.#waiting.delete(data.number);
      if ("problem" in data) reject(new Error(data.problem));
      else resolve(data.result);
    };
    this.#worker.onerror = (event) => {
      const problem = new Error(event.message || "The browser stopped the generator.");
      for (const { reject } of this.#waiting.values()) reject(problem);
      this.#waiting.clear();
    };
  }

  #ask(question, transfer = []) {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#worker.postMessage({ number, ...question }, transfer);
    });
  }
};
