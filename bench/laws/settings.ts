/**
 * The settings of the sampler that the bench of laws compares, by name.
 *
 * @module
 */

import { DEFAULTS, type Setting } from "./train.ts";

/** Changes of a setting. */
type Changes = Readonly<Record<string, Partial<Setting>>>;

/**
 * Settings, as they differ from the options' defaults: those of both public codes; Appendix D.1's bandwidth and
 * particles; the lowest decile; that with the numbers of the study's presets at longer control intervals; and with more
 * particles, a deeper network and two Stein steps an update.
 */
export const SETTINGS: Changes = {
  codes: { hot: 8 },
  paper: { hot: 8, bandwidth: "paper", fixed: 32, moved: 32 },
  decile: { hot: 8, bandwidth: "decile" },
  preset: { hot: 8, bandwidth: "decile", fixed: 8, moved: 8, batch: 128, hidden: [64, 64] },
  dense: { hot: 8, bandwidth: "decile", fixed: 128, moved: 32, batch: 32, hidden: [128, 128, 128], steps: 2 },
};

/** Other Stein kernels for the setting `decile`. */
export const KERNELS: Changes = {
  scaled: { kernel: "scaled" },
  sum: { kernel: "sum" },
  "inverse-multiquadric": { kernel: "inverse-multiquadric" },
};

/** Other rates, numbers of particles and numbers of steps for the setting `decile`. */
export const SIZES: Changes = {
  "step size 0.0003": { rate: 3e-4 },
  "step size 0.003": { rate: 3e-3 },
  "8 + 8 particles": { fixed: 8, moved: 8 },
  "32 + 8 particles": { fixed: 32, moved: 8 },
  "32 + 32 particles": { fixed: 32, moved: 32 },
  "64 + 16 particles, 32 states": { fixed: 64, moved: 16, batch: 32 },
  "2 Stein steps": { steps: 2 },
};

/** All variations of the setting `decile`. */
export const VARIATIONS: Changes = { ...KERNELS, ...SIZES };

/** A setting by its name, by that of a variation, or by its differences from the defaults as JSON. */
export const settingOf = (name: string): Setting => ({
  ...DEFAULTS,
  ...Object.hasOwn(VARIATIONS, name)
    ? { ...SETTINGS["decile"], ...VARIATIONS[name] }
    : Object.hasOwn(SETTINGS, name)
    ? SETTINGS[name]
    : JSON.parse(name),
});
