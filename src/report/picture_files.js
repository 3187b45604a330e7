// Pictures as files. An animation is an animated PNG (third edition of PNG, W3C; chunks acTL, fcTL and fdAT), which shows
// every frame as it is, for as long as it is asked to: the browser compresses each frame, and what it makes is put in order here.
"use strict";
// deno-lint-ignore no-unused-vars -- the player below it in the page saves with it
const pictureFiles = (() => {
  /** The first eight bytes of every PNG. */
  const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
  /** A frame leaves what it shows, and is laid over what was there. */
  const LEAVE = 0, OVER = 1;

  const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
    return rest;
  });

  /** The cyclic redundancy check of bytes. */
  function checksum(bytes) {
    let rest = 0xffffffff;
    for (const byte of bytes) rest = REMAINDERS[(rest ^ byte) & 255] ^ (rest >>> 8);
    return ~rest >>> 0;
  }

  /** A chunk: its length, its type, its data, which may come in parts, and the check of type and data. */
  function chunk(type, ...parts) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(12 + length), view = new DataView(bytes.buffer);
    view.setUint32(0, length);
    bytes.set(Array.from(type, (letter) => letter.charCodeAt(0)), 4);
    let at = 8;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    view.setUint32(at, checksum(bytes.subarray(4, at)));
    return bytes;
  }

  /** The chunks of a PNG. */
  function chunksOf(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset), found = [];
    for (let at = SIGNATURE.length; at < bytes.length;) {
      const length = view.getUint32(at), type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      found.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
      at += 12 + length;
    }
    return found;
  }

  const words = (...values) => {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    values.forEach((value, k) => view.setUint32(4 * k, value));
    return new Uint8Array(view.buffer);
  };

  /** What of a picture is not as before: the least rectangle around it, with everything else in it transparent. */
  function changed(now, before, width) {
    let left = width, right = -1, top = -1, bottom = -1;
    for (let k = 0; k < now.length; k++) {
      if (now[k] === before[k]) continue;
      const x = k % width, y = (k - x) / width;
      if (x < left) left = x;
      if (x > right) right = x;
      if (top < 0) top = y;
      bottom = y;
    }
    if (right < 0) return { x: 0, y: 0, width: 1, height: 1, pixels: new Uint32Array(1) };
    const part = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    const pixels = new Uint32Array(part.width * part.height);
    for (let row = 0; row < part.height; row++) {
      for (let column = 0; column < part.width; column++) {
        const k = (top + row) * width + left + column;
        if (now[k] !== before[k]) pixels[row * part.width + column] = now[k];
      }
    }
    return { ...part, pixels };
  }

  /** The browser's own PNG of pixels. */
  async function compressed({ width, height, pixels }) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    canvas.getContext("2d").putImageData(image, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (blob === null) throw new Error("the browser makes no PNG of it");
    return chunksOf(new Uint8Array(await blob.arrayBuffer()));
  }

  /** An animation that is made frame by frame; frames are canvases of one size, without transparent places. */
  function animation() {
    const frames = [];
    let before = null;
    return {
      async add(canvas, seconds) {
        const { width, height } = canvas;
        const now = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
        const part = before === null
          ? { x: 0, y: 0, width, height, pixels: now }
          : changed(now, before, width);
        before = now;
        frames.push({ ...part, pixels: null, seconds, chunks: await compressed(part) });
      },
      file() {
        const head = frames[0].chunks.find(({ type }) => type === "IHDR").data;
        const made = [
          chunk("IHDR", head),
          chunk("acTL", words(frames.length, 0)), // how many, and that they are repeated for ever
        ];
        let number = 0;
        for (const { x, y, width, height, seconds, chunks } of frames) {
          const own = chunks.find(({ type }) => type === "IHDR").data;
          if (own.subarray(8).join() !== head.subarray(8).join()) {
            throw new Error("the browser writes colours of its frames in different ways");
          }
          const control = new Uint8Array(26);
          control.set(words(number++, width, height, x, y));
          new DataView(control.buffer).setUint16(20, Math.min(65535, Math.round(1000 * seconds)));
          new DataView(control.buffer).setUint16(22, 1000);
          control.set([LEAVE, OVER], 24);
          made.push(chunk("fcTL", control));
          const data = chunks.filter(({ type }) => type === "IDAT").map((each) => each.data);
          made.push(made.length === 3 ? chunk("IDAT", ...data) : chunk("fdAT", words(number++), ...data));
        }
        return new Blob([new Uint8Array(SIGNATURE), ...made, chunk("IEND")], { type: "image/png" });
      },
    };
  }

  /** Hands a file to whoever looks at the page. */
  function download(blob, name) {
    const href = URL.createObjectURL(blob), link = document.createElement("a");
    Object.assign(link, { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  return { animation, download };
})();
