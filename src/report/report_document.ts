/**
 * The document of a report: one self-contained file with a heading, a table of contents and sections.
 *
 * @module
 */

import { REPORT_STYLE } from "./page_style.ts";
import { escape } from "./svg.ts";

/** The content of a report. */
export interface ReportParts {
  /** The heading, as text. */
  readonly title: string;
  /** The content after the heading. */
  readonly facts: string;
  /** Sections, each beginning with its `id` and an `h2`. */
  readonly sections: readonly string[];
  /** The interactive part; none unless given. */
  readonly interactive?: {
    /** The `script-src` of the page's content security policy. */
    readonly policy: string;
    readonly controls: string;
    readonly scripts: string;
  };
}

/** The document. */
export function reportDocument({ title, facts, sections, interactive }: ReportParts): string {
  const contents = sections.map((each) => {
    const [, id, heading] = /id="(\w+)"><h2>(.*?)<\/h2>/.exec(each)!; // every section begins like this
    return `<a href="#${id}">${heading}</a>`;
  });
  const policy = interactive === undefined ? "" : `; script-src ${interactive.policy}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${policy}">
<title>${escape(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header><h1>${escape(title)}</h1>
${facts}
<nav aria-label="Contents">${contents.join("")}</nav></header>
${interactive === undefined ? "" : `${interactive.controls}\n`}${sections.join("\n")}
</main>
${interactive === undefined ? "" : `${interactive.scripts}\n`}</body>
</html>
`;
}
