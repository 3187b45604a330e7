/**
 * The page of a run in progress: it listens to a stream of updates and shows the progress and the remaining time, the
 * current policy, and below them curves and figures.
 *
 * The stream (`events` beside the page) sends {@link LiveView}s as JSON. Rollouts of each new policy are loaded into
 * the player of `softq watch`, unless the reader holds the current ones.
 *
 * Laws, tested: the page requests nothing but its own server; names are escaped; updates replace the previous content
 * without moving the rest; when the stream ends with the run, the page says so and stops requesting.
 *
 * @module
 */

import LISTENER from "./live_listener.js" with { type: "text" };
import { REPORT_STYLE, scriptSource } from "./page_style.ts";
import { type MeasuredRun, measuredSections } from "./run_report.ts";
import { escape } from "./svg.ts";
import { PLAYER_MARKUP, PLAYER_SCRIPT, PLAYER_STYLE } from "./watch_page.ts";

/** An update of the page. */
export interface LiveView {
  /** The progress in one line. */
  readonly status: string;
  /** The completed fraction of the run. */
  readonly share?: number;
  /** Curves, the experiment's figures and diagnostics as HTML; absent if unchanged. */
  readonly sections?: string;
  /** Rollouts of the current policy; absent if unchanged. */
  readonly rollouts?: LiveRollouts;
  /** Whether the run has ended, so that no update follows. */
  readonly ended?: boolean;
}

/** The rollouts of a policy. */
export interface LiveRollouts {
  /** Their caption. */
  readonly caption: string;
  /** The player's data. */
  readonly motion: unknown;
}

/** Curves, figures and diagnostics of the run so far. */
export const liveSections = (run: MeasuredRun): string => measuredSections([run]).join("\n");

/** The page; without `viewed` there is no player, because the environment has no view. */
export const livePage = (title: string, command: string, viewed: boolean): string => {
  const scripts = [...viewed ? [PLAYER_SCRIPT] : [], LISTENER];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src ${
    scriptSource(...scripts)
  }; connect-src 'self'">
<title>${escape(title)}</title>
<style>${REPORT_STYLE}${PLAYER_STYLE}${STYLE}</style>
</head>
<body>
<main>
<header><h1>${escape(title)}</h1>
<p id="status" role="status">Waiting for the run</p>
<progress id="progress" max="1" value="0" aria-label="Share of the run that is done"></progress></header>
${
    viewed
      ? `<section id="policy"><div class="heading"><p id="policy-caption" class="muted">The policy is played here as soon as it has acted.</p>
<label><input id="hold" type="checkbox"> hold these rollouts</label></div>
${PLAYER_MARKUP}</section>`
      : `<p class="muted">The environment does not say how it is drawn, so its episodes are not shown.</p>`
  }
<div id="measured"><p class="caption">Curves appear with the first line of metrics.</p></div>
<section id="repeat"><h2>Repeat it</h2><pre><code>${escape(command)}</code></pre></section>
</main>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
};

const STYLE = `
#status{font-size:1.05rem;font-variant-numeric:tabular-nums;margin:.2rem 0 .3rem;min-height:1.5em}
#status.ended{font-weight:700}
#progress{display:block;width:100%;height:.6rem;margin-bottom:.8rem;accent-color:var(--policy)}
.heading{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;justify-content:space-between;align-items:baseline}
.heading p{margin:0}
#viewer:not(.loaded) .controls,#viewer:not(.loaded) .keys,#viewer:not(.loaded) #rollouts{visibility:hidden}
#rollouts{height:calc(320px + 1rem)}
@media (max-width:700px){#status{min-height:3em}}
`;
