/**
 * The style of pages: the palette of the figures, for light and dark mode and for print.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { PALETTE } from "./svg.ts";

const inks = (mode: "light" | "dark"): string =>
  Object.entries(PALETTE).map(([ink, colour]) => `--${ink}:${colour[mode]}`).join(";");

/** The content security policy that allows the given scripts of a page, and no others. */
export const scriptSource = (...scripts: readonly string[]): string =>
  scripts.map((each) => `'sha256-${createHash("sha256").update(each).digest("base64")}'`).join(" ");

/** The style that all pages share: colours for light and dark mode and for print, fonts, and the column of text. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;${inks("light")};--line:#d5dae0;--shade:#f4f6f8;--mark:#fff6df}
@media screen and (prefers-color-scheme:dark){:root{${
  inks("dark")
};--line:#343c45;--shade:#1c2228;--mark:#3a3113}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,'Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif}
main{max-width:1360px;margin:0 auto;padding:1.5rem 1.25rem 3rem}
@media (max-width:700px){main{padding:1rem .6rem 2.5rem}}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .6rem}
a{color:var(--policy)}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px;flex:none}
`;

/** A report's style. */
export const REPORT_STYLE = `${PAGE_STYLE}
h2{font-size:1.15rem;margin:2.2rem 0 .8rem;padding-top:.6rem;border-top:1px solid var(--line)}
section{scroll-margin-top:3.6rem}
nav{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;margin-top:1rem}
figure{margin:0}
figure svg{display:block;width:100%;height:auto;max-width:100%}
figure.own{margin-bottom:1.2rem}
figure.own svg{width:auto}
figcaption{color:var(--muted);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(370px,100%),1fr));gap:1.2rem 1rem}
.constants,.caption{color:var(--muted);font-size:14px;margin:.6rem 0 .3rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(300px,100%),1fr));gap:0 2rem;margin:0;font-size:14px}
dl div{display:flex;gap:1rem;justify-content:space-between;border-bottom:1px solid var(--line);padding:.22rem 0}
dt{color:var(--muted);white-space:nowrap}
dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto;margin-bottom:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
caption{text-align:left;color:var(--muted);padding:.2rem 0}
.wide caption{white-space:normal;width:min-content;min-width:min(100%,calc(100vw - 3rem))}
th,td{padding:.22rem .9rem .22rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{white-space:nowrap}
tbody th{white-space:nowrap;font-weight:500;color:var(--muted)}
.numbers td,.numbers thead th+th{text-align:right}
.numbers thead th{white-space:normal;vertical-align:bottom}
.numbers td{white-space:nowrap}
tr.summary>*{font-weight:700;border-top:2px solid var(--line)}
tr.differs>*{background:var(--mark)}
tr.differs>th{color:var(--ink)}
pre{background:var(--shade);border:1px solid var(--line);border-radius:4px;padding:.7rem .9rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0 1rem}
.swatch{margin-right:.45em;background:var(--policy)}
${Object.keys(PALETTE).map((ink) => `.swatch.${ink}{background:var(--${ink})}`).join("")}
figure.curves:focus-visible{outline:2px solid var(--policy);outline-offset:2px}
#controls{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:center;background:var(--paper);border-bottom:1px solid var(--line);padding:.45rem 0;margin-top:1rem;font-size:14px}
#controls[hidden]{display:none}
#controls fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:center}
#controls legend{float:left;padding:0;margin-right:.4rem;font-weight:600}
#controls label{display:inline-flex;align-items:center;gap:.3rem}
#controls button{font:inherit;padding:.1rem .6rem}
#tip{position:fixed;z-index:3;max-width:min(30rem,92vw);padding:.35rem .6rem;background:var(--shade);border:1px solid var(--line);border-radius:4px;font-size:13px;white-space:pre-wrap;pointer-events:none;font-variant-numeric:tabular-nums}
#tip[hidden]{display:none}
@media (max-width:700px){#controls{position:static}}
@media print{#controls,#tip{display:none!important}main{max-width:none;padding:0}nav{display:none}.grid{grid-template-columns:1fr 1fr}figure,tr,pre{break-inside:avoid}}
`;
