// The generator runs beside the page, which stays usable meanwhile. The worker is made from the
// source of this function, since a page that is opened from the disk may not load one from a file.
"use strict";

omnigan.work = function () {
  let runtime, session;

  const load = async ({ script, wasm, model }) => {
    const source = new Blob([script], { type: "text/javascript" });
    runtime = await import(URL.createObjectURL(source));
    runtime.env.logLevel = "error";
    runtime.env.wasm.numThreads = 1; // more would need special headers from the server
    runtime.env.wasm.wasmBinary = wasm;
    session = await runtime.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3, // errors only
    });
  };

  const run = async (inputs) => {
    const feeds = {};
    for (const [name, { type, data, shape }] of Object.entries(inputs))
      feeds[name] = new runtime.Tensor(type, data, shape);
    const { [session.outputNames[0]]: x } = await session.run(feeds);
    return { data: x.data, shape: x.dims };
  };

  onmessage = async ({ data: { number, files, inputs } }) => {
    try {
      postMessage({ number, result: await (files ? load(files) : run(inputs)) });
    } catch (error) {
      postMessage({ number, problem: String(error.message ?? error) });
    }
  };
};
