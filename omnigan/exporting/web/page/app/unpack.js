// Large files as scripts: a page that is opened from the disk may load scripts, but fetch nothing.
// Each script calls omnigan.part(text), the text being a piece of a gzip file in base64.
"use strict";

window.omnigan = { shows: {}, last: [] };

{
  let arrived;

  omnigan.part = (text) => {
    const binary = atob(text);
    arrived = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) arrived[i] = binary.charCodeAt(i);
  };

  const load = (address) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `data/${address}`;
      script.onload = () => resolve(script.remove());
      script.onerror = () => reject(new Error(`The file data/${address} is missing.`));
      document.head.append(script);
    });

  const collect = async (stream, bytes) => {
    const whole = new Uint8Array(bytes);
    const reader = stream.getReader();
    let filled = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return whole.buffer;
      whole.set(value, filled);
      filled += value.length;
    }
  };

  // Return a file { scripts, bytes } as an ArrayBuffer; `done` is called after each piece. They are
  // unpacked one by one, since a large generator fits into a tab only just.
  omnigan.unpack = async ({ scripts, bytes }, done) => {
    const { readable, writable } = new DecompressionStream("gzip");
    const whole = collect(readable, bytes);
    const writer = writable.getWriter();
    for (const address of scripts) {
      await load(address);
      await writer.write(arrived);
      done();
    }
    await writer.close();
    return whole;
  };
}
