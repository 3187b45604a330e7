/**
 * The page of a run in progress: it listens to a stream of what was measured and shows the newest.
 *
 * The stream (`events` beside the page) sends {@link LiveView}s as JSON. Rollouts are a page of their own (`rollouts`), in
 * a frame that is loaded again with each new policy unless the reader holds it.
 *
 * Laws, tested: the page asks only its own server for anything; names are escaped; when the stream ends with the run, it
 * says so and asks no more.
 *
 * @module
 */

import { REPORT_STYLE } from "./page_style.ts";
import { type MeasuredRun, measuredSections } from "./run_report.ts";
import { escape } from "./svg.ts";

/** What the page shows at a moment. */
export interface LiveView {
  /** One line: how far the run is. */
  readonly status: string;
  /** Curves, the experiment's figures and diagnostics as HTML; absent where they are as they were. */
  readonly sections?: string;
  /** Environment steps of the policy whose rollouts the server holds; absent if there are none. */
  readonly rollouts?: number;
  /** Whether the run has ended, so that nothing more will come. */
  readonly ended?: boolean;
}

/** Curves, figures and diagnostics of the run so far. */
export const liveSections = (run: MeasuredRun): string => measuredSections([run]).join("\n");

/** The page. */
export const livePage = (title: string, command: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'">
<title>${escape(title)}</title>
<style>${REPORT_STYLE}${STYLE}</style>
</head>
<body>
<main>
<header><h1>${escape(title)}</h1>
<p id="status" role="status">Waiting for the run</p>
<pre><code>${escape(command)}</code></pre></header>
<div id="measured"><p class="caption">Curves appear with the first line of metrics.</p></div>
<section id="rollouts" hidden><h2>The policy now</h2>
<p><label><input id="hold" type="checkbox"> hold these rollouts</label></p>
<iframe id="frame" title="Rollouts of the policy"></iframe></section>
</main>
<script>
"use strict";
${LISTENER}
</script>
</body>
</html>
`;

const STYLE = `
#status{font-size:1.05rem;font-variant-numeric:tabular-nums;margin:.2rem 0 .6rem}
#status.ended{font-weight:700}
iframe{width:100%;height:860px;border:1px solid var(--line);border-radius:4px}
`;

/** What the page runs. */
const LISTENER = `const byId = (id) => document.getElementById(id);
const status_ = byId("status"), frame = byId("frame"), hold = byId("hold");
let newest = -1, framed = -1;
function frameNewest() {
  if (newest === framed || (hold.checked && framed >= 0)) return;
  framed = newest;
  byId("rollouts").hidden = false;
  frame.src = "rollouts?steps=" + framed;
}
hold.addEventListener("change", frameNewest);
const stream = new EventSource("events");
stream.addEventListener("message", ({ data }) => {
  const view = JSON.parse(data);
  status_.textContent = view.status;
  if (view.sections !== undefined) byId("measured").innerHTML = view.sections;
  if (view.rollouts !== undefined) {
    newest = view.rollouts;
    frameNewest();
  }
  if (view.ended) {
    status_.className = "ended";
    stream.close();
  }
});
stream.addEventListener("error", () => {
  status_.textContent = status_.textContent.replace(/ \\(not reachable\\)$/, "") + " (not reachable)";
});`;
