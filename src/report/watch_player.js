// The player of rollouts: it draws the frame that the slider is at, moves it on while it plays, and takes keys wherever the
// focus is. `#t=12` in the page's address shows frame 12 and does not play. Another script may hand it other rollouts.
"use strict";
// deno-lint-ignore no-unused-vars -- what stands below it in the page hands it rollouts
const player = (() => {
  const byId = (id) => document.getElementById(id);
  const viewer = byId("viewer"), above = byId("above"), side = byId("side"), list = byId("list");
  const slider = byId("time"), button = byId("play"), speed = byId("speed"), loop = byId("loop");
  const near = byId("near"), caption = byId("caption"), tally = byId("tally");
  const save = byId("save"), film = byId("film");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const { ink, line, prepare, signed } = parts;
  /** Pixels around the picture for the numbers of its axes, between its edges and the world's, and its least and greatest height. */
  const LEFT = 46, BOTTOM = 36, ROOM = 5, MIN = 200, MAX = 560;
  /** Seconds that the end of a loop stays, and frames of a file at most: of longer rollouts it has every second, third, … */
  const REST = 0.8, FRAMES = 150;

  let motion = null, aspect = 1, front = 0, last = 0, shown = [];
  let playing = false, first = 0, begin = 0;
  let saving = false, waiting = null;

  /** The colour of a rollout: hues far from each other, none of them near the goals' orange. */
  function colourOf(k) {
    const hue = 90 + 275 * ((0.56 + 0.618034 * k) % 1), other = Math.floor(k / 8) % 2 === 1;
    const lightness = dark.matches ? (other ? 0.86 : 0.74) : (other ? 0.62 : 0.48);
    return `oklch(${lightness} 0.14 ${hue.toFixed(1)})`;
  }

  const now = () => Number(slider.value);
  const at = (rollout, index) => Math.min(index, rollout.frames.length - 1);
  const order = () =>
    motion.rollouts.map((_, k) => k).filter((k) => k !== front).concat(front).filter((k) => shown[k]);

  function make(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  /** The list of rollouts, with what each came to, and how many came to the same. */
  function fillList() {
    const counts = new Map();
    for (const { outcome } of motion.rollouts) counts.set(outcome.what, (counts.get(outcome.what) ?? 0) + 1);
    tally.textContent = [...counts].sort((a, b) => b[1] - a[1])
      .map(([what, count]) => `${count} ${what}`).join("; ");
    list.replaceChildren(...motion.rollouts.map(({ name, outcome }, k) => {
      const box = make("input", { type: "checkbox", checked: shown[k], ariaLabel: `Show ${name}` });
      const choose = make("button", { type: "button" }, name, make("small", { textContent: outcome.text }));
      box.addEventListener("change", () => {
        shown[k] = box.checked;
        draw();
      });
      choose.addEventListener("click", () => {
        front = k;
        mark();
        draw();
      });
      return make("div", {}, box, make("span", { className: "swatch" }), choose);
    }));
    mark();
  }

  function mark() {
    list.querySelectorAll("button").forEach((each, k) =>
      each.setAttribute("aria-pressed", String(k === front))
    );
    list.querySelectorAll(".swatch").forEach((each, k) => each.style.background = colourOf(k));
  }

  function body(context, frame, colour, scale, place) {
    context.strokeStyle = colour;
    for (const [from, to, radius] of motion.limbs) {
      const [ax, ay] = place(frame, from), [bx, by] = place(frame, to);
      context.lineWidth = Math.max(2, 2 * radius * scale);
      line(context, ax, ay, bx + (from === to ? 0.01 : 0), by);
    }
  }

  /** Where things of the world come to lie in the picture: all that is asked for, in its middle, and more to its edges. */
  function placement(width, height) {
    const [left, right, top, bottom] = [LEFT, width - 1, 1, height - BOTTOM];
    const { x, y } = near.checked ? motion.near : motion.whole;
    const scale = Math.min(
      (right - left - 2 * ROOM) / (x[1] - x[0]),
      (bottom - top - 2 * ROOM) / (y[1] - y[0]),
    );
    const cx = (x[0] + x[1]) / 2, cy = (y[0] + y[1]) / 2;
    const across = (px) => (left + right) / 2 + (px - cx) * scale,
      down = (py) => (top + bottom) / 2 - (py - cy) * scale;
    const half = [(right - left) / 2 / scale, (bottom - top) / 2 / scale];
    const range = { x: [cx - half[0], cx + half[0]], y: [cy - half[1], cy + half[1]] };
    return { left, right, top, bottom, scale, across, down, range };
  }

  function drawAbove(index) {
    const width = above.clientWidth, height = above.clientHeight;
    if (width <= LEFT + 1 + 2 * ROOM) return; // there is no room for a picture until the page is laid out
    const context = prepare(above, width, height, parts.pixelRatio()), place = placement(width, height);
    const { left, right, top, bottom, across, down, scale } = place;
    parts.grid(context, place, motion.unit);
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    if (motion.levels.length > 0) {
      context.save();
      context.translate(across(0), down(0));
      context.scale(scale, -scale);
      context.lineWidth = 0.8 / scale;
      context.fillStyle = context.strokeStyle = ink("level");
      for (const level of motion.levels) {
        const path = new Path2D(level);
        context.globalAlpha = 0.05;
        context.fill(path, "evenodd");
        context.globalAlpha = 0.4;
        context.stroke(path);
      }
      context.restore();
    }
    context.fillStyle = ink("muted");
    context.globalAlpha = 0.55;
    for (const { x, y } of motion.walls) {
      context.fillRect(across(x[0]), down(y[1]), (x[1] - x[0]) * scale, (y[1] - y[0]) * scale);
    }
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = ink("goal");
    context.lineWidth = 1.8;
    if (motion.finish !== null) {
      context.setLineDash([8, 6]);
      line(context, across(motion.finish), top, across(motion.finish), bottom);
    }
    for (const { at: [x, y], radius } of motion.goals) {
      context.setLineDash([5, 4]);
      context.beginPath();
      context.arc(across(x), down(y), radius * scale, 0, 7);
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      context.arc(across(x), down(y), 4, 0, 7);
      context.fill();
    }
    context.setLineDash([]);
    for (const k of order()) {
      const rollout = motion.rollouts[k], reached = at(rollout, index), foremost = k === front;
      context.strokeStyle = colourOf(k);
      const lines = [[rollout.trail.length - 1, 0.25, 1.4], [
        reached,
        foremost ? 1 : 0.75,
        foremost ? 2.6 : 1.6,
      ]];
      for (const [until, alpha, thick] of lines) {
        context.globalAlpha = alpha;
        context.lineWidth = thick;
        context.beginPath();
        for (let i = 0; i <= until; i++) {
          context.lineTo(across(rollout.trail[i][0]), down(rollout.trail[i][1]));
        }
        context.stroke();
      }
      context.globalAlpha = foremost ? 1 : 0.7;
      body(
        context,
        rollout.frames[reached],
        colourOf(k),
        scale,
        (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 1])],
      );
      context.globalAlpha = 1;
    }
    if (motion.finish !== null) {
      parts.words(context, "finish line", across(motion.finish) + 5, top + 16, place);
    }
    for (const { at: [x, y], radius } of motion.goals) {
      const name = motion.goals.length > 1 ? `goal (${signed(x)}, ${signed(y)})` : "goal";
      const wide = context.measureText(name).width + 6, off = radius * scale + 16;
      const below = down(y) + off < bottom - 6;
      parts.words(context, name, across(x) - wide / 2, below ? down(y) + off : down(y) - off + 12, place);
    }
    context.restore();
  }

  function drawSide(index) {
    const rollout = motion.rollouts[front], reached = at(rollout, index);
    const width = side.clientWidth,
      height = side.clientHeight,
      scale = Math.min((height - 30) / 1.4, width / 5);
    const context = prepare(side, width, height, parts.pixelRatio()), middle = rollout.trail[reached][0];
    const across = (x) => width / 2 + (x - middle) * scale, down = (z) => height - 20 - z * scale;
    context.fillStyle = ink("line");
    context.fillRect(0, down(0), width, 20);
    context.strokeStyle = context.fillStyle = ink("muted");
    context.lineWidth = 1;
    context.textAlign = "center";
    const reach = width / 2 / scale;
    for (let x = Math.ceil(middle - reach); x <= middle + reach; x++) {
      line(context, across(x), down(0), across(x), down(0) + 4);
      context.fillText(signed(x), across(x), down(0) + 16);
    }
    context.textAlign = "left";
    context.fillText(`from the side: ${rollout.name}`, 8, 16);
    body(
      context,
      rollout.frames[reached],
      colourOf(front),
      scale,
      (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 2])],
    );
  }

  function draw() {
    if (motion === null) return;
    const index = now(), { captions, outcome } = motion.rollouts[front];
    const own = at(motion.rollouts[front], index), ended = index >= captions.length - 1;
    caption.textContent = [...captions[own].split(/ {2,}/), ...ended ? [outcome.text] : []].join(" \u00b7 ");
    drawAbove(index);
    if (motion.side) drawSide(index);
  }

  /** The pictures' heights follow from the width and from the first rollouts alone, so that later ones move nothing. */
  function size() {
    const plot = Math.max(1, above.clientWidth - LEFT);
    above.style.height = `${Math.round(Math.min(MAX, Math.max(MIN, plot * aspect)) + BOTTOM)}px`;
    draw();
  }

  function show(index) {
    slider.value = String(Math.min(Math.max(0, index), last));
    draw();
  }

  function stand(index) {
    playing = false;
    button.textContent = "Play";
    show(index);
  }

  function play(from) {
    playing = true;
    button.textContent = "Pause";
    begin = from;
    first = performance.now();
    show(from);
  }

  const toggle = () => playing ? stand(now()) : play(now() >= last ? 0 : now());

  /** Shows other rollouts in the place of those that there were; who watches the third goes on watching the third. */
  function load(next) {
    if (saving) return waiting = next; // what is being saved stays until it is
    const fresh = motion === null, same = !fresh && next.rollouts.length === motion.rollouts.length;
    motion = next;
    last = Math.max(...motion.rollouts.map(({ frames }) => frames.length)) - 1;
    slider.max = String(last);
    if (!same) {
      shown = motion.rollouts.map(() => true);
      front = 0;
    }
    if (fresh) {
      const { x, y } = motion.whole;
      aspect = (y[1] - y[0]) / (x[1] - x[0]);
    }
    viewer.classList.add("loaded");
    side.hidden = !motion.side;
    fillList();
    size();
    const asked = /^#t=(\d+)$/.exec(location.hash);
    if (fresh && asked !== null) stand(Number(asked[1]));
    else if (fresh && matchMedia("(prefers-reduced-motion: reduce)").matches) stand(last);
    else if (fresh || playing) play(0);
    else stand(now());
  }

  /** The picture that is shown, with what it is and the numbers below it. */
  function composed(ratio) {
    const pictures = motion.side ? [above, side] : [above], width = above.clientWidth;
    const heights = pictures.map((each) => each.clientHeight), whole = document.createElement("canvas");
    const height = 62 + heights.reduce((sum, each) => sum + each + 8, 0);
    const context = prepare(whole, width, height, ratio);
    context.fillStyle = ink("paper");
    context.fillRect(0, 0, width, height);
    context.fillStyle = ink("ink");
    context.font = "bold 15px system-ui, sans-serif";
    context.fillText(document.title, 0, 18, width);
    let top = 28;
    pictures.forEach((each, k) => {
      context.drawImage(each, 0, 0, each.width, each.height, 0, top, width, heights[k]);
      top += heights[k] + 8;
    });
    context.font = "13px system-ui, sans-serif";
    context.fillText(caption.textContent, 0, top + 12, width);
    context.fillStyle = ink("muted");
    context.fillText(tally.textContent, 0, top + 30, width);
    return whole;
  }

  const fileName = () => document.title.replace(/[^\w.-]+/g, "-");

  function savePicture() {
    const ratio = parts.pixelRatio(), name = `${fileName()}-${now()}@${ratio}x.png`.replace("@1x", "");
    composed(ratio).toBlob((blob) => pictureFiles.download(blob, name), "image/png");
  }

  /** Whether nothing but the button that stops it can be touched, because every frame is drawn once for a file. */
  function freeze(frozen) {
    for (const each of [button, slider, speed, loop, near, save]) each.disabled = frozen;
    list.inert = saving = frozen;
    film.textContent = frozen ? "Stop saving" : "Save animation";
  }

  /** All frames as a file, at the speed that is chosen. Pressed again, it stops and saves nothing. */
  async function saveAnimation() {
    if (saving) return saving = false;
    const before = now(), width = above.clientWidth, animation = pictureFiles.animation();
    const step = Math.ceil((last + 1) / FRAMES), seconds = step * motion.interval / Number(speed.value);
    stand(before);
    freeze(true);
    try {
      for (let index = 0; saving && above.clientWidth === width; index = Math.min(index + step, last)) {
        show(index);
        await animation.add(composed(1), index === last ? Math.max(REST, seconds) : seconds);
        if (index < last) continue;
        pictureFiles.download(animation.file(), `${fileName()}-animated.png`);
        break;
      }
      stand(before);
    } catch (error) {
      stand(before);
      caption.textContent = `The animation could not be saved: ${error.message}`;
    }
    freeze(false);
    if (waiting !== null) load(waiting);
    waiting = null;
  }

  button.addEventListener("click", toggle);
  save.addEventListener("click", savePicture);
  film.addEventListener("click", saveAnimation);
  slider.addEventListener("input", () => stand(now()));
  speed.addEventListener("change", () => playing && play(now()));
  near.addEventListener("change", draw);
  addEventListener("resize", size);
  dark.addEventListener("change", () => {
    if (motion !== null) mark();
    draw();
  });
  // What a pointer has pressed keeps no focus, so that the keys go on to play; what was reached by Tab keeps it.
  for (const kind of ["click", "change"]) {
    viewer.addEventListener(kind, ({ target, detail }) => {
      if (kind === "change" ? !target.matches(":focus-visible") : detail > 0 && !target.matches("select")) {
        document.activeElement?.blur();
      }
    });
  }
  addEventListener("keydown", (event) => {
    const { key, target, shiftKey } = event;
    if (motion === null || saving || event.ctrlKey || event.metaKey || event.altKey) return;
    if (viewer.getBoundingClientRect().bottom < 0) return; // it is out of sight: the keys move the page
    const control = target.closest?.("button, select, a, summary, input:not([type=range]), figure[tabindex]");
    if (control !== null && control !== undefined) {
      const rows = [...list.querySelectorAll("button")], by = { ArrowUp: -1, ArrowDown: 1 }[key];
      const row = rows.indexOf(target);
      if (row < 0 || by === undefined) return; // a control that has the focus by Tab takes its own keys
      rows[Math.min(Math.max(0, row + by), rows.length - 1)].focus();
      return event.preventDefault();
    }
    const by = (shiftKey ? 10 : 1) * ({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0);
    if (key === " ") toggle();
    else if (by !== 0) stand(now() + by);
    else if (key === "Home") stand(0);
    else if (key === "End") stand(last);
    else if (key === "l" || key === "L") loop.checked = !loop.checked;
    else return;
    event.preventDefault();
  });

  function tick(time) {
    if (playing) {
      const passed = Math.max(0, time - first) / 1000 * Number(speed.value) / motion.interval;
      const index = begin + Math.floor(passed);
      if (index <= last) {
        if (index !== now()) show(index);
      } else if (!loop.checked) stand(last);
      else if (passed >= last - begin + REST / motion.interval * Number(speed.value)) play(0);
      else if (now() !== last) show(last);
    }
    requestAnimationFrame(tick);
  }
  requestAnimationFrame(tick);
  return { load };
})();
