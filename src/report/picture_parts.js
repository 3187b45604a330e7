// What pictures of a world are made of: an empty ground, lines, a grid with its numbers, and words that can be read anywhere.
"use strict";
// deno-lint-ignore no-unused-vars -- the player below it in the page draws with it
const parts = (() => {
  /** Pixels between lines of the grid, at least. */
  const GRID = 56;

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const signed = (value) => String(value).replace("-", "\u2212");
  const pixelRatio = () => Math.max(1, devicePixelRatio || 1);

  /** An empty picture of so many pixels of the page, each of which is `ratio` of its own across. */
  function prepare(canvas, width, height, ratio) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineCap = context.lineJoin = "round";
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = ink("ground");
    context.fillRect(0, 0, width, height);
    return context;
  }

  function line(context, x0, y0, x1, y1) {
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }

  /** A round length that is at least so many pixels. */
  function roundLength(scale, pixels) {
    const least = pixels / scale, power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((step) => step * power).find((length) => length >= least);
  }

  /** The lines of the grid with their numbers along the edges. */
  function grid(context, { left, bottom, right, top, range, across, down, scale }, unit) {
    const step = roundLength(scale, GRID);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const name = (k) => signed((k * step + 0).toFixed(digits));
    const within = ([low, high]) =>
      Array.from(
        { length: Math.floor(high / step) - Math.ceil(low / step) + 1 },
        (_, k) => Math.ceil(low / step) + k,
      );
    context.lineWidth = 1;
    context.strokeStyle = context.fillStyle = ink("muted");
    for (const k of within(range.x)) {
      const x = across(k * step);
      context.globalAlpha = k === 0 ? 0.5 : 0.2;
      line(context, x, top, x, bottom);
      context.globalAlpha = 1;
      context.textAlign = "center";
      if (x > left + 8 && x < right - 14) context.fillText(name(k), x, bottom + 15);
    }
    for (const k of within(range.y)) {
      const y = down(k * step);
      context.globalAlpha = k === 0 ? 0.5 : 0.2;
      line(context, left, y, right, y);
      context.globalAlpha = 1;
      context.textAlign = "right";
      if (y > top + 8 && y < bottom - 4) context.fillText(name(k), left - 6, y + 4);
    }
    context.textAlign = "center";
    context.fillText(`x (${unit})`, (left + right) / 2, bottom + 30);
    context.save();
    context.translate(12, (top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(`y (${unit})`, 0, 0);
    context.restore();
  }

  /** Words on the picture, on a ground of their own so that they can be read anywhere. */
  function words(context, text, x, y, { left, right, top, bottom }) {
    const width = context.measureText(text).width + 6;
    const from = Math.min(Math.max(x, left + 2), right - width - 2),
      base = Math.min(Math.max(y, top + 14), bottom - 6);
    context.globalAlpha = 0.8;
    context.fillStyle = ink("ground");
    context.fillRect(from, base - 12, width, 16);
    context.globalAlpha = 1;
    context.fillStyle = ink("goal");
    context.textAlign = "left";
    context.fillText(text, from + 3, base);
  }

  return { ink, signed, pixelRatio, prepare, line, grid, words };
})();
