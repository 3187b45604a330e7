/**
 * The files of a run's folder and their contents. `docs/runs.md` is generated from this table, and a test compares it
 * with the files of a run.
 *
 * @module
 */

/** A file, or a group of files, of a run. */
export interface RunFile {
  /** Its name, or its folder's with a slash; a star stands for any characters. */
  readonly name: string;
  /** The condition under which it exists; absent: in every finished run. */
  readonly when?: string;
  /** Its contents, with fields and units, in Markdown. */
  readonly contents: string;
}

/** All files, the most useful first. */
export const RUN_FILES: readonly RunFile[] = [
  {
    name: "summary.json",
    contents: "the results of the run: `algorithm`, `experiment`, `device`, `adapter`, `replicas`, " +
      "`environmentSteps` and `updates` per replica; `evaluation`, one object per replica with `seed`, " +
      "`episodes`, `meanReturn` (raw, undiscounted) and the experiment's measures, such as " +
      "`successRate` and `goalShares`; `timing`",
  },
  {
    name: "metrics.jsonl",
    contents: "one line per logging interval and replica: `step`, `updates`, `replica`; of the last update " +
      "`loss`, `q`, `value` and `tdError` (scaled reward), `qSpread` (standard deviation over a state's value " +
      "samples), `bandwidth` (squared particle distance), `proposalFallback` (share), `effectiveParticles` (of " +
      "`valueParticles`), `uniformWeight` (of the proposal `mixture`: share), `proposalFolds` (of the proposal " +
      "`sampler`: share of samples) and `proposalExcess` (nats), `entropy` (nats), `boundShare` (of action components), `criticGradientNorm`, " +
      "`samplerGradientNorm`; `evaluation`, if there was one; `timing`",
  },
  {
    name: "parameters.safetensors",
    contents: "critics, targets and policy of all replicas; readable by `loadAgent` and by any safetensors " +
      "library: matrices `[replicas, rows, columns]` named `sampler.sample`, `sampler.state`, " +
      "`sampler.layer1`, …, the same for `critic0` and `target0`, biases as last rows",
  },
  {
    name: "config.json",
    contents: "the complete configuration, defaults included; `--config` repeats it exactly",
  },
  {
    name: "manifest.json",
    contents: "`format`, `run` (an id derived from the configuration), `version`, `revision` (of the " +
      "checkout, else null), `deno`, `device`, `adapter`, `tiles` (on WebGPU: those that replace the kernels' defaults), `processor`, `seed`, `started`, `ended` (null during " +
      "the run), `exit` (`running`, `done`, `interrupted` or `failed: …`), `fault` (the kind of a failure, such as " +
      "`NonFinite` or `FileFailed`), `files` (of a finished run: length and SHA-256 of its results and figures; a " +
      "result that differs is rejected)",
  },
  {
    name: "figure-*.svg",
    contents: "the experiment's own figures, numbered as in the paper",
  },
  {
    name: "figure-1.json",
    when: "multi-goal",
    contents:
      "the data of figure 1: paths of the final evaluation, Q over the actions and sampled actions at three " +
      "states, the reward",
  },
  {
    name: "traces.json",
    when: "pretrain",
    contents: "the paths of figure 7, m",
  },
  {
    name: "checkpoint/",
    when: "`--checkpoint-interval` above 0, or interrupted",
    contents:
      "the last and the best checkpoint (`best`: of the evaluations), one folder each, named by the " +
      "environment steps, with every file's length and SHA-256",
  },
  {
    name: "replay/",
    when: "as `checkpoint/`",
    contents: "the replay's journal, which the checkpoints share",
  },
  {
    name: "metrics.csv",
    when: "`--metrics csv` or `all`",
    contents: "the numbers of `metrics.jsonl` as a table",
  },
  {
    name: "tensorboard/",
    when: "`--metrics tensorboard` or `all`",
    contents: "the same for TensorBoard, one event folder per replica",
  },
  {
    name: "report.html",
    when: "`report`",
    contents: "curves, figures, diagnostics, configuration, and how to repeat the run",
  },
  { name: "watch.html", when: "`watch`", contents: "a player for episodes of the policy" },
];

/** The table as a list in Markdown. */
export const runFilesText = (): string =>
  RUN_FILES.map(({ name, when, contents }) =>
    `- **\`${name}\`**${when === undefined ? "" : ` (${when})`}: ${contents}`
  ).join("\n");
