// Listens to a run in progress and shows what is new in the place of what was there.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const status = byId("status"),
    progress = byId("progress"),
    measured = byId("measured"),
    hold = byId("hold");
  let newest = null, shown = null;

  /** The newest rollouts, unless they are shown or somebody holds those that are. */
  function play() {
    if (hold === null || newest === shown || (hold.checked && shown !== null)) return;
    shown = newest;
    player.load(shown.motion);
    byId("policy-caption").textContent = shown.caption;
  }

  const nameOf = (element) => element.id || element.dataset.quantity || element.dataset.file;
  const named = (root) => [...root.querySelectorAll("section, figure")];

  /** Puts new figures where those of the same names stand; where there are others now, what is being read stays where it is. */
  function show(sections) {
    const made = document.createElement("template");
    made.innerHTML = sections;
    const before = named(measured), after = named(made.content);
    if (before.map(nameOf).join("\n") === after.map(nameOf).join("\n")) {
      before.forEach((each, k) => each.tagName === "FIGURE" && each.replaceChildren(...after[k].childNodes));
      return;
    }
    const read = before.find((each) => each.tagName === "FIGURE" && each.getBoundingClientRect().bottom > 0);
    const top = read?.getBoundingClientRect().top, name = read && nameOf(read);
    measured.replaceChildren(made.content);
    const again = named(measured).find((each) => each.tagName === "FIGURE" && nameOf(each) === name);
    if (again !== undefined && top < innerHeight && scrollY > 0) {
      scrollBy(0, again.getBoundingClientRect().top - top);
    }
  }

  if (hold !== null) hold.addEventListener("change", play);
  const stream = new EventSource("events");
  stream.addEventListener("message", ({ data }) => {
    const view = JSON.parse(data);
    status.textContent = view.status;
    if (view.share !== undefined) progress.value = view.share;
    if (view.sections !== undefined) show(view.sections);
    if (view.rollouts !== undefined) {
      newest = view.rollouts;
      play();
    }
    if (view.ended) {
      status.className = "ended";
      stream.close();
    }
  });
  stream.addEventListener("error", () => {
    status.textContent = `${status.textContent.replace(/ \(not reachable\)$/, "")} (not reachable)`;
  });
})();
