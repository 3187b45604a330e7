/**
 * The page of a run in progress: it listens to a stream of what was measured and shows the newest: the policy that there is
 * now on top, how far the run is and how long it still takes, curves and figures below.
 *
 * The stream (`events` beside the page) sends {@link LiveView}s as JSON. Rollouts of each new policy come into the player
 * that `softq watch` has, too, unless the reader holds those that are shown.
 *
 * Laws, tested: the page asks only its own server for anything; names are escaped; what comes anew takes the place of what
 * was there and moves nothing; when the stream ends with the run, it says so and asks no more.
 *
 * @module
 */

import LISTENER from "./live_listener.js" with { type: "text" };
import { REPORT_STYLE, scriptSource } from "./page_style.ts";
import { type MeasuredRun, measuredSections } from "./run_report.ts";
import { escape } from "./svg.ts";
import { PLAYER_MARKUP, PLAYER_SCRIPT, PLAYER_STYLE } from "./watch_page.ts";

/** What the page shows at a moment. */
export interface LiveView {
  /** One line: how far the run is. */
  readonly status: string;
  /** Share of the run that is done, from 0 to 1. */
  readonly share?: number;
  /** Curves, the experiment's figures and diagnostics as HTML; absent where they are as they were. */
  readonly sections?: string;
  /** Rollouts of the policy as it is now; absent where they are as they were. */
  readonly rollouts?: LiveRollouts;
  /** Whether the run has ended, so that nothing more will come. */
  readonly ended?: boolean;
}

/** What is played of a policy. */
export interface LiveRollouts {
  /** A line: whose they are. */
  readonly caption: string;
  /** What the player needs to know of them. */
  readonly motion: unknown;
}

/** Curves, figures and diagnostics of the run so far. */
export const liveSections = (run: MeasuredRun): string => measuredSections([run]).join("\n");

/** The page; without `viewed` there is no player, because the environment does not say how it is drawn. */
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
